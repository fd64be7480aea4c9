"""The addresses of the browser tests of the parts: the gallery is otherwise there in development only."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


@login_not_required
def answer(request: HttpRequest, code: int) -> HttpResponse:
    """A page of trouble."""
    return render(request, f"{code}.html")


urlpatterns = [
    path("dev/", include("apps.ui.urls")),
    path("signin", LoginView.as_view(template_name="access/sign_in.html"), name="signin"),
    path("signout", LogoutView.as_view(), name="signout"),
    path("answer/<int:code>", answer),
    path("admin/", admin.site.urls),
]
