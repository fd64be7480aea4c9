"""Marks of single lines as they count towards people: what chance picked, by the key that a line keeps in every version of its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import fsum, sqrt
from uuid import UUID

from django.db.models import Count

from apps.agents.reach import Reach
from apps.reviews.means import LEAST_N
from apps.reviews.models import Mark, Review
from apps.reviews.scoring import line_score
from apps.reviews.spec import WHOLE, Scale
from apps.shared.intervals import of_mean


@dataclass(slots=True)
class Marked:
    """How one agent was marked on one line, in parts of 100. Below `LEAST_N` marks there is no interval and nothing is said."""

    counts: dict[float, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many marks; what does not apply is none."""
        return sum(self.counts.values())

    @property
    def is_enough(self) -> bool:
        """It may be shown as a number about the agent."""
        return self.n >= LEAST_N

    @property
    def mean(self) -> float | None:
        """The mean mark; None without one."""
        return fsum(part * times for part, times in self.counts.items()) / self.n if self.counts else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean (Student's t), held inside the scale."""
        mean, n = self.mean, self.n
        if mean is None or not self.is_enough:
            return None
        spread = sqrt(fsum(times * (part - mean) ** 2 for part, times in self.counts.items()) / (n - 1))
        low, high = of_mean(mean, spread, n)
        return max(0.0, low), min(float(WHOLE), high)


@dataclass(frozen=True, slots=True)
class LineMarks:
    """One line, as its latest form words it, with the marks of each agent."""

    key: str
    text: str
    by_agent: Mapping[UUID, Marked]


def line_marks(*, people: Reach, since: datetime, until: datetime) -> list[LineMarks]:
    """Return each line on which one of the agents was marked in reviews released in (since, until], in the order of the form.

    The caller has asked whether the viewer may see these agents' numbers, and how far back. One statement.
    """
    counted = Review.objects.counted().filter(
        people.q("agent", at="releases_at"), releases_at__gt=since, releases_at__lte=until
    )
    rows = (
        Mark.objects.filter(review__in=counted, step__isnull=False)
        .values_list("line__key", "line__text", "line__place", "line__scale", "line__version__n", "review__agent", "step")
        .annotate(times=Count("pk")).order_by("line__version__n", "line__place")
    )  # fmt: skip
    worded: dict[str, tuple[int, str]] = {}
    found: dict[str, dict[UUID, Marked]] = {}
    for key, text, place, scale, _, agent, step, times in rows:
        worded[key] = (place, text)  # the latest version comes last
        counts = found.setdefault(key, {}).setdefault(agent, Marked()).counts
        part = float(line_score(Scale(scale), step or 1))
        counts[part] = counts.get(part, 0) + times
    order = sorted(found, key=lambda key: (worded[key][0], key))
    return [LineMarks(key, worded[key][1], found[key]) for key in order]
