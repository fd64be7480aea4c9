"""The sources page: is it connected, is it late, what went wrong."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.access.viewer import Viewer
from apps.connectors import queries, services
from apps.connectors.forms import SourceForm


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _page(request: HttpRequest, form: SourceForm, *, token: str = "", of: str = "", status: int = 200) -> HttpResponse:
    viewer = _viewer(request)
    return render(
        request,
        "connectors/sources.html",
        {
            "page": "sources",
            "sources": queries.sources_health(viewer=viewer, at=timezone.now()),
            "failed": queries.failed_deliveries(viewer=viewer),
            "form": form,
            "token": token,
            "token_of": of,
            "address": f"{settings.PUBLIC_URL}/api/v1/events",
        },
        status=status,
    )


def sources(request: HttpRequest) -> HttpResponse:
    """List the sources; a POST makes one and shows its token this once."""
    if request.method != "POST":
        return _page(request, SourceForm())
    form = SourceForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        source, token = services.create_source(by=_viewer(request), kind="api", at=timezone.now(), **form.cleaned_data)
    except services.SourceExists as refused:
        form.add_error("slug", str(refused))
        return _page(request, form, status=422)
    return _page(request, SourceForm(), token=token, of=source.slug, status=201)


@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test event through the same path as every other one."""
    source = queries.get_source(viewer=_viewer(request), pk=pk)
    services.send_test_event(by=_viewer(request), source=source, at=timezone.now())
    return redirect("sources")


@require_POST
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the source a new token; the one before stays valid until the next time."""
    source = queries.get_source(viewer=_viewer(request), pk=pk)
    made = services.rotate_token(by=_viewer(request), source=source, at=timezone.now())
    return _page(request, SourceForm(), token=made, of=source.slug)


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Open or close the door for the source."""
    source = queries.get_source(viewer=_viewer(request), pk=pk)
    services.switch(by=_viewer(request), source=source, on=not source.is_active)
    return redirect("sources")


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a failed delivery read again."""
    delivery = queries.get_delivery(viewer=_viewer(request), pk=pk)
    services.read_again(by=_viewer(request), delivery=delivery, at=timezone.now())
    return redirect("sources")
