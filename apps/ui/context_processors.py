"""What every template may use without being handed it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from apps.ui.navigation import Navigation


def _navigation(request: HttpRequest) -> Navigation:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Navigation()
    navigation_for: Callable[[HttpRequest], Navigation] = import_string(settings.NAVIGATION)
    return navigation_for(request)


def portal(request: HttpRequest) -> dict[str, object]:
    """`nav` (built only when a template looks at it) and `rendered_at`, the moment the page's figures are from."""
    return {
        "nav": SimpleLazyObject(lambda: _navigation(request)),
        "rendered_at": timezone.now(),
        "is_debug": settings.DEBUG,
    }
