from __future__ import annotations

from django.urls import path

from apps.access import views

urlpatterns = [
    path("signin", views.SignIn.as_view(), name="signin"),
    path("audit", views.audit_trail, name="audit"),
    path("who-sees-what", views.who_sees_what, name="who_sees_what"),
]
