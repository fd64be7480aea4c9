"""Scorecards for those who lead: who needs time this week and why, by name; and a team as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.coaching.queries import last_sent
from apps.console.feedback import Due, next_of
from apps.console.scope import linked, teams
from apps.metrics import attention, cards, overview
from apps.metrics.aims import Standing
from apps.metrics.attention import Reason
from apps.metrics.overview import Overseen

# The number beside the goals: what customers said.
HEARD = "csat"


@dataclass(frozen=True, slots=True)
class Person:
    """One row. `noted_at`: when the last note was sent; None: never, or not the viewer's to know. `due`: the next conversation;
    None: the person has no account and cannot answer one, or it is oneself."""

    name: str
    href: str
    team: str
    goals: str
    heard: cards.Row
    reasons: Sequence[Reason]
    noted_at: datetime | None
    due: Due | None
    coach_href: str

    @property
    def is_due(self) -> bool:
        """A conversation is due now."""
        return self.due is not None and self.due.is_due


@dataclass(frozen=True, slots=True)
class Team:
    """One team as a whole."""

    name: str
    rows: Sequence[cards.Row]
    conflicts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Oversight:
    """The page: its answer, and the people by name."""

    title: str
    text: str
    people: Sequence[Person]
    team: Team | None
    coaches: bool


def oversight(*, viewer: Viewer, at: datetime) -> Oversight:
    """Return everybody whose scorecard the viewer reads, or of the team that is looked at, and that team as a whole.

    :raises NotAllowed: the role reads no scorecards of others.
    """
    found = overview.overview(viewer=viewer, at=at)
    notes = last_sent(viewer=viewer)
    coaches = viewer.allows(Permission.COACH)
    due = next_of(agents=[one.agent for one in found.people if one.agent.user_id != viewer.user.pk], at=at)
    rows = [
        _person(viewer, one, found.span.name, notes.get(one.agent.pk), due.get(one.agent.pk), coaches=coaches)
        for one in found.people
    ]
    title, text = _answer(rows)
    return Oversight(title, text, rows, _team(viewer, at) if viewer.scope else None, coaches)


def _person(
    viewer: Viewer, one: Overseen, window: str, noted: datetime | None, due: Due | None, *, coaches: bool
) -> Person:
    agent = one.agent
    heard = next(line for line in one.lines if line.metric.key == HEARD)
    return Person(
        name=agent.name, href=linked(viewer, "scorecard", agent.pk), team="" if agent.team is None else agent.team.name,
        goals=_goals(one), heard=cards.row(heard, f"agent:{agent.pk}", window), reasons=one.reasons, noted_at=noted, due=due,
        coach_href=linked(viewer, "coach", agent.pk) if coaches and agent.user_id is not None else "",
    )  # fmt: skip


def _goals(one: Overseen) -> str:
    if not one.aims:
        return "none set"
    known = [aim for aim in one.aims if aim.standing in (Standing.REACHED, Standing.MISSED)]
    if not known:
        return "too early to say"
    reached = sum(aim.standing is Standing.REACHED for aim in known)
    rest = len(one.aims) - len(known)
    return f"{reached} of {len(known)} reached" + (f", {rest} too early to say" if rest else "")


def _answer(people: Sequence[Person]) -> tuple[str, str]:
    needed = [one.name for one in people if one.reasons]
    if not people:
        return "Nobody to look at yet", "People appear here once they are in a team of yours."
    due = sum(one.is_due for one in people)
    later = f" Feedback conversations are due with {due}." if due else ""
    if not needed:
        return "Nobody stands out this week", f"No number of {len(people)} people moved by more than chance.{later}"
    who = f"{needed[0]} needs" if len(needed) == 1 else f"{len(needed)} people need"
    return f"{who} time with you this week", f"By name, never ranked. What stands here is beyond chance.{later}"


def _team(viewer: Viewer, at: datetime) -> Team | None:
    named = next((one for one in teams(viewer) if str(one.pk) == viewer.scope), None)
    if named is None:
        return None
    told = overview.team_numbers(viewer=viewer, at=at)
    return Team(
        named.name,
        [cards.row(line, f"team:{named.pk}", "7d", by="agent") for line in told.lines],
        [attention.conflict_words(one) for one in told.conflicts],
    )
