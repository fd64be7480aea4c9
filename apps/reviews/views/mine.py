"""The agent's pages: reviews of their own work, each with its reasons, and the way to a second look."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import queries, regions, services
from apps.reviews.second_looks import LONGEST, SecondLookRefused
from apps.reviews.views.scoring import part_of, viewer_of


@require_safe
def my_reviews(request: HttpRequest) -> HttpResponse:
    """Every released review of one's own work."""
    viewer, now = viewer_of(request), timezone.now()
    viewer.require(Permission.BE_REVIEWED)
    context = {"page": "my_reviews", "is_live": True, "mine_part": part_of(regions.MINE, request, now)}
    return render(request, "reviews/my_reviews.html", context)


def _page(
    request: HttpRequest,
    viewer: Viewer,
    pk: UUID,
    *,
    error: str = "",
    about: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    found = queries.get_review(viewer=viewer, pk=pk, at=now)
    services.read(to=viewer, review=found, at=now)
    context = {
        "page": "my_reviews", "told": queries.told(viewer=viewer, review=found, at=now), "review": found, "now": now, "error": error,
        "about": about, "text": text, "most": LONGEST, "trail": [{"label": "My reviews", "href": reverse("my_reviews")}],
    }  # fmt: skip
    return render(request, "reviews/my_review.html", context, status=status)


@require_safe
def my_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One review of one's own work. Opening it is reading it."""
    viewer = viewer_of(request)
    viewer.require(Permission.BE_REVIEWED)
    return _page(request, viewer, pk)


@require_POST
def review_acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read and understood."""
    services.acknowledge(to=viewer_of(request), pk=pk, at=timezone.now())
    return redirect("my_review", pk=pk)


@require_POST
def second_look_ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a second look at the review, or at one line of it."""
    viewer, line, text = viewer_of(request), request.POST.get("line", ""), request.POST.get("text", "")
    try:
        services.ask_second_look(by=viewer, review=pk, line=line, text=text, at=timezone.now())
    except SecondLookRefused as refused:
        return _page(request, viewer, pk, error=str(refused), about=line, text=text, status=422)
    return redirect("my_review", pk=pk)
