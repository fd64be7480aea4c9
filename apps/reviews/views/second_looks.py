"""The list of second looks, and the page on which one is decided."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apps.access.viewer import Viewer
from apps.reviews import queries, regions, services
from apps.reviews.forms import changes_in
from apps.reviews.models import Outcome
from apps.reviews.second_looks import LONGEST, SecondLookRefused
from apps.reviews.views.scoring import part_of, viewer_of


@require_safe
def second_looks(request: HttpRequest) -> HttpResponse:
    """What is doubted, how long it has waited, and how often doubts were right."""
    viewer, now = viewer_of(request), timezone.now()
    waiting, decided = queries.second_looks(viewer=viewer)  # asks whether they may
    by_line, by_reviewer = queries.overturned(viewer=viewer)
    context = {
        "page": "second_looks", "is_live": True, "waiting": waiting, "waiting_part": part_of(regions.WAITING, request, now), "decided": decided, "by_line": by_line, "by_reviewer": by_reviewer, "now": now,
        "overdue": sum(one.due_at <= now for one in waiting),
    }  # fmt: skip
    return render(request, "reviews/second_looks.html", context)


def _page(
    request: HttpRequest, viewer: Viewer, pk: UUID, *, error: str = "", answer: str = "", status: int = 200
) -> HttpResponse:
    look, now = queries.get_second_look(viewer=viewer, pk=pk), timezone.now()
    context = {
        "page": "second_looks", "look": look, "told": queries.told(viewer=viewer, review=look.review, at=now), "review": look.review,
        "may_decide": look.decided_at is None and look.review.reviewer_id != viewer.user.pk, "outcomes": Outcome.choices, "now": now,
        "error": error, "answer": answer, "most": LONGEST, "trail": [{"label": "Second looks", "href": reverse("second_looks")}],
    }  # fmt: skip
    return render(request, "reviews/second_look.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def second_look(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One second look; a POST decides it."""
    viewer = viewer_of(request)
    if request.method == "POST":
        outcome, answer = request.POST.get("outcome", ""), request.POST.get("answer", "")
        try:
            if outcome not in Outcome.values:
                raise SecondLookRefused("outcome", "Choose how it ends.")
            services.decide_second_look(
                by=viewer,
                pk=pk,
                outcome=Outcome(outcome),
                answer=answer,
                changes=changes_in(request.POST),
                at=timezone.now(),
            )
        except SecondLookRefused as refused:
            return _page(request, viewer, pk, error=str(refused), answer=answer, status=422)
        messages.info(request, "Decided. Agent and reviewer can read why.")
        return redirect("second_looks")
    return _page(request, viewer, pk)
