"""Feedback conversations: who is due, preparing one, its sheet, and the agent's own."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.coaching import sheets
from apps.coaching.feedback import LONGEST_OWN, LONGEST_POINT, LONGEST_STEPS
from apps.coaching.queries import get_person
from apps.coaching.sheets import Said, SheetRefused
from apps.console import feedback as page
from apps.console.views.frame import parts_of, show
from apps.shared.asking import key_of


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """Who is due and why now; a POST says how often a team talks."""
    viewer, now, error = _viewer(request), timezone.now(), ""
    if request.method == "POST":
        team, weeks = request.POST.get("team", ""), request.POST.get("weeks", "")
        try:
            sheets.set_cadence(
                by=viewer,
                team=int(team) if team.isdecimal() else 0,
                weeks=int(weeks) if weeks.isdecimal() else 0,
                at=now,
            )
            return redirect("feedback")
        except SheetRefused as refused:
            error = str(refused)
    viewer.require(Permission.VIEW_SCORECARDS)
    return show(
        request, "feedback.html", page="feedback", cadences=page.cadences(viewer=viewer), error=error, status=422 if error else 200,
        **parts_of(viewer, ("feedback.head", "feedback.team"), now, user=str(viewer.user.pk)),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def feedback_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Prepare a conversation with one person; a POST writes its sheet."""
    viewer, now = _viewer(request), timezone.now()
    agent = get_person(viewer=viewer, pk=pk)
    given = request.POST
    error, about = "", ""
    if request.method == "POST":
        points = [Said(line, given.get(f"text-{n}", "")) for n in ("1", "2") if (line := given.get(f"line-{n}", ""))]
        try:
            made = sheets.prepare(
                by=viewer,
                agent=pk,
                key=key_of(given.get("key", "")) or uuid4(),
                points=points,
                metric=given.get("metric", ""),
                at=now,
            )
            return redirect("feedback_sheet", made.pk)
        except SheetRefused as refused:
            error, about = str(refused), refused.about
    return show(
        request, "feedback_new.html", page="feedback", is_live=False, found=page.sketch(viewer=viewer, agent=agent, at=now), error=error,
        about=about, key=given.get("key") or uuid4(), most=LONGEST_POINT, metric=given.get("metric", ""),
        slots=[{"n": n, "line": given.get(f"line-{n}", ""), "text": given.get(f"text-{n}", "")} for n in ("1", "2")],
        status=422 if error else 200,
    )  # fmt: skip


@require_safe
def feedback_sheet(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One conversation: for its lead, and for its agent once it was held."""
    return _sheet(request, pk)


def _sheet(request: HttpRequest, pk: UUID, refused: SheetRefused | None = None) -> HttpResponse:
    found = page.get_told(viewer=_viewer(request), pk=pk, at=timezone.now())
    context: dict[str, Any] = {"error": str(refused), "about": refused.about} if refused else {}
    return show(
        request, "feedback_sheet.html", page="my_feedback" if found.is_mine else "feedback", is_live=False, found=found, now=timezone.now(),
        said=request.POST, longest_steps=LONGEST_STEPS, longest_own=LONGEST_OWN, status=422 if refused else 200, **context,
    )  # fmt: skip


@require_POST
def feedback_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It was held: what was agreed, and until when."""
    try:
        until = date.fromisoformat(request.POST["steps_by"]) if request.POST.get("steps_by") else None
    except ValueError:
        until = date.min
    try:
        sheets.hold(by=_viewer(request), pk=pk, steps=request.POST.get("steps", ""), steps_by=until, at=timezone.now())
    except SheetRefused as refused:
        return _sheet(request, pk, refused)
    return redirect("feedback_sheet", pk)


@require_POST
def feedback_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let go what was prepared."""
    sheets.discard(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("feedback")


@require_safe
def my_feedback(request: HttpRequest) -> HttpResponse:
    """The agent's own conversations."""
    viewer = _viewer(request)
    viewer.require(Permission.BE_COACHED)
    return show(request, "my_feedback.html", page="my_feedback", **parts_of(viewer, ("feedback.mine",)))


@require_POST
def feedback_acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The agent has read it, and may put it in words of their own."""
    try:
        sheets.acknowledge(by=_viewer(request), pk=pk, own_words=request.POST.get("own_words", ""), at=timezone.now())
    except SheetRefused as refused:
        return _sheet(request, pk, refused)
    return redirect("feedback_sheet", pk)
