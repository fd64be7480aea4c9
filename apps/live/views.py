"""One region over HTTP."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.access.viewer import viewer_for
from apps.live.drawing import BadWatch, Refused, draw, read_watch, regions


@login_not_required  # answers 401 itself: a script that polls has no use for the sign-in page
@require_GET
def region(request: HttpRequest, name: str) -> HttpResponse:
    """Answer the region's HTML and, in `X-Rendered-At`, the moment of its figures in ms since 1970.

    Plain-text refusals: 401 signed out, 403 not allowed, 404 no such region or out of scope, 400 bad parameters.
    """
    if not request.user.is_authenticated:
        return _text(401, "Sign in to see this.")
    at = timezone.now()
    try:
        watch = read_watch(name, {key: request.GET[key] for key in request.GET})
    except BadWatch as bad:
        return _text(400 if name in regions() else 404, str(bad))
    html = draw(watch, viewer_for(request.user), at)
    if isinstance(html, Refused):
        return _text(html.status, html.sentence)
    response = HttpResponse(html, headers={"Cache-Control": "no-store"})
    response["X-Rendered-At"] = str(int(at.timestamp() * 1000))
    return response


def _text(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(
        sentence, status=status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )
