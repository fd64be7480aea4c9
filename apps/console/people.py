"""Who is on the floor: people in their states, and AI agents apart from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Presence, Shift
from apps.analysis.queries import trusted_in_sql
from apps.console.floor import WINDOW, queue_ids, rows
from apps.console.namesakes import told_apart
from apps.console.scope import linked
from apps.interactions.models import Conversation
from apps.metrics import ai_cards, floor_goals
from apps.metrics import queries as metrics
from apps.shared.errors import OutOfScope
from apps.ui.lines import Lane, Span, TimeLine, clock_text

LONGEST_WRAP_UP_SECONDS = 300
ICONS = {
    "available": "circle-check", "busy": "message-circle", "wrap_up": "hourglass", "away": "coffee", "offline": "moon",
    "unknown": "circle-help",
}  # fmt: skip
WORDS = {
    "available": "Ready", "busy": "Busy", "wrap_up": "Wrap-up", "away": "Away", "offline": "Off", "unknown": "Unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnFloor:
    """One person now."""

    key: str
    name: str
    href: str
    state_icon: str
    state_label: str
    since: datetime | None
    used: int
    capacity: int
    mood: float | None
    flag: str
    tone: str


@dataclass(frozen=True, slots=True)
class AiLine:
    """One AI agent in the last hour. None = not measured."""

    key: str
    name: str
    href: str
    state: str
    why: str
    open: int
    intent_match: float | None
    confidence: float | None
    # The goal of every queue together; none, and nothing is too low.
    confidence_floor: float | None
    # Past the goal, and from turns enough to say so: "warn", "crit", else "".
    confidence_state: str
    handed_over: float | None
    asked_for_person: float | None
    loops: int | None
    holds: int | None
    trend: Sequence[float]
    # Of what the numbers are: conversations with a turn of it, turns with a confidence, and turns with an intent or without any.
    talks: int
    turns: int
    heard: int


_PEOPLE = """
SELECT a.id, a.name, a.capacity, p.status, p.reason, p.started_at, p.capacity,
       (SELECT count(*) FROM interactions_conversation c WHERE c.holder_id = a.id AND c.is_open),
       (SELECT min(x.joined_at) FROM interactions_participation x WHERE x.agent_id = a.id AND x.left_at IS NULL),
       (SELECT avg(m.score) FROM interactions_conversation c JOIN analysis_mood m ON m.conversation_id = c.id
        WHERE c.holder_id = a.id AND c.is_open)
