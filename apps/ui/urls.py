"""Addresses that exist in development only; included under /dev/."""

from __future__ import annotations

from django.urls import path

from apps.ui import views

app_name = "ui"
urlpatterns = [path("gallery", views.gallery, name="gallery")]
