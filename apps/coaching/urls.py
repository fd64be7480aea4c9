from __future__ import annotations

from django.urls import path

from apps.coaching import views

urlpatterns = [
    path("coaching", views.coaching, name="coaching"),
    path("coaching/<uuid:pk>/withdraw", views.note_withdraw, name="note_withdraw"),
    path("agents/<uuid:pk>/coach", views.coach, name="coach"),
    path("me/notes", views.my_notes, name="my_notes"),
    path("me/notes/<uuid:pk>/acknowledge", views.note_acknowledge, name="note_acknowledge"),
    path("me/notes/<uuid:pk>/answer", views.note_answer, name="note_answer"),
]
