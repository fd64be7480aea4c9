"""The way in and out."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from apps.access import audit
from apps.access.models import User


class SignIn(LoginView):
    """The sign-in page. Whoever gets in is in the audit trail, in one transaction with the session."""

    template_name = "access/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)  # noqa: S101  # the one account model there is
        with transaction.atomic():
            response = super().form_valid(form)
            audit.record(by=user, verb="session.opened", at=timezone.now())
        return response
