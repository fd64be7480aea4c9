"""The way in: name and password, then a code where the person has one or the role needs one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.access import audit, credentials, factors, sessions, throttle
from apps.access.forms import CodeForm
from apps.access.models import User
from apps.access.proxies import client_address
from apps.access.qr import qr

BACKEND = "django.contrib.auth.backends.ModelBackend"
PENDING = "signing_in"
# From the right password to the right code, and time enough to install an app.
PENDING_LASTS = timedelta(minutes=10)


class SignIn(LoginView):
    """The sign-in page. Nobody is signed in before all that the account asks for was right."""

    template_name = "access/sign_in.html"
    redirect_authenticated_user = True
    tries: list[int]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name, now = request.POST.get("username", ""), timezone.now()
        try:
            self.tries = throttle.begin(account=name, address=client_address(request.META), at=now)
        except throttle.TriesUsedUp as no:
            credentials.record_refused(name=name, at=now)
            return refused(request, no, self.template_name, self.get_context_data(form=AuthenticationForm()))
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "is_second_factor_off": not settings.SECOND_FACTOR}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user, now = form.get_user(), timezone.now()
        assert isinstance(user, User)  # noqa: S101  # the one account model there is
        throttle.take_back(self.tries)
        has_factor = credentials.has_second_factor(user)
        if not has_factor and not user.must_have_second_factor:
            throttle.forgive(account=user.username)
            let_in(self.request, user, now)
            return redirect(self.get_success_url())
        # A session of its own, in which nobody is signed in: what it may ask is the second step alone.
        self.request.session.flush()
        self.request.session[PENDING] = {
            "user": user.pk, "hash": user.get_session_auth_hash(), "next": self.get_success_url()
        }  # fmt: skip
        self.request.session.set_expiry(now + PENDING_LASTS)
        return redirect("signin_code" if has_factor else "signin_second_factor")


def refused(request: HttpRequest, no: throttle.TriesUsedUp, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page again, with why nothing was checked and when it will be."""
    answer = render(request, template, {**context, "refused": str(no)}, status=429)
    answer.headers["Retry-After"] = str(no.seconds)
    return answer


def let_in(request: HttpRequest, user: User, at: datetime) -> None:
    """Sign in under a new session key; whoever cannot be recorded does not get in."""
    with transaction.atomic():
        login(request, user, backend=BACKEND)
        sessions.begin(request.session, at=at)
        audit.record(by=user, verb="session.opened", at=at)


def _pending(request: HttpRequest) -> tuple[User, str] | None:
    """Who has given the right password a moment ago, and where they want to go."""
    said = request.session.get(PENDING)
    if said is None:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    # Another password, role or second factor meanwhile: the first step is to be done again.
    if user is None or not constant_time_compare(user.get_session_auth_hash(), said["hash"]):
        return None
    return user, said["next"]


def _finish(request: HttpRequest, user: User, at: datetime) -> None:
    throttle.forgive(account=user.username)
    del request.session[PENDING]
    let_in(request, user, at)


@sensitive_post_parameters("code")
@never_cache
@login_not_required
def signin_code(request: HttpRequest) -> HttpResponse:
    """The second step: the app's code, or a recovery code."""
    now = timezone.now()
    found = _pending(request)
    if found is None or not credentials.has_second_factor(found[0]):
        return redirect("signin")
    user, onward = found
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            tries = throttle.begin(account=user.username, address=client_address(request.META), at=now)
            credentials.check_code(user=user, code=form.cleaned_data["code"], at=now)
        except throttle.TriesUsedUp as no:
            credentials.record_refused(name=user.username, at=now)
            return refused(request, no, "access/signin_code.html", {"form": form})
        except credentials.WrongCode as no:
            form.add_error("code", str(no))
        else:
            throttle.take_back(tries)
            _finish(request, user, now)
            return redirect(onward)
    return render(request, "access/signin_code.html", {"form": form}, status=400 if form.is_bound else 200)


@sensitive_post_parameters("code")
@never_cache
@login_not_required
def signin_second_factor(request: HttpRequest) -> HttpResponse:
    """The second step of those who must have a second factor and have none: set one up, then be in."""
    now = timezone.now()
    found = _pending(request)
    if found is None or credentials.has_second_factor(found[0]):
        return redirect("signin")
    user, onward = found
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = credentials.confirm_second_factor(user=user, code=form.cleaned_data["code"], at=now)
        except credentials.WrongCode as no:
            form.add_error("code", str(no))
        else:
            _finish(request, user, now)
            return render(request, "access/recovery_codes.html", {"codes": codes, "leads_to": onward})
    context = {**enrolment(user, now), "form": form, "is_forced": True}
    return render(request, "access/second_factor.html", context, status=400 if form.is_bound else 200)


def enrolment(user: User, at: datetime) -> dict[str, Any]:
    """What the page of setting up shows: the secret as a picture and as text."""
    secret = credentials.begin_second_factor(user=user, at=at)
    told = factors.spelled(secret)
    return {
        "picture": qr(factors.address(secret, account=user.username), label="The secret for your authenticator app, as a QR code"),
        "secret": " ".join(told[start : start + 4] for start in range(0, len(told), 4)),
        "home": resolve_url(settings.LOGIN_REDIRECT_URL),
    }  # fmt: skip
