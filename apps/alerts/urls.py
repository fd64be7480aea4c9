from __future__ import annotations

from django.urls import path

from apps.alerts import views

urlpatterns = [
    path("alerts", views.alerts, name="alerts"),
    path("alerts/<uuid:pk>", views.alert, name="alert"),
    path("alerts/<uuid:pk>/take", views.alert_take, name="alert_take"),
    path("alerts/<uuid:pk>/snooze", views.alert_snooze, name="alert_snooze"),
    path("alerts/<uuid:pk>/resolve", views.alert_resolve, name="alert_resolve"),
    path("alerts/<uuid:pk>/outcome", views.alert_outcome, name="alert_outcome"),
    path("alerts/<uuid:pk>/act", views.alert_act, name="alert_act"),
]
