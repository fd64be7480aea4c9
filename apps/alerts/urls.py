from __future__ import annotations

from django.urls import path

from apps.alerts import setup, views

urlpatterns = [
    path("alerts", views.alerts, name="alerts"),
    path("alerts/<uuid:pk>", views.alert, name="alert"),
    path("alerts/<uuid:pk>/take", views.alert_take, name="alert_take"),
    path("alerts/<uuid:pk>/snooze", views.alert_snooze, name="alert_snooze"),
    path("alerts/<uuid:pk>/resolve", views.alert_resolve, name="alert_resolve"),
    path("alerts/<uuid:pk>/outcome", views.alert_outcome, name="alert_outcome"),
    path("alerts/<uuid:pk>/act", views.alert_act, name="alert_act"),
    path("setup/thresholds", setup.thresholds, name="thresholds"),
    path("setup/thresholds/new", setup.threshold_new, name="threshold_new"),
    path("setup/thresholds/try", setup.threshold_try, name="threshold_try"),
    path("setup/thresholds/<int:pk>", setup.threshold, name="threshold"),
    path("setup/thresholds/<int:pk>/switch", setup.threshold_switch, name="threshold_switch"),
]
