from __future__ import annotations

from django.urls import path

from apps.learning import views

urlpatterns = [
    path("exemplars", views.exemplars, name="exemplars"),
    path("exemplars/share/<uuid:conversation>", views.exemplar_share, name="exemplar_share"),
    path("exemplars/<uuid:pk>", views.exemplar, name="exemplar"),
    path("exemplars/<uuid:pk>/answer", views.exemplar_answer, name="exemplar_answer"),
    path("exemplars/<uuid:pk>/withdraw", views.exemplar_withdraw, name="exemplar_withdraw"),
    path("exemplars/<uuid:pk>/read", views.exemplar_read, name="exemplar_read"),
    path("reading-lists", views.reading_lists, name="reading_lists"),
    path("reading-lists/<uuid:pk>", views.reading_list, name="reading_list"),
]
