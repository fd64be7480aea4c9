"""The operations page: the shift ahead, for whoever may see how the queues do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from apps.access.roles import Permission
from apps.metrics import regions


@require_GET
def ops_page(request: HttpRequest) -> HttpResponse:
    """The tiles of the shift ahead, each a live region."""
    viewer = request.viewer  # type: ignore[attr-defined]
    viewer.require(Permission.VIEW_FLOOR)
    now = timezone.now()
    parts = {
        name.replace(".", "_"): mark_safe(regions.render(name, viewer, {}, now))  # noqa: S308  # rendered templates
        for name in regions.PARTS
    }
    return render(request, "metrics/ops.html", {"page": "ops", "is_live": True, **parts})
