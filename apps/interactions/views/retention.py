"""How long each kind of data is kept, for admins: changed, looked at with what it lets go, confirmed, saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.access import retention as rules
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.access.views.again import Again
from apps.access.views.looked_at import FIELD, LookedAt, NotLookedAt
from apps.interactions import forgetting

TEMPLATE = "interactions/retention.html"
LOOKED_AT = LookedAt("apps.interactions.views.retention")


def _given(request: HttpRequest) -> dict[str, int]:
    def number(text: str) -> int:
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0

    return {kind: number(request.POST.get(kind, "").strip()) for kind in rules.KINDS}


def _context(request: HttpRequest, days: rules.Days, **more: Any) -> dict[str, Any]:
    rows = [(kind, what, days[kind]) for kind, what in rules.KINDS.items()]
    return {
        "page": "privacy", "rows": rows, "base": rules.version(), "history": rules.history(), "least": rules.LEAST,
        "most": rules.MOST, **more,
    }  # fmt: skip


def _looked_at(days: dict[str, int], *, base: int) -> dict[str, Any]:
    """What changes, what it lets go, and the signed table that may be saved."""
    return {
        "changed": rules.differences(rules.current(), days),
        "goes": forgetting.would_go(days=days, at=timezone.now()),
        "looked_at": LOOKED_AT.sign(days=days, base=base),
    }


@sensitive_post_parameters("current_password", "current_code")
@require_http_methods(["GET", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """The table; by POST first what another one lets go, then its saving, with the password and a code again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    viewer.require(Permission.MANAGE_PRIVACY)
    again = Again(request)
    if request.method == "GET":
        return render(request, TEMPLATE, _context(request, rules.current(), again=again))
    if FIELD in request.POST:
        return _save(request, viewer, again)
    days, base = _given(request), request.POST.get("base", "")
    mistake = rules.mistake_in(days) or ("" if base.isdecimal() else "The table could not be read. Fill it in again.")
    if mistake:
        return render(request, TEMPLATE, _context(request, days, mistake=mistake, again=again), status=400)
    return render(request, TEMPLATE, _context(request, days, again=again, **_looked_at(days, base=int(base))))


def _save(request: HttpRequest, viewer: Viewer, again: Again) -> HttpResponse:
    try:
        said = LOOKED_AT.read(request)
    except NotLookedAt as no:
        return render(request, TEMPLATE, _context(request, rules.current(), mistake=str(no), again=again), status=400)
    days = said["days"]
    context = _context(request, days, again=again, **_looked_at(days, base=said["base"]))
    if (refused := again.refusal(TEMPLATE, context)) is not None:
        return refused
    try:
        rules.change(by=viewer, days=days, based_on=said["base"], at=timezone.now())
    except rules.RetentionChanged as no:
        return render(request, TEMPLATE, _context(request, rules.current(), mistake=str(no), again=again), status=409)
    messages.success(request, "Saved. What is past it goes within the hour.")
    return redirect("retention")
