from __future__ import annotations

from django.urls import path

from apps.agents import views

urlpatterns = [
    path("setup/shifts", views.shifts, name="shifts"),
    path("setup/shifts/<uuid:pk>", views.shifts_of, name="shifts_of"),
]
