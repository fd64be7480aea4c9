"""The part of a conversation's page in which masked values are opened."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from apps.access import audit
from apps.access.policy import Level
from apps.access.viewer import Viewer
from apps.interactions import disclosures, services
from apps.shared.errors import OutOfScope, TooOften

PLACEHOLDER = re.compile(r"([a-z]{1,12}) (\d{1,4})")


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _part(
    request: HttpRequest, conversation: UUID, *, status: int = 200, refused: str = "", refused_at: UUID | None = None,
    reason: str = "",
) -> HttpResponse:  # fmt: skip
    viewer, now = _viewer(request), timezone.now()
    messages = disclosures.masked_messages(viewer=viewer, conversation_id=conversation, at=now)
    shown = sum(p.level == Level.SHOWN and bool(p.value) for m in messages for p in m.placeholders)
    if shown:
        audit.record(by=viewer, verb="value.shown", about=f"{shown} values", conversation_id=conversation, at=now)
    ends = min((p.until for m in messages for p in m.placeholders if p.until is not None), default=None)
    return render(
        request, f"interactions/masked_{'values' if getattr(request, 'htmx', False) else 'page'}.html",
        {"page": "conversations", "messages": messages, "conversation_id": conversation, "refused": refused, "refused_at": refused_at,
         "reason": reason, "reload_seconds": None if ends is None else max(1, int((ends - now).total_seconds()) + 1)},
        status=status,
    )  # fmt: skip


@require_GET
def masked_values(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """The messages with masked values; what is open is shown until its time is over, and then masked by itself."""
    return _part(request, conversation)


@require_http_methods(["GET", "POST"])
def open_values(request: HttpRequest, conversation: UUID, message: UUID) -> HttpResponse:
    """Ask for one value, or open it; by POST also every one of the message. A refusal stands beside its form.

    A placeholder in a text asks by GET and with `only`, and is answered with that value alone; the part beside the
    transcript is answered whole.
    """
    viewer = _viewer(request)
    found = disclosures.get_holder(viewer=viewer, conversation_id=conversation, pk=message)
    given = request.POST if request.method == "POST" else request.GET
    asked, reason = given.get("placeholder", ""), request.POST.get("reason", "")
    one = PLACEHOLDER.fullmatch(asked)
    if (asked or request.method == "GET") and one is None:
        raise OutOfScope
    placeholder = None if one is None else (one[1], int(one[2]))
    is_alone = request.method == "GET" or "only" in request.POST
    refused, status = "", 200
    if request.method == "POST":
        try:
            services.open_sealed(by=viewer, message=found, reason=reason, at=timezone.now(), placeholder=placeholder)
        except (disclosures.ReasonTooShort, disclosures.NeverOpened, TooOften) as no:
            refused, status = str(no), 429 if isinstance(no, TooOften) else 400
    if is_alone and placeholder is not None:
        return _alone(request, conversation, message, placeholder, status=status, refused=refused, reason=reason)
    return _part(request, conversation, status=status, refused=refused, refused_at=message if refused else None,
                 reason=reason if refused else "")  # fmt: skip


def _alone(
    request: HttpRequest, conversation: UUID, message: UUID, placeholder: tuple[str, int], *, status: int, refused: str,
    reason: str,
) -> HttpResponse:  # fmt: skip
    """One value of one text: what may be seen of it, and the form that opens it."""
    found = disclosures.masked_messages(
        viewer=_viewer(request), conversation_id=conversation, at=timezone.now(), only=message
    )
    of = [(m, p) for m in found for p in m.placeholders if (p.kind, p.number) == placeholder]
    if not of:
        raise OutOfScope
    part, one = of[0]
    return render(
        request, f"interactions/masked_{'value' if getattr(request, 'htmx', False) else 'value_page'}.html",
        {"page": "conversations", "conversation_id": conversation, "message": part, "one": one, "refused": refused,
         "reason": reason if refused else "", "until_ms": one.until and int(one.until.timestamp() * 1000)},
        status=status,
    )  # fmt: skip
