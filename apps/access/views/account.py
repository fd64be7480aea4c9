"""A person's own sign-in: password, second factor, recovery codes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from apps.access import credentials, sessions, throttle
from apps.access.forms import CodeForm, ConfirmForm, PasswordForm
from apps.access.models import User
from apps.access.proxies import client_address
from apps.access.views.sign_in import enrolment, refused

ELSEWHERE = "You were signed out everywhere else."


def user_of(request: HttpRequest) -> User:
    """The account that asks."""
    assert isinstance(request.user, User)  # noqa: S101  # every address here needs a sign-in
    return request.user


def is_confirmed(request: HttpRequest, form: ConfirmForm) -> bool:
    """Whether the password, and the code where there is a second factor, were given again and are right.

    :raises TriesUsedUp: too many were wrong.
    """
    user, now = user_of(request), timezone.now()
    if not form.is_valid():
        return False
    tries = throttle.begin(account=user.username, address=client_address(request.META), at=now)
    if not user.check_password(form.cleaned_data["current_password"]):
        form.add_error("current_password", "This is not your password. Check it for a typing slip; capitals count.")
        return False
    if credentials.has_second_factor(user):
        try:
            credentials.check_code(user=user, code=form.cleaned_data["current_code"], at=now)
        except credentials.WrongCode as no:
            form.add_error("current_code", str(no))
            return False
    throttle.take_back(tries)
    return True


def stay(request: HttpRequest) -> None:
    """Keep this session after a change that ends all others: under a new key and with the new hash."""
    update_session_auth_hash(request, user_of(request))
    sessions.renew(request.session, at=timezone.now())


def _shown(request: HttpRequest) -> dict[str, Any]:
    user = user_of(request)
    return {
        "page": "account", "has_factor": credentials.has_second_factor(user), "must_have": user.must_have_second_factor,
        "codes_left": credentials.recovery_codes_left(user),
    }  # fmt: skip


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """How this person signs in."""
    return render(request, "access/account.html", {**_shown(request), "form": ConfirmForm()})


@sensitive_post_parameters()
def account_password(request: HttpRequest) -> HttpResponse:
    """Another password."""
    user = user_of(request)
    form = PasswordForm(request.POST or None, user=user)
    context = {**_shown(request), "form": form}
    try:
        if form.is_valid() and is_confirmed(request, form):
            credentials.change_password(user=user, password=form.cleaned_data["new_password"], at=timezone.now())
            stay(request)
            messages.success(request, f"Your password is changed. {ELSEWHERE}")
            return redirect("account")
    except throttle.TriesUsedUp as no:
        return refused(request, no, "access/account_password.html", context)
    return render(request, "access/account_password.html", context, status=400 if form.is_bound else 200)


@sensitive_post_parameters()
def account_second_factor(request: HttpRequest) -> HttpResponse:
    """A second factor, or another one in the place of the old."""
    user, now = user_of(request), timezone.now()
    form, confirm = CodeForm(request.POST or None), ConfirmForm(request.POST or None)
    context = {**_shown(request), **enrolment(user, now), "form": form, "confirm": confirm, "is_forced": False}
    try:
        if form.is_valid() and is_confirmed(request, confirm):
            codes = credentials.confirm_second_factor(user=user, code=form.cleaned_data["code"], at=now)
            stay(request)
            return render(request, "access/recovery_codes.html", {"codes": codes, "leads_to": "account"})
    except throttle.TriesUsedUp as no:
        return refused(request, no, "access/second_factor.html", context)
    except credentials.WrongCode as no:
        form.add_error("code", str(no))
    return render(request, "access/second_factor.html", context, status=400 if form.is_bound else 200)


@sensitive_post_parameters()
@require_POST
def account_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten new recovery codes, shown this once."""
    form = ConfirmForm(request.POST)
    context = {**_shown(request), "form": form}
    try:
        if is_confirmed(request, form):
            codes = credentials.renew_recovery_codes(user=user_of(request), at=timezone.now())
            stay(request)
            return render(request, "access/recovery_codes.html", {"codes": codes, "leads_to": "account"})
    except throttle.TriesUsedUp as no:
        return refused(request, no, "access/account.html", context)
    return render(request, "access/account.html", context, status=400)


@require_POST
def here(request: HttpRequest) -> HttpResponse:
    """Somebody moves or types on a page that asks for nothing by itself; answering is enough to keep the session."""
    return HttpResponse(status=204)
