from __future__ import annotations

from django.urls import path

from apps.metrics import views

urlpatterns = [
    path("api/v1/metrics/<slug:key>", views.MetricView.as_view(), name="metric"),
]
