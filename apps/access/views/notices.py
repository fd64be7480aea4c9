"""What QA managers are told: who wanted to open more masked values than anybody may."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.access import queries, services


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """The notices, with the way to what was opened."""
    found = queries.notices(viewer=request.viewer)  # type: ignore[attr-defined]
    return render(request, "access/notices.html", {"page": "notices", "notices": found})


@require_POST
def notice_seen(request: HttpRequest, pk: int) -> HttpResponse:
    """It was looked into."""
    services.see_notice(by=request.viewer, pk=pk, at=timezone.now())  # type: ignore[attr-defined]
    return redirect("notices")
