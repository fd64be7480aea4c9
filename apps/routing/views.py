"""What is routed otherwise, and the forms that change it for a while."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.routing import queries, regions, services
from apps.routing.models import Kind
from apps.routing.services import MINUTES, DiversionRefused
from apps.shared.asking import key_of

USUAL_MINUTES = 30
TRAIL = [{"label": "Routing", "href": reverse_lazy("routing")}]


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _minutes(given: QueryDict) -> int:
    text = given.get("minutes", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0 if text else USUAL_MINUTES


@require_GET
def routing(request: HttpRequest) -> HttpResponse:
    """What runs now, what returned within a day, and where to begin."""
    viewer, now = _viewer(request), timezone.now()
    viewer.require(Permission.REROUTE)
    context = {
        "page": "routing", "is_live": True, "past": queries.past(viewer=viewer, at=now),
        "queues": Queue.objects.visible_to(viewer), "may_move": viewer.allows(Permission.VIEW_PEOPLE),
        "routing_now": mark_safe(regions.now(viewer, {}, now)),  # noqa: S308  # a rendered template
    }  # fmt: skip
    return render(request, "routing/routing.html", context)


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A move of people, with what it leaves behind; a POST makes it."""
    viewer, now = _viewer(request), timezone.now()
    viewer.require(Permission.VIEW_PEOPLE)
    given = request.POST if request.method == "POST" else request.GET
    to, queue, alert = pk, key_of(given.get("from", "")), key_of(given.get("alert", ""))
    people = [key for text in given.getlist("people") if (key := key_of(text)) is not None]
    error, about, status = "", "", 200
    if request.method == "POST":
        try:
            one = services.move(
                by=viewer, key=key_of(given.get("key", "")) or uuid4(), queue=queue or pk, to_queue=to, people=people,
                minutes=_minutes(given), alert=alert, at=now,
            )  # fmt: skip
            until = timezone.localtime(one.ends_at, viewer.zone)
            _said(request, f"Moved until {until:%H:%M}. They return by themselves.", one.pk)
            return redirect("routing")
        except DiversionRefused as refused:
            error, about, status = str(refused), refused.about, 422
    asked = people if request.method == "POST" or "shown" in given else None
    plan = queries.plan(viewer=viewer, to=to, queue=queue, people=asked, at=now)
    context = {
        "page": "routing", "plan": plan, "key": given.get("key") or uuid4(), "alert": alert or "", "minutes": _minutes(given),
        "all_minutes": MINUTES, "error": error, "about": about, "now": now, "trail": TRAIL,
    }  # fmt: skip
    return render(request, "routing/move.html", context, status=status)


def _said(request: HttpRequest, text: str, diversion: UUID) -> None:
    """Say what was done on the next page, with the way back."""
    messages.info(request, text, extra_tags=reverse("diversion_back", args=[diversion]))


@require_http_methods(["GET", "POST"])
def divert(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A diversion of conversations; a POST makes it."""
    viewer, now = _viewer(request), timezone.now()
    viewer.require(Permission.REROUTE)
    given = request.POST if request.method == "POST" else request.GET
    queue, alert = pk, key_of(given.get("alert", ""))
    where = services.get_queue(viewer=viewer, pk=queue)
    error, about, status = "", "", 200
    if request.method == "POST":
        try:
            one = services.divert(
                by=viewer, key=key_of(given.get("key", "")) or uuid4(), kind=given.get("kind", ""), queue=queue,
                minutes=_minutes(given), intent=given.get("intent", ""), alert=alert, at=now,
            )  # fmt: skip
            until = timezone.localtime(one.ends_at, viewer.zone)
            _said(request, f"Diverted until {until:%H:%M}. It returns by itself.", one.pk)
            return redirect("routing")
        except DiversionRefused as refused:
            error, about, status = str(refused), refused.about, 422
    context: dict[str, Any] = {
        "page": "routing", "queue": where, "key": given.get("key") or uuid4(), "alert": alert or "", "minutes": _minutes(given),
        "all_minutes": MINUTES, "kinds": [one for one in Kind.choices if one[0] != Kind.MOVE], "kind": given.get("kind", "seniors"),
        "matters": queries.matters(viewer=viewer, queue=queue, at=now), "intent": given.get("intent", ""), "error": error,
        "about": about, "trail": TRAIL,
    }  # fmt: skip
    return render(request, "routing/divert.html", context, status=status)


@require_POST
def diversion_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return now."""
    one = services.take_back(by=_viewer(request), pk=pk, at=timezone.now())
    messages.info(request, "Taken back: it never was." if one.is_undone else "Returned. Routing is as usual again.")
    return redirect("routing")


@require_http_methods(["GET", "POST"])
def help_call(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a call for help says and to whom; a POST calls."""
    viewer = _viewer(request)
    viewer.require(Permission.REROUTE)
    given = request.POST if request.method == "POST" else request.GET
    queue, alert = pk, key_of(given.get("alert", ""))
    where = services.get_queue(viewer=viewer, pk=queue)
    if request.method == "POST":
        services.call_help(
            by=viewer, key=key_of(given.get("key", "")) or uuid4(), queue=queue, alert=alert, at=timezone.now()
        )
        messages.info(request, f"Called. Who can send people to {where.name} sees it at once.")
        return redirect("routing")
    context = {
        "page": "routing", "queue": where, "key": uuid4(), "alert": alert or "", "may_move": viewer.allows(Permission.VIEW_PEOPLE),
        "trail": TRAIL,
    }  # fmt: skip
    return render(request, "routing/help.html", context)


@require_POST
def help_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Help is needed no longer."""
    services.end_help(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("routing")
