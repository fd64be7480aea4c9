from __future__ import annotations

from django.urls import path

from apps.analysis import views

urlpatterns = [path("what-reads-messages", views.what_reads_messages, name="what_reads_messages")]
