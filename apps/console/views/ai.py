"""The page of one AI agent, and the conversations behind its numbers. Apart from people."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.access.roles import Permission
from apps.agents.models import Agent
from apps.console import ai_agents
from apps.console import conversations as talks
from apps.console.scope import linked
from apps.console.views.frame import parts_of, show, viewer_of
from apps.metrics import ai_cards, ai_parts, cards, scorecards

TABLES = (
    ("intents", "By matter", "what customers came for", "Matter"),
    ("versions", "By version", "prompt and model", "Version"),
    ("knowledge", "By knowledge", "articles and tools it answered from", "Source"),
)
FACTS = (
    ("verified", "Understood, verified", "Reviews that chance picked, in which a reviewer found that it understood what was asked."),
    ("again", "Facts asked for again", "Of values given before a hand-off, those that the customer had to give again after it."),
    ("loop", "Turned in circles", "Conversations in which it gave an answer again, of those with an answer that was read."),
    ("contradiction", "Contradicted itself", "Conversations in which it said of the same things once that they are so and once that they are not."),
    ("held", "Replies that hold what they must not", "Replies of it with rude words or a phrase of the floor’s lists, of those that were read."),
)  # fmt: skip


@require_safe
def ai_agent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One AI agent: how it does now, its numbers, what its confidence is worth, where it turns in circles, and what would help it."""
    viewer, now, window = viewer_of(request), timezone.now(), request.GET.get("window", "7d")
    agent = ai_cards.get_ai(viewer=viewer, pk=pk)
    found = ai_cards.ai_scorecard(viewer=viewer, agent=agent, window=window, at=now)
    told = ai_agents.beside(viewer=viewer, agent=agent, at=now)
    kept = {"scope": viewer.scope} if viewer.scope else {}
    choices = [
        {"label": one.label, "href": f"?{urlencode({**kept, 'window': key})}", "is_current": key == window}
        for key, one in scorecards.WINDOWS.items()
    ]
    tune = {"label": "Tune", "href": told.tune_href, "icon": "lightbulb"}
    return show(
        request, "ai_agent.html", page="ai", found=found, told=told, choices=choices, fewest=ai_parts.FEWEST,
        involvement=cards.row(found.involvement, "all", window),
        reasons=[(one, _behind(agent, window, "reason", one.key)) for one in found.parts.reasons],
        tables=_tables(found, window), facts=_facts(found, window), curves=found.curves,
        trail=[{"label": "AI agents", "href": linked(viewer, "ai")}], actions=[tune] if told.tune_href else [],
        **parts_of(viewer, ("ai.now",), now, ai_agent=str(agent.pk)),
    )  # fmt: skip


@require_safe
def ai_scorecard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the numbers of an AI agent stood by themselves: kept marks and mailed links lead to its page."""
    viewer_of(request).require(Permission.VIEW_FLOOR)
    asked = request.GET.urlencode()
    return HttpResponsePermanentRedirect(reverse("ai_agent", args=[pk]) + (f"?{asked}" if asked else ""))


def _tables(found: ai_cards.AiScorecard, window: str) -> list[dict[str, Any]]:
    return [
        {
            "id": name, "title": title, "note": note, "first": first,
            "slices": [(one, _behind(found.agent, window, one.kind, one.key)) for one in getattr(found.parts, name)],
        }
        for name, title, note, first in TABLES
    ]  # fmt: skip


def _facts(found: ai_cards.AiScorecard, window: str) -> list[dict[str, Any]]:
    shares = {
        "verified": found.verified, "again": found.parts.again, "held": found.parts.held, "loop": found.parts.loops,
        "contradiction": found.parts.contradictions,
    }  # fmt: skip
    return [
        {"name": name, "says": says, "share": shares[kind], "href": _behind(found.agent, window, kind, "")}
        for kind, name, says in FACTS
    ]


def _behind(agent: Agent, window: str, kind: str, key: str) -> str:
    asked = {"of": kind, "window": window, **({"key": key} if key else {})}
    return f"{reverse('ai_behind', args=[agent.pk])}?{urlencode(asked)}"


@require_safe
def ai_behind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The conversations behind one of its numbers that is not of the dictionary."""
    viewer, now, window = viewer_of(request), timezone.now(), request.GET.get("window", "7d")
    agent = ai_cards.get_ai(viewer=viewer, pk=pk)
    span = ai_cards.span_of(viewer=viewer, window=window, at=now)
    found = ai_parts.behind(
        viewer=viewer,
        agent=agent,
        kind=request.GET.get("of", "intent"),
        key=request.GET.get("key", "")[:200],
        span=span,
    )
    more = found.count - found.hidden - len(found.keys)
    return show(
        request, "ai_behind.html", page="ai", is_live=False, agent=agent, found=found, now=now,
        held=talks.rows_of(viewer=viewer, keys=found.keys), reads=viewer.allows(Permission.VIEW_CONVERSATIONS),
        note=f"and {more:,} older" if more > 0 else "",
        trail=[
            {"label": "AI agents", "href": linked(viewer, "ai")},
            {"label": agent.name, "href": f"{reverse('ai_agent', args=[agent.pk])}?{urlencode({'window': window})}"},
        ],
    )  # fmt: skip
