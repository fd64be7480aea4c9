"""The socket's address."""

from __future__ import annotations

from django.urls import path

from apps.live.consumers import live_socket

websocket_urlpatterns = [path("ws/live", live_socket)]
