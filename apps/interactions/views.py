"""The part of a conversation's page in which masked values are opened."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

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


@require_POST
def open_values(request: HttpRequest, conversation: UUID, message: UUID) -> HttpResponse:
    """Open one value, or every one of the message, and answer the whole part; a refusal stands beside its form."""
    viewer = _viewer(request)
    found = disclosures.get_message(viewer=viewer, conversation_id=conversation, pk=message)
    asked = request.POST.get("placeholder", "")
    one = PLACEHOLDER.fullmatch(asked)
    if asked and one is None:
        raise OutOfScope
    reason = request.POST.get("reason", "")
    try:
        services.open_sealed(
            by=viewer, message=found, reason=reason, at=timezone.now(),
            placeholder=None if one is None else (one[1], int(one[2])),
        )  # fmt: skip
    except (disclosures.ReasonTooShort, disclosures.NeverOpened, TooOften) as no:
        status = 429 if isinstance(no, TooOften) else 400
        return _part(request, conversation, status=status, refused=str(no), refused_at=message, reason=reason)
    return _part(request, conversation)
