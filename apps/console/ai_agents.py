"""One AI agent: what it took on in a week, where it turned in circles, and what its confidence is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.analysis import queries as analysis
from apps.analysis.queries import SecondOpinion
from apps.console.floor import queue_ids, rows
from apps.console.scope import linked
from apps.reviews import queries as reviews
from apps.reviews.queries import OfModel
from apps.shared.errors import OutOfScope
from apps.shared.intervals import wilson

WEEK = timedelta(days=7)
# Verdicts are few: the curve looks further back than the counts.
JUDGED = timedelta(days=90)
# Below so many conversations there is a count and no share.
FEWEST = 20
MOST = 8

_TURNS = """
SELECT count(*), count(*) FILTER (WHERE is_fallback), count(DISTINCT conversation_id),
       count(DISTINCT conversation_id) FILTER (WHERE asked_for_human OR EXISTS (
           SELECT 1 FROM analysis_reading r WHERE r.message_id = x.message_id AND r.part = 'asks_for_human' AND r.label = 'asked'))
FROM interactions_botturn x WHERE agent_id = %(agent)s AND happened_at > %(since)s AND happened_at <= %(at)s
  AND (%(everywhere)s OR EXISTS (SELECT 1 FROM interactions_conversation c WHERE c.id = x.conversation_id AND c.queue_id = ANY(%(queues)s)))
"""
_CIRCLING = """
SELECT r.conversation_id, r.label, count(*), max(r.sent_at)
FROM analysis_reading r JOIN interactions_message m ON m.id = r.message_id AND m.sent_at = r.sent_at
WHERE r.part = 'loop' AND r.label <> 'straight' AND r.sent_at > %(since)s AND r.sent_at <= %(at)s AND m.agent_id = %(agent)s
  AND m.sent_at > %(since)s AND m.sent_at <= %(at)s
  AND (%(everywhere)s OR EXISTS (SELECT 1 FROM interactions_conversation c WHERE c.id = r.conversation_id AND c.queue_id = ANY(%(queues)s)))
GROUP BY 1, 2 ORDER BY max(r.sent_at) DESC, r.conversation_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Part:
    """How often something happened, of how many; no share of a few."""

    name: str
    count: int
    n: int
    of: str

    @property
    def share(self) -> float | None:
        """The share, None below `FEWEST`."""
        return self.count / self.n if self.n >= FEWEST else None


@dataclass(frozen=True, slots=True)
class Circling:
    """One conversation in which it turned in circles; `href` is empty for whoever may not read it."""

    what: str
    times: int
    at: datetime
    href: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """A share and its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OneAi:
    """One AI agent as its page shows it."""

    agent: Agent
    parts: Sequence[Part]
    circling: Sequence[Circling]
    curves: Sequence[OfModel]
    tune_href: str
    second: SecondOpinion

    @property
    def fewest(self) -> int:
        """From how many messages on there is a share."""
        return FEWEST

    @property
    def agreement(self) -> Agreement | None:
        """How often the second opinion names the same, with its interval; None below `FEWEST` messages of which it was sure."""
        if self.second.sure < FEWEST:
            return None
        low, high = wilson(self.second.agreed, self.second.sure)
        return Agreement(self.second.agreed / self.second.sure, low, high)

    @property
    def verdicts(self) -> int:
        """How many reviews stand behind the curves."""
        return sum(one.curve.n for one in self.curves)


def one_ai(*, viewer: Viewer, pk: UUID, at: datetime) -> OneAi:
    """One AI agent in the viewer's queues in the last week, and its curves of `JUDGED`. A fixed number of statements.

    :raises NotAllowed: the role does not see the floor.
    :raises OutOfScope: there is no such AI agent.
    """
    viewer.require(Permission.VIEW_FLOOR)
    agent = Agent.objects.visible_to(viewer).ai().filter(pk=pk).first()
    if agent is None:
        raise OutOfScope
    queues = None if viewer.sees_everything else queue_ids(viewer)
    where: dict[str, Any] = {
        "agent": pk, "since": at - WEEK, "at": at, "queues": queues or [], "everywhere": queues is None, "most": MOST,
    }  # fmt: skip
    ((turns, fallbacks, talks, asked),) = rows(_TURNS, where)
    circles = analysis.circles_of(agents=[pk], since=at - WEEK, until=at, queues=queues).get(pk)
    answered = 0 if circles is None else circles.conversations
    parts = [
        Part("Not understood", fallbacks, turns, "turns"), Part("Asked for a person", asked, talks, "conversations"),
        Part("Turned in circles", 0 if circles is None else circles.in_loops, answered, "conversations"),
        Part("Contradicted itself", 0 if circles is None else circles.contradicting, answered, "conversations"),
    ]  # fmt: skip
    may_read = viewer.allows(Permission.VIEW_CONVERSATIONS)
    circling = [
        Circling({"loop": "the same answer again"}.get(label, "contradicts an answer"), times, last,
                 linked(viewer, "conversation", talk) if may_read else "")
        for talk, label, times, last in rows(_CIRCLING, where)
    ]  # fmt: skip
    curves = reviews.confidence_curves(agent=pk, since=at - JUDGED, until=at)
    tune = linked(viewer, "tune", pk) if viewer.allows(Permission.PROPOSE_TUNING) else ""
    second = analysis.second_opinion(agent=pk, since=at - WEEK, until=at, queues=queues)
    return OneAi(agent, parts, circling, curves, tune, second)
