"""Calibration: the sessions, one session side by side, and how far people agree."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import calibrating, comparing, planning
from apps.reviews.calibrating import CalibrationRefused
from apps.reviews.calibrations import Calibration
from apps.shared.errors import OutOfScope


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_http_methods(["GET", "POST"])
def calibrations(request: HttpRequest) -> HttpResponse:
    """The sessions with agreement by line and how strictly each marks; a POST calls another session."""
    viewer, now = _viewer(request), timezone.now()
    error = ""
    if request.method == "POST":
        try:
            return redirect("calibration", _called(request, viewer).pk)
        except CalibrationRefused as refused:
            error = str(refused)
    may_call = viewer.allows(Permission.MANAGE_QUALITY)
    context = {
        "page": "calibration", "sessions": comparing.sessions(viewer=viewer), "lines": comparing.by_line(viewer=viewer, at=now),
        "graders": comparing.graders(viewer=viewer, at=now), "may_call": may_call, "error": error, "now": now,
        "parts": comparing.to_call(viewer=viewer) if may_call else [], "people": planning.reviewers() if may_call else [],
    }  # fmt: skip
    return render(request, "reviews/calibrations.html", context, status=422 if error else 200)


def _called(request: HttpRequest, viewer: Viewer) -> Calibration:
    viewer.require(Permission.MANAGE_QUALITY)
    talk, _, agent = request.POST.get("part", "").partition(" ")
    graders, expert = request.POST.getlist("graders"), request.POST.get("expert", "")
    if not expert.isdecimal() or not all(one.isdecimal() for one in graders):
        raise CalibrationRefused("Choose who scores, and whose marks are the master.")
    try:
        keys = UUID(talk), UUID(agent)
    except ValueError:
        raise CalibrationRefused("Choose whose part in which conversation is scored.") from None
    return calibrating.call(
        by=viewer,
        conversation=keys[0],
        agent=keys[1],
        graders=[int(one) for one in graders],
        expert=int(expert),
        at=timezone.now(),
    )


@require_GET
def calibration(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One session: everybody's marks side by side once the viewer has given theirs."""
    return _session(request, pk)


def _session(request: HttpRequest, pk: UUID, *, error: str = "") -> HttpResponse:
    found = comparing.comparison(viewer=_viewer(request), pk=pk)
    context = {"page": "calibration", "found": found, "error": error}
    return render(request, "reviews/calibration.html", context, status=422 if error else 200)


@require_POST
def calibration_begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Score in a session, or go on with it, and be led to the form."""
    return redirect("review", pk=calibrating.begin(by=_viewer(request), pk=pk, at=timezone.now()).pk)


@require_POST
def calibration_note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down what was agreed about a line, or about the whole."""
    line = request.POST.get("line", "")
    if line and not line.isdecimal():
        raise OutOfScope
    try:
        calibrating.note(
            by=_viewer(request),
            pk=pk,
            line=int(line) if line else None,
            text=request.POST.get("text", ""),
            at=timezone.now(),
        )
    except CalibrationRefused as refused:
        return _session(request, pk, error=str(refused))
    return redirect("calibration", pk)


@require_POST
def calibration_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a session: what comes after it is not blind and does not count."""
    return redirect("calibration", calibrating.close(by=_viewer(request), pk=pk, at=timezone.now()).pk)
