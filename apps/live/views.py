"""One region as a fragment: for the first fetch, the poll, and the refetch after a gap."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.access.sessions import in_the_background
from apps.live.registry import region_named
from apps.live.watching import BadWatch, checked_params
from apps.shared.errors import OutOfScope, Refusal

SIGN_IN = "Sign in to see this."
NOT_YOURS = "Your access does not cover this part."
NOT_HERE = "There is no such part."


def _text(status: int, sentence: str) -> HttpResponse:
    # htmx parses even an error page that it does not swap in: a short text instead.
    return HttpResponse(
        sentence, status=status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


@in_the_background
@login_not_required  # it answers 401 itself: a script that polls has no use for the sign-in page
@require_GET
def region(request: HttpRequest, name: str) -> HttpResponse:
    """Render a region for the viewer, through the same permission and the same partial as page and socket.

    `X-Rendered-At` is the moment of its figures in milliseconds since 1970. Refusals are plain text: 401 signed out,
    403 not allowed, 404 no such region or out of scope, 400 parameters that make no sense.
    """
    if not request.user.is_authenticated:
        return _text(401, SIGN_IN)
    found = region_named(name)
    if found is None:
        return _text(404, NOT_HERE)
    viewer = request.viewer  # type: ignore[attr-defined]
    at = timezone.now()
    try:
        params = checked_params({key: request.GET[key] for key in request.GET})
        if not found.permitted(viewer, params):
            return _text(403, NOT_YOURS)
        if found.seen is not None:
            found.seen(viewer, params, at)
        response = HttpResponse(found.render(viewer, params, at), headers={"Cache-Control": "no-store"})
    except BadWatch as mistake:
        return _text(400, str(mistake))
    except OutOfScope:
        # The same answer as for a name that does not exist: nothing is told about what lies outside the scope.
        return _text(404, NOT_HERE)
    except Refusal as refusal:
        return _text(403, str(refusal))
    response["X-Rendered-At"] = str(int(at.timestamp() * 1000))
    return response
