"""What reads messages, and what replies are held against: everybody may read both, and some roles change the second."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.analysis import checklists, editions, open_book, phrases, queries
from apps.analysis.checklists import ChecklistRefused
from apps.analysis.editions import EditionChanged
from apps.analysis.models import Checklist, PhraseBook
from apps.analysis.phrases import ListsRefused
from apps.analysis.safety import PhraseList

EMPTY = PhraseList("", 2, ())


@require_GET
def what_reads_messages(request: HttpRequest) -> HttpResponse:
    """What reads messages, how well and what it is not for: the same page for everybody."""
    readings = open_book.readings(*queries.second_tiers_now())
    return render(request, "analysis/what_reads_messages.html", {"page": "what_reads_messages", "readings": readings})


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _based_on(request: HttpRequest) -> int:
    """The version that a form was made from; -1 where it names none."""
    told = request.POST.get("based_on", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 6 else -1


def _page(request: HttpRequest, kind: type[PhraseBook] | type[Checklist], **context: Any) -> dict[str, Any]:
    kinds = ((PhraseBook, "Phrases", "phrases"), (Checklist, "Checklist", "checklist"))
    return {
        "page": "phrases", "may_change": _viewer(request).allows(Permission.EDIT_REPLY_RULES), "versions": editions.history(kind),
        "says": request.POST.get("says", ""), "mistakes": (), "tried": None,
        "parts": [{"label": label, "href": reverse(name), "is_current": one is kind} for one, label, name in kinds], **context,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def phrase_lists(request: HttpRequest) -> HttpResponse:
    """The phrases that replies must not hold; by POST they are tried on the latest replies (step=try), or saved."""
    viewer, held = _viewer(request), phrases.current()
    if request.method != "POST":
        return _phrases(request, held.lists, held.n)
    viewer.require(Permission.EDIT_REPLY_RULES)
    given = phrases.posted(request.POST)
    try:
        if request.POST.get("step") == "try":
            tried = phrases.try_on_replies(viewer=viewer, lists=given, at=timezone.now())
            return _phrases(request, given, _based_on(request), tried=tried)
        n = phrases.save(
            by=viewer, lists=given, says=request.POST.get("says", ""), based_on=_based_on(request), at=timezone.now()
        )
    except (ListsRefused, EditionChanged) as refused:
        wrong = getattr(refused, "mistakes", (str(refused),))
        return _phrases(request, given, _based_on(request), mistakes=wrong, status=422)
    messages.success(request, f"Version {n} holds for every reply from now on.")
    return redirect("phrases")


def _phrases(
    request: HttpRequest, lists: tuple[PhraseList, ...], n: int, *, status: int = 200, **more: Any
) -> HttpResponse:
    shown = lists
    if _viewer(request).allows(Permission.EDIT_REPLY_RULES) and len(lists) < phrases.MOST_LISTS:
        shown = (*lists, EMPTY)
    context = _page(request, PhraseBook, lists=shown, based_on=n, severities=phrases.SEVERITIES, **more)
    return render(request, "analysis/phrases.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def checklist(request: HttpRequest) -> HttpResponse:
    """The steps that conversations are held against; by POST they are tried on those that are over (step=try), or saved."""
    viewer, held = _viewer(request), checklists.current()
    if request.method != "POST":
        return _checklist(request, held.text, held.n, steps=held.steps)
    viewer.require(Permission.EDIT_REPLY_RULES)
    text = request.POST.get("text", "")
    try:
        if request.POST.get("step") == "try":
            steps = checklists.read(text.replace("\r\n", "\n"))
            of, tried = checklists.try_on_talks(viewer=viewer, steps=steps, at=timezone.now())
            return _checklist(request, text, _based_on(request), steps=steps, tried=tried, of=of)
        n = checklists.save(
            by=viewer, text=text, says=request.POST.get("says", ""), based_on=_based_on(request), at=timezone.now()
        )
    except (ChecklistRefused, EditionChanged) as refused:
        return _checklist(request, text, _based_on(request), steps=held.steps, mistakes=(str(refused),), status=422)
    messages.success(request, f"Version {n} stands beside every transcript from now on.")
    return redirect("checklist")


def _checklist(request: HttpRequest, text: str, n: int, *, status: int = 200, **more: Any) -> HttpResponse:
    ours = [(step.name, step.title) for step in checklists.STANDARD.values()]
    context = _page(request, Checklist, text=text, based_on=n, ours=ours, events=checklists.EVENTS, **more)
    return render(request, "analysis/checklist.html", context, status=status)
