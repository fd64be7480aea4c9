"""A region over HTTP, under /live/: first fetch, poll and refetch."""

from __future__ import annotations

from django.urls import path

from apps.live.views import region

urlpatterns = [path("regions/<str:name>", region, name="region")]
