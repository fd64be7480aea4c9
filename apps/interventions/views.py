"""What was done, and one of them."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interventions import handover as handing
from apps.interventions import queries, regions
from apps.interventions.handover import MOST_CHARACTERS, HandoverRefused
from apps.shared.asking import key_of
from apps.shared.reading import one_reading


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _part(viewer: Viewer, name: str, **params: str) -> SafeString:
    with one_reading():
        return mark_safe(regions.render(name, viewer, params, timezone.now()))  # noqa: S308  # a rendered template


@require_GET
def interventions(request: HttpRequest) -> HttpResponse:
    """Everything that was done within 28 days, and what works here."""
    viewer = _viewer(request)
    viewer.require(Permission.VIEW_INTERVENTIONS)
    context = {"page": "interventions", "is_live": True, "interventions_list": _part(viewer, "interventions.list")}
    return render(request, "interventions/interventions.html", context)


@require_GET
def intervention(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One intervention: what was fixed, what was found, and the comparison."""
    viewer = _viewer(request)
    told = queries.get_told(viewer=viewer, pk=pk, at=timezone.now())
    context = {
        "page": "interventions", "is_live": True, "row": told.row,
        "interventions_one": _part(viewer, "interventions.one", intervention=str(pk)),
    }  # fmt: skip
    return render(request, "interventions/intervention.html", context)


@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest) -> HttpResponse:
    """What would pass to the next lead, and what passed lately; a POST hands it over."""
    viewer, now = _viewer(request), timezone.now()
    error, status = "", 200
    if request.method == "POST":
        to = request.POST.get("to", "")
        try:
            one = handing.hand_over(
                by=viewer, to=int(to) if to.isascii() and to.isdigit() and len(to) < 19 else 0, at=now,
                key=key_of(request.POST.get("key", "")) or uuid4(), text=request.POST.get("text", ""),
            )  # fmt: skip
            messages.info(request, f"Handed over to {one.to}. It stands on their floor until they have read it.")
            return redirect("handover")
        except HandoverRefused as refused:
            error, status = str(refused), 422
    context = {
        "page": "handover", "passing": handing.passing(viewer=viewer, at=now), "leads": handing.next_leads(viewer=viewer), "error": error,
        "lately": handing.lately(viewer=viewer, at=now), "me": viewer.user, "key": request.POST.get("key") or uuid4(),
        "text": request.POST.get("text", ""), "chosen": request.POST.get("to", ""), "most": MOST_CHARACTERS,
    }  # fmt: skip
    return render(request, "interventions/handover.html", context, status=status)


@require_POST
def handover_seen(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read."""
    handing.see(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("handover")
