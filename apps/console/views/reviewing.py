"""The page on which a conversation is scored: its transcript beside the form. Whoever is shown it stands in the audit."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.access.viewer import Viewer
from apps.coaching import queries as coaching
from apps.console import transcript
from apps.console.transcript import Said, Transcript
from apps.learning.queries import examples_of
from apps.reviews import queries
from apps.reviews.models import LONGEST_NOTE
from apps.shared.reading import one_reading
from apps.ui.lines import MoodPoint


def moods(told: Transcript) -> list[MoodPoint]:
    """How the customer felt, message by message."""
    return [MoodPoint(i.number, i.mood) for i in told.items if isinstance(i, Said) and i.mood is not None]


@require_safe
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One review: the form while it is one's own draft, else what was marked."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    found = queries.get_review(viewer=viewer, pk=pk, at=now)
    if found.is_submitted or found.reviewer_id != viewer.user.pk:
        return redirect("review_result", pk=pk)
    with one_reading():
        plain = transcript.transcript(viewer=viewer, pk=found.conversation_id, at=now)
        told = transcript.with_notes(plain, coaching.about(viewer=viewer, conversation=found.conversation_id))
        transcript.note_read(viewer=viewer, found=told, at=now)
        keys = [i.key for i in told.items if isinstance(i, Said) and i.key is not None]
        context: dict[str, Any] = {
            "page": "reviews", "review": found, "told": told, "moods": moods(told), "most": LONGEST_NOTE,
            "sheet": queries.sheet_of(review=found, messages=keys), "examples": examples_of(viewer=viewer, rubric=found.version.rubric_id, at=now),
            "desk": queries.beside(viewer=viewer), "now": now,
            "messages_json": json.dumps([str(key) for key in keys]),
        }  # fmt: skip
        return render(request, "console/review.html", context)
