from __future__ import annotations

from django.urls import path

from apps.alerts import setup
from apps.alerts.views import alerts as views
from apps.alerts.views import quiet, told

urlpatterns = [
    path("alerts", views.alerts, name="alerts"),
    path("alerts/<uuid:pk>", views.alert, name="alert"),
    path("alerts/<uuid:pk>/take", views.alert_take, name="alert_take"),
    path("alerts/<uuid:pk>/snooze", views.alert_snooze, name="alert_snooze"),
    path("alerts/<uuid:pk>/resolve", views.alert_resolve, name="alert_resolve"),
    path("alerts/<uuid:pk>/undo", views.alert_undo, name="alert_undo"),
    path("alerts/<uuid:pk>/outcome", views.alert_outcome, name="alert_outcome"),
    path("alerts/<uuid:pk>/act", views.alert_act, name="alert_act"),
    path("alerts/silences", quiet.silences_page, name="silences"),
    path("alerts/silences/try", quiet.silence_try, name="silence_try"),
    path("alerts/silences/<int:pk>/lift", quiet.silence_lift, name="silence_lift"),
    path("alerts/quality", quiet.quality_page, name="alert_quality"),
    path("me/alerts", told.how_i_am_told, name="how_i_am_told"),
    path("setup/webhooks", told.endpoints, name="endpoints"),
    path("setup/webhooks/<int:pk>/switch", told.endpoint_switch, name="endpoint_switch"),
    path("setup/webhooks/again", told.sendings_again, name="sendings_again"),
    path("setup/thresholds", setup.thresholds, name="thresholds"),
    path("setup/thresholds/new", setup.threshold_new, name="threshold_new"),
    path("setup/thresholds/try", setup.threshold_try, name="threshold_try"),
    path("setup/thresholds/<int:pk>", setup.threshold, name="threshold"),
    path("setup/thresholds/<int:pk>/switch", setup.threshold_switch, name="threshold_switch"),
]
