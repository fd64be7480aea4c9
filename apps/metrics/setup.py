"""Pages under set-up: when a queue is open, and what is to be reached."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.metrics import calendars, fairness, goal_setting, tiers
from apps.metrics import goals as targets
from apps.metrics.calendars import CalendarRefused
from apps.metrics.forms import GoalForm, HoursForm, TiersForm
from apps.metrics.goals import PERIODS, GoalRefused
from apps.metrics.models import Calendar
from apps.shared.errors import NotAllowed


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _hours_page(request: HttpRequest, *, refused: HoursForm | None = None, of: int | None = None) -> HttpResponse:
    viewer = _viewer(request)
    kept = calendars.calendars(viewer=viewer)
    queues = list(Queue.objects.visible_to(viewer))
    forms = [
        (one, refused)
        if refused is not None and one.pk == of
        else (one, HoursForm.showing(calendars.plan_of(one), queues=queues, prefix_id=str(one.pk)))
        for one in kept
    ]
    made = (
        refused
        if refused is not None and of is None
        else HoursForm(queues=queues, initial={"zone": viewer.user.time_zone})
    )
    without = [queue.name for queue in queues if not any(str(queue.pk) in form.chosen for _, form in forms)]
    context = {"page": "hours", "forms": forms, "made": made, "without": without, "queues": queues}
    return render(request, "metrics/hours.html", context, status=200 if refused is None else 422)


def _save(request: HttpRequest, calendar: Calendar | None) -> HttpResponse:
    viewer = _viewer(request)
    queues = list(Queue.objects.visible_to(viewer))
    form = HoursForm(request.POST, queues=queues, prefix_id="new" if calendar is None else str(calendar.pk))
    if form.is_valid():
        try:
            calendars.save(by=viewer, calendar=calendar, plan=form.plan(), at=timezone.now())
            return redirect("hours")
        except CalendarRefused as refused:
            form.refuse(refused)
    return _hours_page(request, refused=form, of=None if calendar is None else calendar.pk)


def hours(request: HttpRequest) -> HttpResponse:
    """Every calendar, each with its form; a POST makes another one."""
    return _save(request, None) if request.method == "POST" else _hours_page(request)


@require_POST
def hours_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one calendar say something else."""
    return _save(request, calendars.get_calendar(viewer=_viewer(request), pk=pk))


def tiers_page(request: HttpRequest) -> HttpResponse:
    """The tier of every queue; a POST says others."""
    viewer = _viewer(request)
    kept = tiers.tiers(viewer=viewer)
    form = TiersForm(request.POST if request.method == "POST" else None, kept=kept)
    if form.is_valid():
        tiers.set_tiers(by=viewer, wanted=form.wanted(), at=timezone.now())
        return redirect("tiers")
    lines = [(queue, form[f"tier_{queue.pk}"]) for queue, _ in kept]
    has_tiers = any(tier > tiers.FIRST for _, tier in kept)
    context = {"page": "tiers", "form": form, "lines": lines, "has_tiers": has_tiers}
    return render(request, "metrics/tiers.html", context, status=422 if form.is_bound else 200)


def _goals_page(request: HttpRequest, form: GoalForm, *, status: int = 200, told: Sequence[str] = ()) -> HttpResponse:
    viewer = _viewer(request)
    found = targets.goals(viewer=viewer)
    may_set = viewer.allows(Permission.MANAGE_SETUP)
    context = {
        "page": "goals", "goals": found, "form": form, "may_set": may_set, "metrics": targets.metrics() if may_set else [],
        "scopes": targets.scopes(viewer=viewer) if may_set else [], "periods": PERIODS.items(),
        "told": told,
    }  # fmt: skip
    return render(request, "metrics/goals.html", context, status=status)


def goals(request: HttpRequest) -> HttpResponse:
    """Every goal that holds; a POST looks at what one would have meant, or sets it."""
    viewer, at = _viewer(request), timezone.now()
    today = at.astimezone(viewer.zone).date()
    if request.method != "POST":
        return _goals_page(request, GoalForm(initial={"from_on": today.isoformat()}))
    viewer.require(Permission.MANAGE_SETUP)
    form = GoalForm(request.POST)
    if form.is_valid():
        try:
            asked = form.asked()
            if request.POST.get("step") == "preview":
                looked = {name: asked[name] for name in ("metric", "scope", "period", "target")}
                found = fairness.preview(viewer=viewer, at=at, **looked)
                return _goals_page(request, form, told=fairness.says(found, asked["period"]))
            made = goal_setting.set_goal(by=viewer, at=at, **asked)
            return redirect("goal", pk=made.pk)
        except GoalRefused as refused:
            form.refuse(refused)
    return _goals_page(request, form, status=422)


def goal(request: HttpRequest, pk: int) -> HttpResponse:
    """One goal: its versions, and what was reached where the viewer may read it."""
    viewer, at = _viewer(request), timezone.now()
    found = targets.get_goal(viewer=viewer, pk=pk)
    told = targets.shown(targets.versions(found))
    told.sort(key=lambda one: (one.goal.from_on, one.goal.pk), reverse=True)
    try:
        history, refused = targets.history(viewer=viewer, goal=found, at=at), ""
    except NotAllowed as no:
        history, refused = [], str(no)
    context = {
        "page": "goals", "goal": found, "told": told, "head": told[0], "refused": refused,
        "history": [
            (one, targets.say_value(told[0].metric, one.target), targets.say_value(told[0].metric, one.number.value))
            for one in history
        ],
        "may_end": viewer.allows(Permission.MANAGE_SETUP) and told[0].goal.target is not None,
    }  # fmt: skip
    return render(request, "metrics/goal.html", context)


@require_POST
def goal_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a goal end."""
    viewer = _viewer(request)
    viewer.require(Permission.MANAGE_SETUP)
    goal_setting.end_goal(by=viewer, goal=targets.get_goal(viewer=viewer, pk=pk), at=timezone.now())
    return redirect("goals")
