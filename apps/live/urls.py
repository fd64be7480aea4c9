"""A region over HTTP: first fetch, poll and refetch."""

from __future__ import annotations

from django.urls import path

from apps.live import views

urlpatterns = [path("regions/<str:name>", views.region, name="region")]
