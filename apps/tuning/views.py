"""What an AI agent fails at, and the form that proposes a change."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.shared.asking import key_of
from apps.shared.errors import OutOfScope
from apps.tuning import queries, services
from apps.tuning.models import MOST_CHARACTERS, Kind
from apps.tuning.services import ProposalRefused


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_http_methods(["GET", "POST"])
def tune(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One AI agent's failing matters with their conversations; a POST proposes a change."""
    viewer, now = _viewer(request), timezone.now()
    viewer.require(Permission.PROPOSE_TUNING)
    given = request.POST if request.method == "POST" else request.GET
    intent, alert, queue = given.get("intent", ""), key_of(given.get("alert", "")), key_of(given.get("queue", ""))
    error, status = "", 200
    if request.method == "POST":
        try:
            services.propose(
                by=viewer, key=key_of(given.get("key", "")) or uuid4(), agent=pk, kind=given.get("kind", ""), intent=intent,
                text=given.get("text", ""), queue=queue, alert=alert, at=now,
            )  # fmt: skip
            messages.info(request, "Proposed. Nothing has changed yet: who releases it reads it here.")
            return redirect(f"{reverse('tune', args=[pk])}#proposals")
        except ProposalRefused as refused:
            error, status = str(refused), 422
    context = {
        "page": "ai", "told": queries.get_told(viewer=viewer, pk=pk, intent=intent, at=now), "intent": intent, "error": error,
        "key": given.get("key") or uuid4(), "alert": alert or "", "queue": queue or "", "kinds": Kind.choices, "kind": given.get("kind", "article"),
        "text": given.get("text", ""), "most": MOST_CHARACTERS, "me": viewer.user, "reads": viewer.allows(Permission.VIEW_CONVERSATIONS),
        "trail": [{"label": "AI agents", "href": reverse("ai")}],
    }  # fmt: skip
    return render(request, "tuning/tune.html", context, status=status)


@require_GET
def tune_queue(request: HttpRequest, queue: UUID) -> HttpResponse:
    """The AI agent that fails most in a queue; the page of AI agents where none does."""
    viewer = _viewer(request)
    viewer.require(Permission.PROPOSE_TUNING)
    if not Queue.objects.visible_to(viewer).filter(pk=queue).exists():
        raise OutOfScope
    found = queries.worst_ai(queue=queue, at=timezone.now())
    if found is None:
        return redirect("ai")
    alert = key_of(request.GET.get("alert", ""))
    return redirect(f"{reverse('tune', args=[found])}?queue={queue}" + (f"&alert={alert}" if alert else ""))


@require_POST
def proposal_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one's own proposal back."""
    one = services.withdraw(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("tune", one.agent_id)
