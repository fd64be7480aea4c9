"""A person's quality line by line beside the middle half of their team: nobody is named, and of fewer than five nothing is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import FIELDS, reach_of
from apps.metrics import windows
from apps.metrics.scorecards import QUALITY_OVER, Half, half_of
from apps.reviews.line_marks import Marked, line_marks
from apps.reviews.spec import WHOLE


@dataclass(frozen=True, slots=True)
class QualityLine:
    """One line of the form: how the person was marked, in parts of 100, and where the middle half of the team lies."""

    text: str
    marked: Marked
    half: Half | None

    @property
    def low(self) -> float | None:
        """The lower end of the interval of its mean."""
        return None if self.marked.interval is None else self.marked.interval[0]

    @property
    def high(self) -> float | None:
        """The upper one."""
        return None if self.marked.interval is None else self.marked.interval[1]

    @property
    def band(self) -> tuple[float, float, float, float] | None:
        """Value, low and high of the team, and the end of the scale; None while one of the two cannot be told."""
        if self.half is None or not self.marked.is_enough or self.marked.mean is None:
            return None
        return self.marked.mean, self.half.low, self.half.high, float(WHOLE)

    @property
    def band_words(self) -> str:
        """The band for who does not see it."""
        return "" if self.half is None else f"the middle half of {self.half.people} people"


def quality_lines(*, viewer: Viewer, agent: Agent, at: datetime) -> Sequence[QualityLine]:
    """Return the lines on which a person was marked in the last 28 days, as far back as the viewer reads. Three statements at most.

    The caller has asked whether the viewer may see this person's numbers.
    """
    span = windows.window(QUALITY_OVER, at=at, zone=viewer.zone, shift_since=None)
    team = Agent.objects.people().filter(team__isnull=False, team=agent.team_id).only(*FIELDS)
    mates = {one.pk: one for one in team}
    everybody = {**mates, agent.pk: agent}
    found = line_marks(people=reach_of(viewer, everybody.values()), since=span.since, until=span.until)
    return [
        QualityLine(one.text, one.by_agent[agent.pk], half_of(marked.mean for key, marked in one.by_agent.items() if key in mates and marked.is_enough))
        for one in found
        if agent.pk in one.by_agent
    ]  # fmt: skip
