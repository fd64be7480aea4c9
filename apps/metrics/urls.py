from __future__ import annotations

from django.urls import path

from apps.metrics import views

urlpatterns = [
    path("how-i-am-measured", views.how_i_am_measured, name="how_i_am_measured"),
    path("api/v1/metrics/<slug:key>", views.MetricView.as_view(), name="metric"),
]
