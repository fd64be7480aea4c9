from __future__ import annotations

from django.urls import path

from apps.reviews import setup

urlpatterns = [
    path("setup/plans", setup.plans, name="plans"),
    path("setup/plans/<int:pk>", setup.plan, name="plan"),
    path("setup/plans/<int:pk>/draw", setup.plan_draw, name="plan_draw"),
    path("setup/draws/<uuid:pk>", setup.draw, name="draw"),
]
