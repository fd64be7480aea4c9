"""The open book of what reads messages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.analysis import open_book


@require_GET
def what_reads_messages(request: HttpRequest) -> HttpResponse:
    """What reads messages, how well and what it is not for: the same page for everybody."""
    return render(
        request, "analysis/what_reads_messages.html", {"page": "what_reads_messages", "readings": open_book.readings()}
    )
