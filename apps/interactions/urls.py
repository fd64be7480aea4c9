from __future__ import annotations

from django.urls import path

from apps.interactions import views

urlpatterns = [
    path("conversations/<uuid:conversation>/masked", views.masked_values, name="masked_values"),
    path("conversations/<uuid:conversation>/masked/<uuid:message>", views.open_values, name="open_values"),
]
