"""The library of good examples, one example, the form that shares one, and reading lists."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.learning import lists, queries, services
from apps.learning.lists import ListRefused
from apps.learning.services import LONGEST_TOPIC, LONGEST_WHY, Asked, ExemplarRefused
from apps.shared.asking import key_of
from apps.shared.errors import OutOfScope, Refusal


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_safe
def exemplars(request: HttpRequest) -> HttpResponse:
    """The library, by topic or by line of a rubric; for an agent also what they were given to read, and what they are asked."""
    viewer, now = _viewer(request), timezone.now()
    found = queries.library(
        viewer=viewer, at=now, line=request.GET.get("line", ""), topic=request.GET.get("topic", "")[:LONGEST_TOPIC]
    )
    context = {
        "page": "exemplars", "found": found, "given": lists.mine(viewer=viewer, at=now), "is_filtered": bool(request.GET),
        "may_give": viewer.allows(Permission.GIVE_READING), "shares": viewer.allows(Permission.SHARE_EXEMPLARS), "now": now,
    }  # fmt: skip
    return render(request, "learning/exemplars.html", context)


@require_http_methods(["GET", "POST"])
def exemplar_share(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """The form that shares a conversation or a part of it; a POST shares it."""
    viewer, now = _viewer(request), timezone.now()
    error, about = "", ""
    given = request.POST
    if request.method == "POST":
        try:
            return redirect(
                "exemplar",
                services.share(
                    by=viewer, key=key_of(given.get("key", "")) or uuid4(), asked=_asked(request, conversation), at=now
                ).pk,
            )
        except ExemplarRefused as refused:
            error, about = str(refused), refused.about
    found = queries.shareable(viewer=viewer, conversation=conversation, at=now)
    context = {
        "page": "exemplars", "found": found, "key": given.get("key") or uuid4(), "error": error, "about": about, "given": given,
        "chosen": given.getlist("lines"), "longest_why": LONGEST_WHY, "longest_topic": LONGEST_TOPIC,
        "first": given.get("first", ""), "last": given.get("last", ""),
    }  # fmt: skip
    return render(request, "learning/share.html", context, status=422 if error else 200)


def _asked(request: HttpRequest, conversation: UUID) -> Asked:
    given = request.POST
    tags = [one.partition("/") for one in given.getlist("lines")]
    rubrics = {rubric for rubric, _, _ in tags}
    if len(rubrics) > 1 or not all(one.isdecimal() for one in rubrics):
        raise ExemplarRefused("lines", "Choose lines of one rubric.")
    return Asked(
        conversation=conversation, first=key_of(given.get("first", "")), last=key_of(given.get("last", "")), why=given.get("why", ""),
        topic=given.get("topic", ""), rubric=int(rubrics.pop()) if rubrics else None, lines=[key for _, _, key in tags],
        is_for_all=given.get("for_all") == "yes",
    )  # fmt: skip


@require_safe
def exemplar(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One example. Whoever reads it stands in the audit."""
    viewer, now = _viewer(request), timezone.now()
    found = queries.get_told(viewer=viewer, pk=pk, at=now)
    services.note_viewed(viewer=viewer, one=found.row.one, at=now)
    return render(request, "learning/exemplar.html", {"page": "exemplars", "found": found, "now": now})


@require_POST
def exemplar_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Agree that one's own words are shared, or not."""
    said = request.POST.get("answer", "")
    viewer, now = _viewer(request), timezone.now()
    viewer.require(Permission.VIEW_EXEMPLARS)
    if said not in ("yes", "no"):
        queries.get_told(viewer=viewer, pk=pk, at=now)  # what one may not see is 404, whatever is sent
        raise Refusal("Say yes or no.")
    services.answer(by=viewer, pk=pk, is_given=said == "yes", at=now)
    return redirect("exemplar", pk) if said == "yes" else redirect("exemplars")


@require_POST
def exemplar_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an example back from everybody."""
    services.withdraw(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("exemplars")


@require_POST
def exemplar_read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An agent read it."""
    services.mark_read(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("exemplars")


@require_http_methods(["GET", "POST"])
def reading_lists(request: HttpRequest) -> HttpResponse:
    """The lists one keeps; a POST makes another one."""
    viewer, now = _viewer(request), timezone.now()
    error = ""
    if request.method == "POST":
        viewer.require(Permission.GIVE_READING)
        team = request.POST.get("team", "")
        try:
            if not team.isdecimal():
                raise ListRefused("Choose a team.")
            return redirect(
                "reading_list", lists.make(by=viewer, name=request.POST.get("name", ""), team=int(team), at=now).pk
            )
        except ListRefused as refused:
            error = str(refused)
    context = {
        "page": "exemplars", "rows": lists.kept(viewer=viewer, at=now), "teams": lists.teams(viewer=viewer), "error": error,
        "name": request.POST.get("name", ""),
    }  # fmt: skip
    return render(request, "learning/reading_lists.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def reading_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One list with its readers; a POST changes one thing of it."""
    viewer, now = _viewer(request), timezone.now()
    error = ""
    if request.method == "POST":
        try:
            return _changed(request, viewer, pk)
        except ListRefused as refused:
            error = str(refused)
    context = {"page": "exemplars", "found": lists.get_told(viewer=viewer, pk=pk, at=now), "error": error}
    return render(request, "learning/reading_list.html", context, status=422 if error else 200)


def _changed(request: HttpRequest, viewer: Viewer, pk: UUID) -> HttpResponse:
    """Do the one thing that was asked for.

    :raises OutOfScope: it names nothing that there is.
    :raises ListRefused: it cannot be done.
    """
    given, now = request.POST, timezone.now()
    lists.get_list(viewer=viewer, pk=pk)
    do, item, agent = given.get("do", ""), given.get("item", ""), key_of(given.get("agent", ""))
    if do == "add":
        lists.add(by=viewer, pk=pk, exemplar=key_of(given.get("exemplar", "")) or UUID(int=0), at=now)
    elif do in ("up", "out") and item.isdecimal():
        (lists.move_up if do == "up" else lists.take_out)(by=viewer, pk=pk, item=int(item))
    elif do in ("give", "back") and (agent is not None or given.get("agent") == "team"):
        (lists.give if do == "give" else lists.take_back)(by=viewer, pk=pk, agent=agent, at=now)
    elif do == "away":
        lists.put_away(by=viewer, pk=pk, at=now)
        return redirect("reading_lists")
    else:
        raise OutOfScope
    return redirect("reading_list", pk)
