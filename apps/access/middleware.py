"""Every request knows its viewer, and an expected "no" becomes an answer."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from apps.access import sessions
from apps.access.viewer import viewer_for
from apps.shared.errors import TOO_LONG, NotAllowed, OutOfScope, Refusal, TooOften, is_too_long

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
# What a browser's pages and the API are asked with. Nothing is changed by another verb, whatever a view would make of it.
VERBS = ("GET", "HEAD", "POST", "OPTIONS")


class VerbMiddleware:
    """Refuse every verb that no address of the portal takes, before anybody is asked who they are."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in VERBS else HttpResponseNotAllowed(VERBS)


class ViewerMiddleware:
    """Put `request.viewer` on every request of a signed-in person, and show times in that person's zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            request.viewer = SimpleLazyObject(lambda: viewer_for(user))  # type: ignore[attr-defined]
            with timezone.override(user.time_zone):
                response = self.get_response(request)
            # What a person saw must not stay in a shared browser's cache.
            response.headers.setdefault("Cache-Control", "no-store")
            return response
        return self.get_response(request)


class SessionAgeMiddleware:
    """Start a session's idle time again at every request that a person caused."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> None:
        if request.user.is_authenticated and not getattr(view, "in_the_background", False):
            sessions.renew(request.session, at=timezone.now())


class RefusalMiddleware:
    """Turn refusals into 409, too many of a thing into 429, missing permission into 403 and what is out of scope into 404.

    A statement that the database stopped for its length is 503: the question was too large, nothing is broken.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, raised: Exception) -> HttpResponse | None:
        if isinstance(raised, OutOfScope):
            raise Http404 from raised
        if is_too_long(raised):
            log.warning("a statement took too long and was stopped", path=request.path)
            raised, status = Refusal(TOO_LONG), 503
        elif not isinstance(raised, Refusal):
            return None
        else:
            status = 403 if isinstance(raised, NotAllowed) else 429 if isinstance(raised, TooOften) else 409
        # An htmx error page would be parsed even when it is not swapped in: a short text instead.
        if getattr(request, "htmx", False):
            return HttpResponse(str(raised), status=status, content_type="text/plain; charset=utf-8")
        return render(request, f"{status}.html", {"reason": str(raised)}, status=status)
