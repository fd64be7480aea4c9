"""What a metric's definition says, and what it may not say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apps.shared.errors import Refusal


class Direction(StrEnum):
    """Which way is better. A neutral number is never coloured."""

    UP = "up"
    DOWN = "down"
    NEUTRAL = "neutral"


class Kind(StrEnum):
    """How observations become one number."""

    COUNT = "count"
    RATIO = "ratio"
    MEAN = "mean"
    PERCENTILE = "percentile"  # the median, with p90 and the mean beside it
    GAUGE = "gauge"


class Subject(StrEnum):
    """Whose number it is. People and AI agents are never in one number; a queue's number judges neither."""

    HUMAN = "human"
    AI = "ai"
    QUEUE = "queue"


class Basis(StrEnum):
    """At which moment a case is counted."""

    EVENT = "when it happened"
    START = "when the conversation started"
    RESOLUTION = "when the conversation was first resolved"
    INSTANT = "at one moment"


class Clock(StrEnum):
    """Which time is measured. A clock that is undefined, such as business hours without a calendar, gives null."""

    ELAPSED = "elapsed"
    BUSINESS = "business hours"
    CUSTOMER = "customer"


SECONDS = "s"
SHARE = "share"


class MixedFamilies(Refusal):
    """Somebody asked for one number over people and AI agents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One metric: what is counted, what is not, and which other metric keeps it honest.

    `key` is for ever; a changed formula is a new `version` of it. `guard` is the key of the metric that gets worse when
    somebody improves this one the wrong way. `minimum_n` is the number of cases below which nothing is judged.
    `settles_after_hours` is how long after its window a number may still move (a reopening comes later than what it
    judges); until then it is provisional.

    :raises ValueError: the definition contradicts itself.
    """

    key: str
    name: str
    meaning: str
    formula: str
    unit: str
    direction: Direction
    kind: Kind
    subject: Subject
    guard: str
    source: str
    is_leading: bool = False
    basis: Basis = Basis.EVENT
    clocks: tuple[Clock, ...] = ()
    minimum_n: int = 1
    edge_cases: tuple[str, ...] = ()
    settles_after_hours: int = 0
    version: int = 1

    def __post_init__(self) -> None:
        for field in ("key", "name", "meaning", "formula", "unit", "guard", "source"):
            if not getattr(self, field):
                raise ValueError(f"The definition of {self.key or 'a metric'} says nothing under {field}.")
        if not self.key.isidentifier() or self.key != self.key.lower():
            raise ValueError(f"Saw the key {self.key!r}. Expected lower-case words joined by underscores.")
        if not self.meaning.endswith("."):
            raise ValueError(f"The meaning of {self.key} is not a sentence.")
        if (self.kind == Kind.RATIO) != (self.unit == SHARE):
            raise ValueError(f"{self.key} is a {self.kind} in {self.unit}. A ratio, and nothing else, is a share.")
        if bool(self.clocks) != (self.unit == SECONDS):
            raise ValueError(f"{self.key} measures {self.unit} and names {len(self.clocks)} clocks.")
        if (self.kind == Kind.GAUGE) != (self.basis == Basis.INSTANT):
            raise ValueError(
                f"{self.key} is a {self.kind} counted {self.basis}. A gauge, and nothing else, is a moment."
            )
        if self.guard == self.key:
            raise ValueError(f"{self.key} cannot guard itself.")
        if self.minimum_n < 1 or self.version < 1 or self.settles_after_hours < 0:
            raise ValueError(f"{self.key} has a number below its least value.")


def refuse_mixture(definitions: list[Definition]) -> None:
    """Pass when the metrics may be parts of one number.

    :raises MixedFamilies: some of them are about people and some about AI agents.
    """
    people = [one.name for one in definitions if one.subject == Subject.HUMAN]
    ai = [one.name for one in definitions if one.subject == Subject.AI]
    if people and ai:
        raise MixedFamilies(
            f"{people[0]} is about people and {ai[0]} about AI agents. One number never mixes them: ask for two."
        )
