"""The automatic quality score: whether it agrees with people, and its trend where it does. Apart from everything about a person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.reviews import auto_scoring
from apps.reviews.agreement import FEWEST_UNITS
from apps.reviews.views.scoring import viewer_of


@require_safe
def automatic(request: HttpRequest) -> HttpResponse:
    """Agreement by line, people apart from AI agents; a trend only of lines that may be used."""
    context = {
        "page": "automatic", "panels": auto_scoring.panels(viewer=viewer_of(request), at=timezone.now()), "bound": auto_scoring.BOUND,
        "fewest": FEWEST_UNITS,
    }  # fmt: skip
    return render(request, "reviews/automatic.html", context)
