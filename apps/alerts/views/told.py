"""How one is told of alerts beside the screens, and which addresses outside are."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.access.viewer import Viewer
from apps.alerts import delivering, services, telling
from apps.alerts.forms import EndpointForm, WishForm
from apps.shared.errors import NotAllowed, Refusal


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def how_i_am_told(request: HttpRequest) -> HttpResponse:
    """E-mail and quiet hours of the person; what the browser does is kept in the browser."""
    viewer = _viewer(request)
    wish = telling.wish_of(viewer=viewer)
    form = WishForm(
        request.POST or None,
        initial={"mail_from": wish.mail_from, "quiet_from": wish.quiet_from, "quiet_until": wish.quiet_until},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.wish(by=viewer, at=timezone.now(), **form.asked())
                messages.info(request, "Saved: how you are told")
                return redirect("how_i_am_told")
            except Refusal as refused:
                if isinstance(refused, NotAllowed):
                    raise
                form.add_error("quiet_until", str(refused))
    context = {
        "page": "alerts", "form": form, "mail_is_on": settings.MAIL_IS_ON, "has_address": bool(viewer.user.email),
        "zone": viewer.user.time_zone,
    }  # fmt: skip
    return render(request, "alerts/how_i_am_told.html", context, status=status)


def _page(request: HttpRequest, form: EndpointForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    found, aside = telling.endpoints(viewer=_viewer(request))
    context = {
        "page": "endpoints", "endpoints": found, "form": form, "secret": secret,
        "aside": [(one, delivering.title(one.episode), one.endpoint or one.to) for one in aside],
    }  # fmt: skip
    return render(request, "alerts/endpoints.html", context, status=status)


def endpoints(request: HttpRequest) -> HttpResponse:
    """The addresses outside; a POST has another one told, and shows its secret once."""
    if request.method != "POST":
        return _page(request, EndpointForm(initial={"least_severity": 3}))
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            made = services.make_endpoint(by=_viewer(request), at=timezone.now(), **form.cleaned_data)
            return _page(request, EndpointForm(initial={"least_severity": 3}), secret=delivering.secret_of(made))
        except Refusal as refused:
            if isinstance(refused, NotAllowed):
                raise
            form.add_error("url", str(refused))
    return _page(request, form, status=422)


@require_POST
def endpoint_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an endpoint off, or on again."""
    services.switch_endpoint(by=_viewer(request), pk=pk, is_on=request.POST.get("on") == "1", at=timezone.now())
    return redirect("endpoints")


@require_POST
def sendings_again(request: HttpRequest) -> HttpResponse:
    """Have tried again what was put aside."""
    services.send_again(by=_viewer(request), at=timezone.now())
    return redirect("endpoints")
