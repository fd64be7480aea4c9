from __future__ import annotations

from django.urls import path

from apps.interventions import views

urlpatterns = [
    path("handover", views.handover, name="handover"),
    path("handover/<uuid:pk>/seen", views.handover_seen, name="handover_seen"),
    path("interventions", views.interventions, name="interventions"),
    path("interventions/<uuid:pk>", views.intervention, name="intervention"),
]
