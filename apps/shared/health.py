"""Is this process able to answer? Asked by the runtime and by load balancers; and what it says when it is not."""

from __future__ import annotations

import sys

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from apps.shared.errors import AWAY, AWAY_SECONDS, is_away


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers; 503 when it does not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def went_wrong(request: HttpRequest) -> HttpResponse:
    """Answer what nobody expected: 503 with a time to come back while the database is away, else 500. Needs no database."""
    if not is_away(sys.exc_info()[1]):
        return server_error(request)
    later = {"Retry-After": str(AWAY_SECONDS), "Cache-Control": "no-store"}
    if request.path.startswith(("/api/", "/healthz")):
        return JsonResponse({"detail": AWAY}, status=503, headers=later)
    if request.headers.get("HX-Request") or request.path.startswith("/live/"):
        return HttpResponse(AWAY, status=503, content_type="text/plain; charset=utf-8", headers=later)
    return HttpResponse(render_to_string("away.html", {"reason": AWAY}), status=503, headers=later)
