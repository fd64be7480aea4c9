"""The report of a shift, to be read and printed."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.access.roles import Permission
from apps.console import shift
from apps.console.scope import linked
from apps.console.views.frame import show, viewer_of
from apps.interventions import reports
from apps.shared.errors import OutOfScope


@require_safe
def shift_today(request: HttpRequest) -> HttpResponse:
    """The report of the shift that runs, or was the last."""
    viewer = viewer_of(request)
    viewer.require(Permission.VIEW_INTERVENTIONS)
    now = timezone.now().astimezone(viewer.zone)
    day = now.date() if now.time() >= reports.BEGINS else now.date() - timedelta(days=1)
    return redirect(linked(viewer, "shift_report", day.isoformat()))


@require_safe
def shift_report(request: HttpRequest, day: str) -> HttpResponse:
    """One shift: its line, its alerts, what was done, which goals were reached."""
    viewer, now = viewer_of(request), timezone.now()
    on = _day(day)
    found = reports.report(viewer=viewer, day=on, at=now)
    neighbours = [
        {"label": words, "href": linked(viewer, "shift_report", other.isoformat()), "is_current": other == on}
        for words, other in (
            ("The day before", on - timedelta(days=1)),
            (f"{on:%-d %B}", on),
            ("The day after", on + timedelta(days=1)),
        )
        if reports.shift_of(viewer=viewer, day=other)[0] <= now
    ]
    return show(
        request, "shift_report.html", page="shift_report", is_live=False, found=found, neighbours=neighbours,
        line=shift.shift(viewer=viewer, at=found.until, since=found.since) if viewer.allows(Permission.VIEW_FLOOR) else None,
        is_wished=reports.is_wished(viewer=viewer), has_address=bool(viewer.user.email), now=now,
    )  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OutOfScope from None


@require_POST
def shift_report_wish(request: HttpRequest) -> HttpResponse:
    """Be sent the report after each shift, or no longer."""
    viewer = viewer_of(request)
    reports.wish(by=viewer, is_on=request.POST.get("wish") == "on", at=timezone.now())
    return redirect(reverse("shift_today"))
