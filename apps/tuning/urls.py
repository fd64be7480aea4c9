from __future__ import annotations

from django.urls import path

from apps.tuning import views

urlpatterns = [
    path("ai/<uuid:pk>/tune", views.tune, name="tune"),
    path("tuning/of/<uuid:queue>", views.tune_queue, name="tune_queue"),
    path("tuning/<uuid:pk>/withdraw", views.proposal_withdraw, name="proposal_withdraw"),
]
