"""What each role is shown of each kind of masked value, for admins: changed, looked at on a sample, confirmed, saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.access import credentials, policy, throttle
from apps.access.forms import ConfirmForm
from apps.access.masking import KINDS
from apps.access.policy import Level, Rules
from apps.access.roles import Permission, Role
from apps.access.sample import preview
from apps.access.viewer import Viewer
from apps.access.views.account import is_confirmed, user_of
from apps.access.views.looked_at import FIELD, LookedAt, NotLookedAt
from apps.access.views.sign_in import refused

TEMPLATE = "access/masking.html"
LOOKED_AT = LookedAt("apps.access.views.masking")
OPENING = [role for role in Role if role in policy.OPENERS]


def _given(request: HttpRequest) -> dict[str, dict[str, str]]:
    return {role: {kind: request.POST.get(f"{role}.{kind}", "") for kind in KINDS} for role in OPENING}


def _table(rules: Rules) -> list[tuple[str, list[dict[str, Any]]]]:
    def cell(role: Role, kind: str) -> dict[str, Any]:
        level = policy.level_of(rules, role, kind)
        return {"name": f"{role}.{kind}", "role": role, "level": level,
                "choices": [(one.value, one.name.lower(), one == level) for one in policy.choices(role, kind)]}  # fmt: skip

    return [(kind, [cell(role, kind) for role in OPENING]) for kind in KINDS]


def _context(request: HttpRequest, rules: Rules) -> dict[str, Any]:
    return {
        "page": "masking", "openers": OPENING, "table": _table(rules), "levels": list(Level), "history": policy.history(),
        "has_factor": credentials.has_second_factor(user_of(request)), "form": ConfirmForm(), "base": policy.version(),
    }  # fmt: skip


def _looked_at(rules: Rules, *, base: int) -> dict[str, Any]:
    """What changes, what each role would see, and the signed table that may be saved."""
    return {
        "changed": policy.differences(policy.current(), rules),
        "previews": [(role, preview(rules=rules, role=role)) for role in OPENING],
        "looked_at": LOOKED_AT.sign(rules=rules, base=base),
    }


@sensitive_post_parameters("current_password", "current_code")
@require_http_methods(["GET", "POST"])
def masking(request: HttpRequest) -> HttpResponse:
    """The table; by POST first the preview of another one, then its saving, with the password and a code again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    viewer.require(Permission.MANAGE_MASKING)
    if request.method == "GET":
        rules = policy.current()
        return render(request, TEMPLATE, _context(request, rules))
    if FIELD not in request.POST:
        return _preview(request)
    return _save(request, viewer)


def _preview(request: HttpRequest) -> HttpResponse:
    rules, base = _given(request), request.POST.get("base", "")
    mistake = next(policy.mistakes(rules), "" if base.isdecimal() else policy.UNREADABLE)
    if mistake:
        return render(request, TEMPLATE, {**_context(request, policy.current()), "mistake": mistake}, status=400)
    return render(request, TEMPLATE, {**_context(request, rules), **_looked_at(rules, base=int(base))})


def _save(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    try:
        said = LOOKED_AT.read(request)
    except NotLookedAt as no:
        return render(request, TEMPLATE, {**_context(request, policy.current()), "mistake": str(no)}, status=400)
    rules, form = said["rules"], ConfirmForm(request.POST)
    context = {**_context(request, rules), **_looked_at(rules, base=said["base"]), "form": form}
    try:
        if not is_confirmed(request, form):
            return render(request, TEMPLATE, context, status=400)
        policy.change(by=viewer, rules=rules, at=timezone.now(), based_on=said["base"])
    except throttle.TriesUsedUp as no:
        return refused(request, no, TEMPLATE, context)
    except policy.PolicyChanged as no:
        return render(request, TEMPLATE, {**_context(request, policy.current()), "mistake": str(no)}, status=409)
    messages.success(request, "Saved. It holds from now on, on open pages too.")
    return redirect("masking")
