"""The sources page: is it connected, is it late, what went wrong. And recordings, by their short-lived addresses."""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.connectors import first_event, queries, recordings, running, services
from apps.connectors.forms import SourceForm
from apps.connectors.regions import REGIONS


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _page(
    request: HttpRequest, form: SourceForm, *, token: str = "", secret: str = "", of: str = "", status: int = 200
) -> HttpResponse:
    viewer, at = _viewer(request), timezone.now()
    viewer.require(Permission.MANAGE_SOURCES)
    address = f"{settings.PUBLIC_URL}/api/v1/events"
    shown = token and first_event.command(
        address=address, token=token, slug=of, queue=queries.first_queue(viewer=viewer), at=at
    )
    return render(
        request,
        "connectors/sources.html",
        {
            "page": "sources",
            "is_live": True,
            "health": mark_safe(REGIONS["sources.health"].render(viewer, {}, at)),  # noqa: S308  # a rendered template
            "sources": queries.sources(viewer=viewer),
            "not_recorded": queries.not_recorded(viewer=viewer),
            "form": form,
            "token": token,
            "token_of": of,
            "secret": secret,
            "first_event": shown,
            "address": address,
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
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the source a new signing secret and show it this once; the one before stays valid until the next time."""
    source = queries.get_source(viewer=_viewer(request), pk=pk)
    made = services.rotate_secret(by=_viewer(request), source=source, at=timezone.now())
    return _page(request, SourceForm(), secret=made, of=source.slug)


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Open or close the door for the source."""
    source = queries.get_source(viewer=_viewer(request), pk=pk)
    services.switch(by=_viewer(request), source=source, on=not source.is_active, at=timezone.now())
    return redirect("sources")


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have what could not be recorded of a delivery read again."""
    delivery = queries.get_delivery(viewer=_viewer(request), pk=pk)
    services.read_again(by=_viewer(request), delivery=delivery)
    return redirect("sources")


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Whether the portal itself works, and what was put aside."""
    viewer = _viewer(request)
    viewer.require(Permission.VIEW_HEALTH)
    now = REGIONS["health.now"].render(viewer, {}, timezone.now())
    context = {
        "page": "health", "is_live": True, "running": mark_safe(now),  # noqa: S308  # a rendered template
        "facts": running.facts_put_aside(viewer=viewer),
    }  # fmt: skip
    return render(request, "connectors/health.html", context)


@require_POST
def fact_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a fact that was put aside handed to its steps again."""
    running.try_again(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("health")


@require_GET
def recording_address(request: HttpRequest, conversation: UUID, message: UUID, n: int) -> HttpResponse:
    """Answer a fresh address of a recording, as JSON."""
    path = recordings.recording_path(viewer=_viewer(request), conversation_id=conversation, message_id=message, n=n)
    return JsonResponse({"url": path})


@require_GET
def recording(request: HttpRequest, token: str) -> HttpResponse:
    """Serve a recording, whole or the stretch of bytes a player asks for when it seeks."""
    audio = recordings.open_recording(viewer=_viewer(request), token=token)
    response = HttpResponse(audio, content_type="audio/wav")
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
    if asked:
        first = int(asked[1])
        last = min(int(asked[2] or len(audio) - 1), len(audio) - 1)
        if first > last:
            return HttpResponse(status=416, headers={"content-range": f"bytes */{len(audio)}"})
        response = HttpResponse(audio[first : last + 1], content_type="audio/wav", status=206)
        response["content-range"] = f"bytes {first}-{last}/{len(audio)}"
    response["accept-ranges"] = "bytes"
    return response


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer 404 as JSON to an API path that does not exist."""
    detail = (
        f"There is nothing at {request.path[:200]}. Events are sent to /api/v1/events; /api/schema/ describes the API."
    )
    body = {"status": 404, "title": "Not found", "detail": detail}
    return JsonResponse(body, status=404, content_type="application/problem+json")