FROM agents_agent a JOIN LATERAL (
    SELECT status, reason, started_at, capacity FROM agents_presence WHERE agent_id = a.id AND queue = ''
    ORDER BY started_at DESC, sequence DESC, id DESC LIMIT 1
) p ON true
WHERE a.id = ANY(%(people)s) AND p.status <> 'offline' AND p.started_at > %(at)s - interval '16 hours' ORDER BY a.name
"""


def people(*, viewer: Viewer, at: datetime) -> list[OnFloor]:
    """Everybody on shift whom the viewer may see by name, those with a flag first, then by name; never by score."""
    viewer.require(Permission.VIEW_PEOPLE)
    ids = list(Agent.objects.visible_to(viewer).people().values_list("pk", flat=True))
    found = []
    for key, name, slots, status, reason, since, capacity, used, joined, mood in rows(
        _PEOPLE, {"people": ids, "at": at}
    ):
        in_contact = used > 0 and status in ("available", "busy")
        # A letter may be held for days: nobody is in contact for longer than in the state they are in.
        begun = max(joined, since) if in_contact and joined is not None else since
        whole = slots if capacity is None else capacity
        over = used > whole
        slow = status == "wrap_up" and (at - since).total_seconds() > LONGEST_WRAP_UP_SECONDS
        found.append(
            OnFloor(
                key=str(key), name=name, href=linked(viewer, "person", key),
                state_icon="message-circle" if in_contact else ICONS[status],
                state_label="In contact" if in_contact else reason or WORDS[status], since=begun, used=used,
                capacity=whole, mood=mood,
                flag="Over capacity" if over else "Wrap-up over 5 min" if slow else "",
                tone="crit" if over else "warn" if slow else "off" if status == "away" else "",
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: ({"crit": 0, "warn": 1}.get(one.tone, 2), one.name))


def people_note(found: Sequence[OnFloor]) -> str:
    """Count the states in words."""
    contact = sum(one.state_label == "In contact" for one in found)
    ready = sum(one.state_label == "Ready" for one in found)
    away = sum(one.tone == "off" for one in found)
    # Wrap-up may carry a reason of its own instead of the word, but never another icon.
    after = sum(one.state_icon == ICONS["wrap_up"] for one in found)
    return f"{contact} in contact, {ready} ready, {after} in wrap-up, {away} away"


def next_shift(*, viewer: Viewer, at: datetime) -> str:
    """When the next planned shift of somebody in scope starts, in words."""
    coming = (
        Shift.objects.filter(starts_at__gt=at, agent__in=Agent.objects.visible_to(viewer))
        .order_by("starts_at").values_list("starts_at", "agent__name").first()
    )  # fmt: skip
    return "No shift is planned." if coming is None else f"The next one is {coming[1]} at {clock_text(coming[0])}."


# Of the conversations in scope; the whole organisation's are not looked up one by one.
_IN_SCOPE = """(%(everywhere)s OR EXISTS (
    SELECT 1 FROM interactions_conversation c WHERE c.id = x.conversation_id AND c.queue_id = ANY(%(queues)s)
))"""
_AI = f"""
WITH seen AS (
    SELECT agent_id, conversation_id, is_fallback, intent, asked_for_human, {trusted_in_sql("x")} AS confidence,
           floor(extract(epoch FROM happened_at - %(since)s) / 300) AS step
    FROM interactions_botturn x WHERE happened_at > %(since)s AND happened_at <= %(at)s AND {_IN_SCOPE}
), turns AS (
    SELECT agent_id, count(*) AS n, avg(confidence) AS confidence, count(confidence) AS sure,
           avg((NOT is_fallback)::int) FILTER (WHERE is_fallback OR intent <> '') AS understood,
           count(*) FILTER (WHERE is_fallback OR intent <> '') AS heard,
           count(DISTINCT conversation_id) AS talks, count(DISTINCT conversation_id) FILTER (WHERE asked_for_human) AS asked
    FROM seen GROUP BY agent_id
), trend AS (
    SELECT agent_id, array_agg(mean::float8 ORDER BY step) AS means
    FROM (SELECT agent_id, step, avg(confidence) AS mean FROM seen WHERE confidence IS NOT NULL GROUP BY 1, 2) y GROUP BY 1
), handed AS (
    SELECT ai_agent_id, count(DISTINCT conversation_id) AS n FROM interactions_handoff x
    WHERE happened_at > %(since)s AND happened_at <= %(at)s AND {_IN_SCOPE} GROUP BY ai_agent_id
), circling AS (
    SELECT m.agent_id, count(DISTINCT x.conversation_id) FILTER (WHERE x.label = 'loop') AS n
    FROM analysis_reading x JOIN interactions_message m ON m.id = x.message_id AND m.sent_at = x.sent_at
    WHERE x.part = 'loop' AND x.sent_at > %(since)s AND x.sent_at <= %(at)s AND m.sent_at > %(since)s AND m.sent_at <= %(at)s
    AND {_IN_SCOPE} GROUP BY m.agent_id
), held AS (
    SELECT holder_id, count(*) AS n FROM interactions_conversation
    WHERE is_open AND (%(everywhere)s OR queue_id = ANY(%(queues)s)) GROUP BY holder_id
)
SELECT a.id, a.name, (SELECT min(i.source) FROM agents_agentidentity i WHERE i.agent_id = a.id), coalesce(o.n, 0), t.sure, t.confidence, t.understood::float8, t.heard, t.talks, t.asked, coalesce(h.n, 0), l.n, d.means
FROM agents_agent a LEFT JOIN turns t ON t.agent_id = a.id LEFT JOIN trend d ON d.agent_id = a.id LEFT JOIN handed h ON h.ai_agent_id = a.id
LEFT JOIN held o ON o.holder_id = a.id LEFT JOIN circling l ON l.agent_id = a.id
WHERE a.kind = 'ai' AND (%(everywhere)s OR t.n IS NOT NULL OR o.n IS NOT NULL OR EXISTS (
    SELECT 1 FROM interactions_participation x
    WHERE x.agent_id = a.id AND x.joined_at > %(at)s - interval '1 day' AND {_IN_SCOPE}
)) ORDER BY a.name, a.id
"""  # noqa: S608  # one of two fixed pieces


def ai_agents(*, viewer: Viewer, at: datetime) -> list[AiLine]:
    """AI agents in the last hour: shares are of the conversations in scope they were involved in. Two statements.

    Intent match is of the turns in which the AI agent named an intent or fell back: where neither is ever sent it is None. How many are
    handed over is better neither way, so no limit makes it red: what contradicts itself in the week does.
    Who was in none of the scope's conversations for a day is left out; the whole organisation sees all.
    """
    where = {
        "queues": queue_ids(viewer), "everywhere": viewer.sees_everything, "since": at - WINDOW, "at": at,
    }  # fmt: skip
    found = []
    aim = floor_goals.of_floor(viewer=viewer, at=at).get("ai_confidence")
    broken = _broken(viewer, at)
    read = rows(_AI, where)
    names = told_apart((key, name, source) for key, name, source, *_ in read)
    for key, _, _, held, sure, confidence, understood, heard, talks, asked, handed, looped, means in read:
        share = None if not talks else min(handed / talks, 1.0)
        found.append(
            AiLine(
                key=str(key), name=names[key], href=linked(viewer, "ai_agent", key), state="warn" if key in broken else "ok",
                why=broken.get(key, ""), open=held, intent_match=understood,
                confidence=confidence, confidence_floor=aim.target if aim is not None else None,
                confidence_state="" if confidence is None else floor_goals.held_against(aim, confidence, n=sure),
                handed_over=share, asked_for_person=None if not talks else asked / talks, loops=looped, holds=None,
                trend=means or [], talks=talks or 0, turns=sure or 0, heard=heard or 0,
            )
        )  # fmt: skip
    return found


def _broken(viewer: Viewer, at: datetime) -> dict[UUID, str]:
    """What contradicts itself in the week of an AI agent, in few words; read anew every five minutes."""
    found = ai_cards.conflicts_lately(viewer=viewer, at=at)
    return {UUID(key): told[0].pair.says for key, told in found.items()}


def get_person(*, viewer: Viewer, pk: UUID) -> Agent:
    """Return one person in scope.

    :raises OutOfScope: nobody of this key, or not the viewer's to see.
    """
    viewer.require(Permission.VIEW_PEOPLE)
    found = Agent.objects.visible_to(viewer).people().select_related("team").filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def state_text(*, viewer: Viewer, agent: Agent, at: datetime) -> str:
    """A person's team and what they do now, in words."""
    team = "Not in a team yet" if agent.team is None else agent.team.name
    now = next(iter(metrics.agent_states(viewer=viewer, agent=agent.pk, at=at)), None)
    return f"{team}. Signed out." if now is None else f"{team}. {now.label} since {clock_text(now.since)}."


