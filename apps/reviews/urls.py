from __future__ import annotations

from django.urls import path

from apps.reviews import setup
from apps.reviews.views import patterns

urlpatterns = [
    path("patterns", patterns.patterns, name="patterns"),
    path("patterns/<slug:family>/<slug:line>/<slug:week>", patterns.pattern_behind, name="pattern_behind"),
    path("setup/plans", setup.plans, name="plans"),
    path("setup/plans/<int:pk>", setup.plan, name="plan"),
    path("setup/plans/<int:pk>/draw", setup.plan_draw, name="plan_draw"),
    path("setup/draws/<uuid:pk>", setup.draw, name="draw"),
]
