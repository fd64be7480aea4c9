from __future__ import annotations

from django.urls import path

from apps.analysis import views

urlpatterns = [
    path("what-reads-messages", views.what_reads_messages, name="what_reads_messages"),
    path("reply-rules/phrases", views.phrase_lists, name="phrases"),
    path("reply-rules/checklist", views.checklist, name="checklist"),
]