def states(*, agent: Agent, at: datetime) -> TimeLine | None:
    """A person's states of the last ten hours as one lane a state; None when nothing is known."""
    since = at - timedelta(hours=10)
    spans: dict[str, list[Span]] = {}
    for one in Presence.objects.filter(agent=agent, queue="", started_at__gt=since).order_by("started_at"):
        if one.status != "offline":
            kind = {"available": "ready", "busy": "person", "wrap_up": "after"}.get(one.status, "other")
            label = one.reason or WORDS[one.status]
            spans.setdefault(label, []).append(Span(one.started_at, one.ended_at, kind, label))
    if not spans:
        return None
    first = min(span.starts_at for group in spans.values() for span in group)
    return TimeLine(first, at, [Lane(label, group) for label, group in spans.items()], name="States")


def last_seen(*, agent: Agent, at: datetime) -> str:
    """When a person was last on shift, in words."""
    last = (
        Presence.objects.filter(agent=agent, queue="", started_at__lte=at).exclude(status="offline")
        .order_by("-started_at").first()
    )  # fmt: skip
    if last is None:
        return "No source has told of a shift yet."
    local = timezone.localtime(last.ended_at or last.started_at)
    return f"Last on shift on {local.day} {local:%b} until {local:%H:%M}."


def held_by(*, viewer: Viewer, agent: Agent) -> list[UUID]:
    """Keys of the conversations a person holds now, oldest first, that the viewer may read."""
    mine = Conversation.objects.visible_to(viewer).filter(holder=agent, is_open=True)
    return list(mine.order_by("started_at").values_list("pk", flat=True)[:50])
