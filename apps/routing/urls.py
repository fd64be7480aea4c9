from __future__ import annotations

from django.urls import path

from apps.routing import views

urlpatterns = [
    path("routing", views.routing, name="routing"),
    path("queues/<uuid:pk>/bring", views.move, name="move"),
    path("queues/<uuid:pk>/divert", views.divert, name="divert"),
    path("routing/<uuid:pk>/back", views.diversion_back, name="diversion_back"),
    path("queues/<uuid:pk>/help", views.help_call, name="help_call"),
    path("routing/help/<uuid:pk>/end", views.help_end, name="help_end"),
]
