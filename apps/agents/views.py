"""Pages under set-up: who is planned when, out of files or week by week."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.access.viewer import Viewer
from apps.agents import planning, shift_calendar, shift_files
from apps.agents.planning import PlanRefused, Week
from apps.agents.shift_calendar import Imported


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_http_methods(["GET", "HEAD", "POST"])
def shifts(request: HttpRequest) -> HttpResponse:
    """Everybody with their plan; a POST plans what a file says and tells what could not be used."""
    viewer, now = _viewer(request), timezone.now()
    found: Imported | None = None
    error = ""
    if request.method == "POST":
        try:
            found = _import(request, viewer)
        except PlanRefused as refused:
            error = str(refused)
    context = {
        "page": "shifts", "people": shift_calendar.planned(viewer=viewer, at=now), "found": found, "error": error, "now": now,
        "bad": () if found is None else found.bad[: shift_calendar.TOLD_BAD], "columns": ", ".join(shift_files.COLUMNS),
        "zone": request.POST.get("zone", viewer.user.time_zone), "whose": request.POST.get("whose", ""),
    }  # fmt: skip
    return render(
        request, "agents/shifts.html", context, status=422 if error or (found is not None and found.bad) else 200
    )


def _import(request: HttpRequest, viewer: Viewer) -> Imported:
    sent = request.FILES.get("file")
    if sent is None:
        raise PlanRefused("file", "Choose a file: iCalendar (.ics) or a table (.csv).")
    whose = request.POST.get("whose", "")
    agent = shift_calendar.get_person(viewer=viewer, pk=_key(whose)) if whose else None
    body = sent.read(shift_files.MOST_BYTES + 1)
    return shift_calendar.import_file(
        by=viewer, body=body, zone=request.POST.get("zone", ""), agent=agent, at=timezone.now()
    )


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


@require_http_methods(["GET", "HEAD", "POST"])
def shifts_of(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One person's week and its exceptions."""
    viewer, now = _viewer(request), timezone.now()
    agent = shift_calendar.get_person(viewer=viewer, pk=pk)
    week = shift_calendar.week_of(agent, zone=viewer.user.time_zone)
    said = {
        "zone": week.zone, "exceptions": planning.say_exceptions(week.exceptions),
        **{f"day_{day}": planning.say_stretch(week.days.get(day)) for day in range(1, 8)},
    }  # fmt: skip
    refused: PlanRefused | None = None
    if request.method == "POST":
        said = {name: request.POST.get(name, "")[:8000] for name in said}
        try:
            shift_calendar.set_week(by=viewer, agent=agent, week=_week(said), at=now)
            return redirect("shifts")
        except PlanRefused as why:
            refused = why
    about = {} if refused is None else {refused.about: str(refused)}
    fields = [
        {"name": f"day_{day}", "label": name, "value": said[f"day_{day}"], "error": about.get(f"day_{day}", "")}
        for day, name in enumerate(planning.WEEKDAYS, 1)
    ]
    context = {"page": "shifts", "agent": agent, "said": said, "fields": fields, "about": about}
    return render(request, "agents/shifts_of.html", context, status=200 if refused is None else 422)


def _week(said: dict[str, str]) -> Week:
    days = {day: planning.read_stretch(f"day_{day}", said[f"day_{day}"]) for day in range(1, 8)}
    return Week(
        zone=said["zone"].strip(), days={day: stretch for day, stretch in days.items() if stretch is not None},
        exceptions=planning.read_exceptions(said["exceptions"]),
    )  # fmt: skip
