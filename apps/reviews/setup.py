"""Pages of the QA manager: sampling plans, and the record of each draw."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import draws, planning, work
from apps.reviews.plan_form import PlanForm
from apps.reviews.planning import PlanRefused


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _saved(request: HttpRequest, pk: int | None) -> tuple[PlanForm, int | None]:
    """The form as it was sent, and the key of the plan it made; None: it says what is wrong."""
    viewer = _viewer(request)
    viewer.require(Permission.MANAGE_QUALITY)
    form = PlanForm(request.POST, choices=work.choices())
    if not form.is_valid():
        return form, None
    try:
        return form, planning.save(by=viewer, pk=pk, asked=form.asked(), at=timezone.now()).pk
    except PlanRefused as refused:
        form.add_error(refused.about, str(refused))
        return form, None


@require_http_methods(["GET", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """Every sampling plan; a POST makes another one."""
    viewer = _viewer(request)
    form, made = _saved(request, None) if request.method == "POST" else (None, None)
    if made is not None:
        return redirect("plan", made)
    rows = work.plans(viewer=viewer, at=timezone.now())
    form = form or PlanForm.new(choices=work.choices(), zone=viewer.user.time_zone)
    context = {"page": "plans", "plans": rows, "form": form}
    return render(request, "reviews/plans.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan with its draws; a POST changes it from the next draw on."""
    form, made = _saved(request, pk) if request.method == "POST" else (None, None)
    if made is not None:
        return redirect("plan", made)
    record = work.plan_record(viewer=_viewer(request), pk=pk, at=timezone.now())
    form = form or PlanForm.showing(record.plan, choices=work.choices())
    return render(
        request,
        "reviews/plan.html",
        {"page": "plans", "record": record, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_POST
def plan_draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw for the last period that is over, without waiting for the hour. What was drawn already is shown."""
    made = draws.draw_now(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("draw", made.pk)


@require_GET
def draw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One draw: what it was made of, what came of it, and whether it can be drawn again."""
    record = work.draw_record(viewer=_viewer(request), pk=pk, at=timezone.now())
    return render(request, "reviews/draw.html", {"page": "plans", "record": record})
