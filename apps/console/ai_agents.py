"""What stands beside one AI agent's numbers: how it does now, where it turned in circles, a second opinion, what was proposed."""

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
from apps.console.figures import Figure
from apps.console.floor import queue_ids, rows
from apps.console.people import AiLine, ai_agents
from apps.console.scope import linked
from apps.shared.intervals import wilson
from apps.tuning.models import Proposal

WEEK = timedelta(days=7)
# Below so many conversations there is a count and no share.
FEWEST = 20
MOST = 8
MOST_PROPOSALS = 3

_CIRCLING = """
SELECT r.conversation_id, r.label, count(*), max(r.sent_at)
FROM analysis_reading r JOIN interactions_message m ON m.id = r.message_id AND m.sent_at = r.sent_at
WHERE r.part = 'loop' AND r.label <> 'straight' AND r.sent_at > %(since)s AND r.sent_at <= %(at)s AND m.agent_id = %(agent)s
  AND m.sent_at > %(since)s AND m.sent_at <= %(at)s
  AND (%(everywhere)s OR EXISTS (SELECT 1 FROM interactions_conversation c WHERE c.id = r.conversation_id AND c.queue_id = ANY(%(queues)s)))
GROUP BY 1, 2 ORDER BY max(r.sent_at) DESC, r.conversation_id LIMIT %(most)s
"""


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
class Beside:
    """What stands beside the numbers of one AI agent. `tune_href` is empty for whoever proposes nothing."""

    circling: Sequence[Circling]
    second: SecondOpinion
    tune_href: str
    proposals: Sequence[Proposal]

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


def beside(*, viewer: Viewer, agent: Agent, at: datetime) -> Beside:
    """What stands beside one AI agent's numbers, of the last week in the viewer's queues. Four statements, one more in a part of
    the scope.

    :raises NotAllowed: the role does not see the floor.
    """
    viewer.require(Permission.VIEW_FLOOR)
    queues = None if viewer.sees_everything else queue_ids(viewer)
    where: dict[str, Any] = {
        "agent": agent.pk, "since": at - WEEK, "at": at, "queues": queues or [], "everywhere": queues is None, "most": MOST,
    }  # fmt: skip
    may_read = viewer.allows(Permission.VIEW_CONVERSATIONS)
    circling = [
        Circling({"loop": "the same answer again"}.get(label, "contradicts an answer"), times, last,
                 linked(viewer, "conversation", talk) if may_read else "")
        for talk, label, times, last in rows(_CIRCLING, where)
    ]  # fmt: skip
    second = analysis.second_opinion(agent=agent.pk, since=at - WEEK, until=at, queues=queues)
    may_tune = viewer.allows(Permission.PROPOSE_TUNING)
    made = Proposal.objects.visible_to(viewer).filter(agent=agent, withdrawn_at=None).select_related("by")
    return Beside(
        circling, second, linked(viewer, "tune", agent.pk) if may_tune else "",
        list(made.order_by("-made_at", "pk")[:MOST_PROPOSALS]) if may_tune else [],
    )  # fmt: skip


def now_of(*, viewer: Viewer, pk: UUID, at: datetime) -> list[Figure]:
    """How one AI agent does in the last hour in the viewer's queues: the floor's row of it, as figures. Three statements.

    An agent that was in none of them for a day has dashes, which say so.
    """
    line = next((one for one in ai_agents(viewer=viewer, at=at) if one.key == str(pk)), None)
    return _unseen() if line is None else _shown(line)


def _unseen() -> list[Figure]:
    return [
        Figure(key, label, "", face="empty", target="in none of your queues for a day")
        for key, label in (("ai-open", "Open now"), ("ai-confidence", "Confidence"), ("ai-handed", "Handed to people"))
    ]


def _shown(line: AiLine) -> list[Figure]:
    talks = "none in an hour" if not line.talks else f"of {line.talks:,}, last hour"
    least = "" if line.confidence_floor is None else f"goal {line.confidence_floor:.2f}"
    return [
        Figure("ai-open", "Open now", f"{line.open:,}", target="conversations"),
        Figure(
            "ai-confidence", "Confidence", _two(line.confidence), line.confidence_state,
            f"{least}, n {line.heard:,}" if least else f"n {line.heard:,}, last hour",
            trend=line.trend, trend_target="" if line.confidence_floor is None else line.confidence_floor,
        ),
        Figure("ai-match", "Intent match", _two(line.intent_match), target=f"of {line.turns:,} turns"),
        Figure("ai-handed", "Handed to people", _share(line.handed_over), target=talks),
        Figure("ai-asked", "“Agent please”", _share(line.asked_for_person), target=talks),
        Figure("ai-loops", "Turned in circles", "" if line.loops is None else f"{line.loops:,}", target="last hour"),
    ]  # fmt: skip


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
