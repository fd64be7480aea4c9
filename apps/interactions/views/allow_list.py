"""Words that are nobody's name, for admins: listed, looked at with how often they were taken for one, confirmed, saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.access import allow_list as rules
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.access.views.again import Again
from apps.access.views.looked_at import FIELD, LookedAt, NotLookedAt
from apps.interactions.guesses import LATEST, MOST_ENTRIES, guesses

TEMPLATE = "interactions/allow_list.html"
LOOKED_AT = LookedAt("apps.interactions.views.allow_list")
UNREADABLE = "The list could not be read. Write it again."


def _context(listed: Sequence[str], **more: Any) -> dict[str, Any]:
    return {
        "page": "masking", "listed": listed, "base": rules.version(), "history": rules.history(), "most": rules.MOST, **more,
    }  # fmt: skip


def _looked_at(listed: Sequence[str], *, base: int) -> dict[str, Any]:
    """What changes, how often what is added was taken for a name, and the signed list that may be saved."""
    added, removed = rules.differences(rules.entries(), listed)
    counted = guesses(added)
    return {
        "added": [(entry, counted.of.get(entry)) for entry in added], "removed": removed, "names": counted.names,
        "latest": LATEST, "most_counted": MOST_ENTRIES, "looked_at": LOOKED_AT.sign(listed=list(listed), base=base),
    }  # fmt: skip


@sensitive_post_parameters("current_password", "current_code")
@require_http_methods(["GET", "POST"])
def allow_list(request: HttpRequest) -> HttpResponse:
    """The list; by POST first what another one does, then its saving, with the password and a code again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    viewer.require(Permission.MANAGE_MASKING)
    again = Again(request)
    if request.method == "GET":
        return render(request, TEMPLATE, _context(rules.entries(), again=again))
    if FIELD in request.POST:
        return _save(request, viewer, again)
    listed, base = rules.read(request.POST.get("listed", "")), request.POST.get("base", "")
    wrong = [*rules.mistakes(listed), *([] if base.isdecimal() else [UNREADABLE])]
    if wrong:
        return render(request, TEMPLATE, _context(listed, mistakes=wrong, again=again), status=400)
    return render(request, TEMPLATE, _context(listed, again=again, **_looked_at(listed, base=int(base))))


def _save(request: HttpRequest, viewer: Viewer, again: Again) -> HttpResponse:
    try:
        said = LOOKED_AT.read(request)
    except NotLookedAt as no:
        return render(request, TEMPLATE, _context(rules.entries(), mistakes=[str(no)], again=again), status=400)
    listed = said["listed"]
    context = _context(listed, again=again, **_looked_at(listed, base=said["base"]))
    if (refused := again.refusal(TEMPLATE, context)) is not None:
        return refused
    try:
        rules.change(by=viewer, listed=listed, based_on=said["base"], at=timezone.now())
    except rules.ListChanged as no:
        return render(request, TEMPLATE, _context(rules.entries(), mistakes=[str(no)], again=again), status=409)
    messages.success(request, "Saved. It holds for every text from now on.")
    return redirect("allow_list")
