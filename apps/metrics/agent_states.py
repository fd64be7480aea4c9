"""What each person does now, and since when.

By the precedence of Amazon Connect's agent activity (awsdocs/amazon-connect-admin-guide, real-time metrics definitions, "Agent
activity"): the first of these eight that holds.

1. Error: a contact of theirs failed. No canonical event says so, so no source brings it; the step is kept for one that will.
2. Missed: a conversation was offered and not taken.
3. Rejected: a conversation was offered and declined.
4. On contact: a conversation is in hand, whatever the person's own status says.
5. After-contact work: wrap-up.
6. Incoming: a conversation is being offered.
7. The person's own status: a break, a meeting, or busy with something else.
8. Available.

Whoever is signed out stands in no list. Two bounds are ours, because sources do not say when a missed offer was cleared or that
a letter was laid aside: an offer counts for two minutes, and a letter is in hand only while the person is ready or busy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.agents.reach import Reach
from apps.metrics import working
from apps.metrics.active_time import LONGEST_STATE, Part, Slice

OFFER_COUNTS = timedelta(minutes=2)
LABELS = {
    "error": "Error", "missed": "Missed an offer", "rejected": "Declined an offer", "on_contact": "On contact",
    "after_contact_work": "Wrap-up", "incoming": "Being offered one", "custom": "Away", "available": "Available",
}  # fmt: skip
_OFFERED = {"missed": "missed", "declined": "rejected", "offered": "incoming"}
_OF_PART = {
    Part.ON_CONTACT: "on_contact", Part.WRAP_UP: "after_contact_work", Part.RINGING: "incoming", Part.BREAK: "custom",
    Part.IDLE: "available",
}  # fmt: skip
_LATEST = """
SELECT a.id, a.name, p.status, p.reason, p.started_at, o.outcome, o.happened_at
FROM agents_agent a JOIN LATERAL (
    SELECT status, reason, started_at FROM agents_presence WHERE agent_id = a.id AND queue = '' AND started_at <= %(at)s
    ORDER BY started_at DESC, sequence DESC, id DESC LIMIT 1
) p ON true
LEFT JOIN LATERAL (
    SELECT outcome, happened_at FROM interactions_offer
    WHERE agent_id = a.id AND happened_at > %(at)s - %(counts)s AND happened_at <= %(at)s ORDER BY happened_at DESC, id LIMIT 1
) o ON true
WHERE a.id = ANY(%(people)s) ORDER BY a.name, a.id
"""


@dataclass(frozen=True, slots=True)
class AgentState:
    """One person now: the state, how it is called, since when, and how many conversations are in hand."""

    agent_id: UUID
    name: str
    state: str
    label: str
    since: datetime
    held: int


def read(*, people: Sequence[UUID], at: datetime) -> list[AgentState]:
    """Return the states of those of these people who are signed in, by name. Four statements."""
    # What somebody does now is of now, however long it has lasted.
    spans = working.spans_of(people=Reach.whole(people), since=at - LONGEST_STATE, until=at)
    where: dict[str, Any] = {"people": list(people), "at": at, "counts": OFFER_COUNTS}
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, where)
        rows = cursor.fetchall()
    told = []
    for key, name, status, reason, said_at, offer, offered_at in rows:
        one = _now(spans[key])
        if one is None:
            continue
        part, since, held = one
        # Work that began after the offer answers it.
        is_answered = offer is None or said_at > offered_at or (part == Part.ON_CONTACT and since > offered_at)
        if (
            not is_answered
            and offer in _OFFERED
            and (offer != "offered" or part not in (Part.ON_CONTACT, Part.WRAP_UP))
        ):
            state, since = _OFFERED[offer], offered_at
        else:
            state = _OF_PART[part]
            # Another status of the same kind is another state: from the break to the meeting.
            since = since if state in ("on_contact", "incoming") else max(since, said_at)
        label = reason or ("Busy" if status == "busy" else LABELS[state]) if state == "custom" else LABELS[state]
        told.append(AgentState(key, name, state, label, since, held))
    return told


def _now(spans: Sequence[Slice]) -> tuple[Part, datetime, int] | None:
    """Return the part that holds at the end, since when without a break, and what is in hand; None when signed out."""
    last = spans[-1]
    if last.part == Part.OFFLINE:
        return None
    since = last.starts_at
    for one in reversed(spans):
        if one.part != last.part:
            break
        since = one.starts_at
    return last.part, since, last.held
