"""The patterns of quality, and the reviews behind one of their cells."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from apps.access.viewer import Viewer
from apps.reviews import patterns as asked
from apps.reviews.shares import FEWEST
from apps.shared.errors import OutOfScope


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    """What is missed, week by week; `since` holds the weeks after a change against those before it."""
    found = asked.patterns(viewer=_viewer(request), at=timezone.now(), since=request.GET.get("since", ""))
    return render(request, "reviews/patterns.html", {"page": "patterns", "found": found, "fewest": FEWEST})


def _day(text: str) -> date:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise OutOfScope
    return found


@require_safe
def pattern_behind(request: HttpRequest, family: str, line: str, week: str) -> HttpResponse:
    """The low marks of one line in one week, each with its review and its conversation."""
    first = _day(week)
    words, rows = asked.behind(viewer=_viewer(request), family=family, line=line, week=first, at=timezone.now())
    context = {"page": "patterns", "words": words, "rows": rows, "week": first, "most": asked.MOST_BEHIND}
    return render(request, "reviews/pattern_behind.html", context)
