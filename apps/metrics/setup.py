"""Pages under set-up: when a queue is open."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.metrics import calendars
from apps.metrics.calendars import CalendarRefused
from apps.metrics.forms import HoursForm
from apps.metrics.models import Calendar


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
