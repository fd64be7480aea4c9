"""A person's own pages, the same scorecard for who leads them, and the list of those one leads."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.access import queries
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.console import feedback, oversight, workday
from apps.console.scope import linked
from apps.console.views.frame import parts_of, show, viewer_of
from apps.metrics import cards, quality_lines, scorecards, trends, workdays
from apps.metrics.workdays import ReviewRefused
from apps.reviews.queries import reviews_of

# How many entries of the audit an agent's first page shows.
MOST_LOOKS = 8


def _own(viewer: Viewer) -> Agent | None:
    viewer.require(Permission.VIEW_OWN_SCORECARD)
    return scorecards.get_own(viewer)


@require_safe
def my_shift(request: HttpRequest) -> HttpResponse:
    """The agent's first page: today's goals, what is in hand, where the time went, and who looked."""
    return _my_shift(request)


def _my_shift(request: HttpRequest, refused: ReviewRefused | None = None) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now, agent = timezone.now(), _own(viewer)
    if agent is None:
        return show(request, "unlinked.html", page="my_shift", is_live=False)
    found = cards.card(scorecards.scorecard(viewer=viewer, agent=agent, window="today", at=now), is_own=True)
    looks = queries.audit_page(viewer=viewer, sought=queries.Sought()).entries[:MOST_LOOKS]
    return show(
        request, "my_shift.html", page="my_shift", card=found, now=now, looks=looks,
        **parts_of(viewer, ("me.news", "me.queues", "me.held"), now),
        day=workday.day_of(viewer=viewer, agent=agent, at=now), method_href=reverse("how_i_am_measured") + "#active_time",
        today=workdays.today(agent=agent, viewer=viewer, at=now), refused=refused, most=workdays.MOST_CHARACTERS,
        said=request.POST, status=200 if refused is None else 422,
    )  # fmt: skip


@require_POST
def goals_seen(request: HttpRequest) -> HttpResponse:
    """The goals of today were seen."""
    workdays.see_goals(by=request.viewer, at=timezone.now())  # type: ignore[attr-defined]
    return redirect("my_shift")


@require_POST
def shift_close(request: HttpRequest) -> HttpResponse:
    """Close one's shift with a few words."""
    given = request.POST
    try:
        workdays.close(
            by=request.viewer, went_well=given.get("went_well", ""), one_point=given.get("one_point", ""),  # type: ignore[attr-defined]
            at=timezone.now(),
        )  # fmt: skip
    except ReviewRefused as refused:
        return _my_shift(request, refused)
    return redirect("my_shift")


@require_safe
def my_scorecard(request: HttpRequest) -> HttpResponse:
    """The agent's own numbers over a window."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    agent = _own(viewer)
    if agent is None:
        return show(request, "unlinked.html", page="my_scorecard", is_live=False)
    return _scorecard(request, viewer, agent, is_own=True, page="my_scorecard")


@require_safe
def scorecard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The scorecard of one of the people one leads: the same that they see."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return _scorecard(request, viewer, scorecards.get_person(viewer=viewer, pk=pk), is_own=False, page="scorecards")


@require_safe
def scorecard_list(request: HttpRequest) -> HttpResponse:
    """Everybody one leads, by name: who needs time this week, and why."""
    found = oversight.oversight(viewer=viewer_of(request), at=timezone.now())
    return show(request, "scorecards.html", page="scorecards", is_live=False, found=found)


def _scorecard(request: HttpRequest, viewer: Viewer, agent: Agent, *, is_own: bool, page: str) -> HttpResponse:
    window, now = request.GET.get("window", "7d"), timezone.now()
    found = scorecards.scorecard(viewer=viewer, agent=agent, window=window, at=now)
    choices = [
        {"label": one.label, "href": f"?window={key}", "is_current": key == window}
        for key, one in scorecards.WINDOWS.items()
    ]
    trail = [] if is_own else [
        {"label": "Scorecards", "href": linked(viewer, "scorecards")},
        *([{"label": agent.name, "href": linked(viewer, "person", agent.pk)}] if viewer.allows(Permission.VIEW_PEOPLE) else []),
    ]  # fmt: skip
    return show(
        request, "scorecard.html", page=page, is_live=False, agent=agent, is_own=is_own, who="You" if is_own else agent.name, found=found, choices=choices, trail=trail,
        card=cards.card(found, is_own=is_own), quality=scorecards.quality(person=found.reach, zone=viewer.zone, at=now),
        quality_lines=quality_lines.quality_lines(viewer=viewer, agent=agent, at=now),
        quality_href=cards.behind(scorecards.QUALITY, f"agent:{agent.pk}", scorecards.QUALITY_OVER),
        closed=workdays.closed(person=found.reach), trends=trends.trends(person=found.reach, aims=found.aims, zone=viewer.zone, at=found.as_of),
        agreed=feedback.agreed(viewer=viewer, agent=agent), may_coach=viewer.allows(Permission.COACH),
        reviews=reviews_of(viewer=viewer, agent=agent.pk, at=found.as_of),
    )  # fmt: skip
