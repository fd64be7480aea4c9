"""The page of alerts, one alert, and what is done about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts import queries, regions, services
from apps.alerts.cards import cards
from apps.alerts.models import Episode
from apps.shared.errors import Refusal
from apps.shared.reading import one_reading


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _parts(viewer: Viewer, *names: str, **params: str) -> dict[str, SafeString]:
    now = timezone.now()
    with one_reading():
        return {
            name.replace(".", "_"): mark_safe(regions.render(name, viewer, params, now))  # noqa: S308  # rendered templates
            for name in names
        }


@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """What is open, and what was over within a day."""
    viewer = _viewer(request)
    viewer.require(Permission.VIEW_ALERTS)
    parts = {**_parts(viewer, "alerts.open"), **_parts(viewer, "alerts.past")}
    return render(request, "alerts/alerts.html", {"page": "alerts", "is_live": True, **parts})


@require_GET
def alert(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One alert: its rule, the message, what happened to it."""
    viewer = _viewer(request)
    told = queries.get_alert(viewer=viewer, pk=pk, at=timezone.now())
    parts = _parts(viewer, "alerts.one", alert=str(pk))
    return render(request, "alerts/alert.html", {"page": "alerts", "is_live": True, "alert": told.card, **parts})


def _answer(request: HttpRequest, text: str, href: str, *, status: int = 200, undo: str = "") -> HttpResponse:
    """Scripts are told in words; whoever posted a form is led on and told on the next page. `undo`: where it is taken back."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"text": text, "href": href, "undo": undo}, status=status)
    messages.info(request, text, extra_tags=undo)
    return redirect(href) if href else redirect("alerts")


def _done(request: HttpRequest, text: str, do: Any, *, can_be_undone: bool = True, **given: Any) -> HttpResponse:
    try:
        one: Episode = do(by=_viewer(request), at=timezone.now(), **given)
    except Refusal as refused:
        if type(refused) is not Refusal:
            raise  # not allowed, too often: answered as everywhere
        return _answer(request, str(refused), "", status=409)
    undo = reverse("alert_undo", args=[one.pk]) if can_be_undone else ""
    return _answer(request, text.format(name=one.version.name), "", undo=undo)


@require_POST
def alert_take(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take it on."""
    return _done(request, "You took on: {name}", services.take_on, pk=pk)


@require_POST
def alert_snooze(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put it aside for some minutes, or until it is worse."""
    given = request.POST.get("minutes", "")
    minutes = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    until_worse = request.POST.get("until") == "worse"
    return _done(request, "Put aside: {name}", services.snooze, pk=pk, minutes=minutes, until_worse=until_worse)


@require_POST
def alert_resolve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that it is over."""
    return _done(request, "Over: {name}", services.resolve, pk=pk)


@require_POST
def alert_undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back what one just did."""
    return _done(request, "As before: {name}", services.undo, pk=pk, can_be_undone=False)


@require_POST
def alert_outcome(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what it was worth."""
    outcome = request.POST.get("outcome", "")
    return _done(request, "Thank you. Judged: {name}", services.judge, pk=pk, outcome=outcome, can_be_undone=False)


@require_POST
def alert_act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin what the alert advises, and be led there."""
    viewer, now = _viewer(request), timezone.now()
    try:
        one = services.act(by=viewer, pk=pk, at=now)
    except Refusal as refused:
        if type(refused) is not Refusal:
            raise
        return _answer(request, str(refused), "", status=409)
    return _answer(request, f"Begun: {one.version.name}", cards(viewer=viewer, found=[one], at=now)[0].action_href)
