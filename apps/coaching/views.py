"""The lead's form and list of notes, and the agent's page of theirs."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.coaching import queries, regions, services
from apps.coaching.models import MOST_CHARACTERS
from apps.coaching.services import NoteRefused
from apps.shared.asking import key_of

# What leads say most; a click puts it into the form, and it can be changed there.
STARTS = (
    "Read the hand-off summary first and lead with it, so that nobody has to say it twice.",
    "Name the next step and by when, before you close.",
    "Say back what the customer told you, then answer.",
    "Well done: this is how we want it.",
)


def _viewer(request: HttpRequest) -> Viewer:
    found: Viewer = request.viewer  # type: ignore[attr-defined]
    return found


@require_http_methods(["GET", "POST"])
def coach(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form of a note to one person; a POST sends it."""
    viewer = _viewer(request)
    agent = queries.get_person(viewer=viewer, pk=pk)
    given = request.POST if request.method == "POST" else request.GET
    talk, quoted = key_of(given.get("conversation", "")), key_of(given.get("message", ""))
    error, status = "", 200
    if request.method == "POST":
        try:
            services.send(
                by=viewer, agent=agent.pk, key=key_of(given.get("key", "")) or uuid4(), text=given.get("text", ""),
                conversation=talk, message=quoted, at=timezone.now(),
            )  # fmt: skip
            return redirect(reverse("coaching"))
        except NoteRefused as refused:
            error, status = str(refused), 422
    context = {
        "page": "people", "agent": agent, "key": given.get("key") or uuid4(), "text": given.get("text", given.get("start", "")),
        "error": error, "conversation": talk or "", "message": str(quoted or ""), "starts": STARTS, "most": MOST_CHARACTERS,
        "quotable": [] if talk is None else queries.quotable(viewer=viewer, agent=agent, conversation=talk, message=quoted),
        "trail": [{"label": "People", "href": reverse("people")}, {"label": agent.name, "href": reverse("person", args=[agent.pk])}],
    }  # fmt: skip
    return render(request, "coaching/coach.html", context, status=status)


@require_GET
def coaching(request: HttpRequest) -> HttpResponse:
    """What was sent, and what came of it."""
    viewer = _viewer(request)
    viewer.require(Permission.COACH)
    part = regions.sent(viewer, {"user": str(viewer.user.pk)}, timezone.now())
    context = {"page": "coaching", "is_live": True, "coaching_sent": mark_safe(part)}  # noqa: S308  # a rendered template
    return render(request, "coaching/coaching.html", context)


@require_POST
def note_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a note back before it is read."""
    services.withdraw(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("coaching")


@require_GET
def my_notes(request: HttpRequest) -> HttpResponse:
    """The agent's own notes. Opening the page is reading them."""
    viewer = _viewer(request)
    services.read(to=viewer, at=timezone.now())
    return _my_notes(request, viewer)


def _my_notes(
    request: HttpRequest, viewer: Viewer, *, error: str = "", about: UUID | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "page": "my_notes",
        "notes": queries.mine(viewer=viewer),
        "error": error,
        "about": about,
        "most": MOST_CHARACTERS,
    }
    return render(request, "coaching/my_notes.html", context, status=status)


@require_POST
def note_acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Got it."""
    services.acknowledge(to=_viewer(request), pk=pk, at=timezone.now())
    return redirect("my_notes")


@require_POST
def note_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer a note in a line or two."""
    viewer = _viewer(request)
    try:
        services.answer(to=viewer, pk=pk, text=request.POST.get("answer", ""), at=timezone.now())
    except NoteRefused as refused:
        return _my_notes(request, viewer, error=str(refused), about=pk, status=422)
    return redirect("my_notes")
