"""Silences, and what alerts were worth."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.access.viewer import Viewer
from apps.alerts import quality, services, silences
from apps.alerts.forms import SilenceForm
from apps.alerts.silences import SilenceRefused


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def silences_page(request: HttpRequest) -> HttpResponse:
    """What nobody is told of now, and a form; a POST silences."""
    viewer, at = _viewer(request), timezone.now()
    if request.method != "POST":
        return _page(request, SilenceForm(initial={"minutes": 60}))
    form = SilenceForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        rule, queue = silences.named(by=viewer, rule=data["rule"], queue=data["queue"])
        try:
            made = services.silence(
                by=viewer, rule=rule, queue=queue, minutes=data["minutes"] or 0, reason=data["reason"], at=at
            )  # fmt: skip
            messages.info(request, f"Silenced: {silences.said(made)}")
            return redirect("silences")
        except SilenceRefused as refused:
            form.refuse(refused)
    return _page(request, form, status=422)


def _page(request: HttpRequest, form: SilenceForm, *, status: int = 200) -> HttpResponse:
    viewer, at = _viewer(request), timezone.now()
    now, over = silences.listed(viewer=viewer, at=at)
    names = dict(silences.choices(viewer=viewer)["rules"])
    context = {
        "page": "alerts", "form": form, "running": [(one, names.get(one.rule_id, "Every alert")) for one in now],
        "over": [(one, names.get(one.rule_id, "Every alert")) for one in over], **silences.choices(viewer=viewer),
    }  # fmt: skip
    return render(request, "alerts/silences.html", context, status=status)


@require_POST
def silence_try(request: HttpRequest) -> HttpResponse:
    """What a silence would hide, before it is made."""
    viewer = _viewer(request)
    form = SilenceForm(request.POST)
    hidden, refused = None, ""
    if form.is_valid():
        rule, queue = silences.named(by=viewer, rule=form.cleaned_data["rule"], queue=form.cleaned_data["queue"])
        try:
            hidden = silences.would_hide(by=viewer, rule=rule, queue=queue, at=timezone.now())
        except SilenceRefused as no:
            refused = str(no)
    return render(request, "alerts/parts/hidden.html", {"hidden": hidden, "refused": refused})


@require_POST
def silence_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """End a silence now."""
    services.lift_silence(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("silences")


@require_GET
def quality_page(request: HttpRequest) -> HttpResponse:
    """What alerts were worth, by rule and by person, and what could be done about it."""
    viewer = _viewer(request)
    now = timezone.now()
    told = quality.worth(viewer=viewer, at=now)
    return render(request, "alerts/quality.html", {"page": "alerts", "worth": told, "now": now})
