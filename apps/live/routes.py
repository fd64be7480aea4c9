"""The socket's address."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from apps.live.consumers import live_socket

# Django's stubs know views only; Channels routes any ASGI callable.
websocket_urlpatterns = [path("ws/live", cast(Any, live_socket))]
