"""The reviewer's list, and what the scoring form sends. The form itself stands beside a transcript, in the console."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import draws, exporting, queries, regions, services, suggesting
from apps.reviews.drafts import answers
from apps.reviews.forms import PostedDraft, posted_draft
from apps.reviews.models import Review
from apps.reviews.services import DraftChanged, ReviewRefused, ReviewTaken
from apps.reviews.sheets import shown
from apps.shared.errors import NotAllowed, OutOfScope, Refusal


def viewer_of(request: HttpRequest) -> Viewer:
    """The person who asks."""
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """What I score next, what I scored, and what others did."""
    viewer, now = viewer_of(request), timezone.now()
    viewer.require(Permission.REVIEW)
    parts = {
        f"{name.partition('.')[2]}_part": part_of(name, request, now)
        for name in (regions.HEAD, regions.DESK, regions.PACE)
    }
    return render(request, "reviews/reviews.html", {"page": "reviews", "is_live": True, **parts})


def part_of(name: str, request: HttpRequest, at: datetime) -> str:
    """A live part of a page for its first visit."""
    viewer = viewer_of(request)
    params = regions.own(viewer) if name in regions.OF_ONE else {}
    return regions.render(name, viewer, params, at, token=get_token(request))


def _posted_key(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise OutOfScope from None


@require_POST
def review_begin(request: HttpRequest) -> HttpResponse:
    """Begin to score what one agent did in one conversation, and be led to the form."""
    viewer = viewer_of(request)
    viewer.require(Permission.REVIEW)
    talk, agent = _posted_key(request, "conversation"), _posted_key(request, "agent")
    try:
        begun = services.begin(by=viewer, conversation=talk, agent=agent, at=timezone.now())
    except ReviewTaken as taken:
        messages.info(request, str(taken))
        return redirect("reviews")
    return redirect("review", pk=begun.pk)


@require_POST
def assignment_replace(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say why something that was drawn cannot be reviewed; another conversation of the same person comes in its place."""
    try:
        came = draws.replace(by=viewer_of(request), pk=pk, because=request.POST.get("because", ""), at=timezone.now())
        said = "Another one was drawn instead." if came else "It is gone. No other conversation of this person is left."
    except NotAllowed:
        raise
    except Refusal as refused:
        said = str(refused)
    messages.info(request, said)
    return redirect("reviews")


def _asks_for_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _draft(request: HttpRequest, pk: UUID) -> tuple[PostedDraft, list[UUID]]:
    """What was posted, and the keys of the transcript's messages in its order."""
    found = queries.get_review(viewer=viewer_of(request), pk=pk, at=timezone.now())
    messages = queries.messages_of(review=found)
    return posted_draft(request.POST, messages=messages), messages


def _refused(request: HttpRequest, pk: UUID, refused: Exception) -> HttpResponse:
    """A script is told in words, with the revision that holds; a form is led back to the review and told there."""
    said = list(getattr(refused, "mistakes", [str(refused)]))
    if _asks_for_json(request):
        current = queries.get_review(viewer=viewer_of(request), pk=pk, at=timezone.now())
        status = 409 if isinstance(refused, DraftChanged) else 422
        return JsonResponse(
            {"mistakes": said, "revision": current.revision, "saved_at": current.saved_at.isoformat()}, status=status
        )
    messages.info(request, " ".join(said))
    return redirect("review", pk=pk)


@require_POST
def review_save(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the draft."""
    given, messages_in_order = _draft(request, pk)
    try:
        kept, told = services.save(
            by=viewer_of(request), pk=pk, based_on=given.based_on, key=given.key, entries=given.entries, note=given.note,
            active_seconds=given.active_seconds, at=timezone.now(),
        )  # fmt: skip
    except (DraftChanged, ReviewRefused) as refused:
        return _refused(request, pk, refused)
    if not _asks_for_json(request):
        return redirect("review", pk=pk)
    answer: dict[str, Any] = {
        "revision": kept.revision, "saved_at": kept.saved_at.isoformat(), "score": shown(told), "left": told.left,
        "failed": list(told.failed), "suggestions": suggesting.drawn(review=kept, marked={*answers(given.entries)}, messages=messages_in_order),
    }  # fmt: skip
    return JsonResponse(answer)


def _after(viewer: Viewer, done: Review) -> str:
    """Where one goes on: what is scored next, or the list."""
    following = services.begin_next(by=viewer, but=done.pk, at=timezone.now())
    return reverse("reviews") if following is None else reverse("review", args=[following.pk])


@require_POST
def review_submit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the draft, submit it, and be led to the next."""
    viewer, (given, _) = viewer_of(request), _draft(request, pk)
    try:
        done = services.finish(
            by=viewer, pk=pk, based_on=given.based_on, key=given.key, entries=given.entries, note=given.note,
            active_seconds=given.active_seconds, at=timezone.now(),
        )  # fmt: skip
    except (DraftChanged, ReviewRefused) as refused:
        return _refused(request, pk, refused)
    href, text = _after(viewer, done), f"Submitted the review of {done.agent.name}"
    messages.info(request, text)
    return JsonResponse({"href": href}) if _asks_for_json(request) else redirect(href)


@require_safe
def review_result(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One submitted review, as its reviewer, a lead or a QA manager reads it."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.get_review(viewer=viewer, pk=pk, at=now)
    if found.agent.user_id == viewer.user.pk:
        return redirect("my_review", pk=pk)
    if not found.is_submitted:
        return redirect("review", pk=pk)
    context = {
        "page": "reviews", "told": queries.told(viewer=viewer, review=found, at=now), "review": found, "now": now,
        "may_take_back": found.reviewer_id == viewer.user.pk and found.releases_at is not None and now < found.releases_at,
        "trail": [{"label": "Review", "href": reverse("reviews")}],
    }  # fmt: skip
    return render(request, "reviews/review.html", context)


@require_POST
def review_take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make it a draft again."""
    services.take_back(by=viewer_of(request), pk=pk, at=timezone.now())
    return redirect("review", pk=pk)


@require_POST
def review_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a draft go."""
    services.discard(by=viewer_of(request), pk=pk, at=timezone.now())
    return redirect("reviews")


@require_POST
def review_export(request: HttpRequest) -> HttpResponse:
    """The reviews one may read as a file."""
    answer = HttpResponse(
        exporting.export(by=viewer_of(request), at=timezone.now()), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = 'attachment; filename="reviews.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def review_spreadsheet(request: HttpRequest) -> HttpResponse:
    """The same as a workbook."""
    answer = HttpResponse(
        exporting.spreadsheet(by=viewer_of(request), at=timezone.now()),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer["Content-Disposition"] = 'attachment; filename="reviews.xlsx"'
    answer["Cache-Control"] = "no-store"
    return answer
