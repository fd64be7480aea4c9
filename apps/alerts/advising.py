"""What could be done about rules that cry wolf: offered in words, never applied. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.alerts.backtest.foresight import TOGETHER_LEAST, TOGETHER_SECONDS, TOGETHER_SHARE
from apps.shared.intervals import wilson

# So many judged alerts before their worth is spoken of.
JUDGED_LEAST = 10
ALONE_LEAST, ALONE_SHARE = 10, 0.5


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its Wilson interval of 95 %; None of nothing."""
        return wilson(self.hits, self.of) if self.of else None


@dataclass(frozen=True, slots=True)
class Fared:
    """How a rule did. `alone`: over by itself before anybody did anything. `flapping`: places that returned three times or more."""

    rule: int
    name: str
    fired: int
    a_shift: float
    in_time: Share
    acted: Share
    alone: Share
    precision: Share
    flapping: int
    to_act: float | None
    lasts: float | None
    wait: float
    not_needed_in_a_row: bool
    owner: str


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that could be done, and about which rule (nought: about several)."""

    rule: int
    text: str


def advice(fared: Sequence[Fared], begun: Mapping[str, Mapping[UUID, Sequence[float]]]) -> list[Advice]:
    """What the figures suggest. Nothing changes by itself."""
    told = []
    for one in fared:
        interval = one.precision.interval
        if one.precision.of >= JUDGED_LEAST and interval is not None and interval[1] < 0.5:
            told.append(
                Advice(
                    one.rule,
                    f"“{one.name}”: {one.precision.hits} of {one.precision.of} that were judged were worth it, fewer than half beyond "
                    "chance. Try a higher limit or a longer wait on its page, where the last four weeks say what is lost.",
                )
            )  # fmt: skip
        if (
            one.alone.of >= ALONE_LEAST
            and (one.alone.value or 0.0) > ALONE_SHARE
            and one.lasts is not None
            and one.lasts < max(one.wait, 300.0)
        ):
            told.append(
                Advice(
                    one.rule,
                    f"“{one.name}”: {one.alone.hits} of {one.alone.of} were over by themselves, half of them within "
                    f"{one.lasts / 60:.0f} min. A longer wait would leave those out.",
                )
            )  # fmt: skip
        if one.not_needed_in_a_row:
            whom = one.owner or "an admin"
            told.append(
                Advice(one.rule, f"“{one.name}”: the last five that were judged were not needed. Ask {whom} about it.")
            )
    return told + _together(begun)


def _together(begun: Mapping[str, Mapping[UUID, Sequence[float]]]) -> list[Advice]:
    """Pairs of rules that begin within five minutes of one another on most occasions."""
    told = []
    names = sorted(begun)
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            fewer, more = sorted((name, other), key=lambda one: sum(map(len, begun[one].values())))
            of = sum(map(len, begun[fewer].values()))
            near = sum(
                any(abs(at - one) <= TOGETHER_SECONDS for one in begun[more].get(queue, ()))
                for queue, moments in begun[fewer].items()
                for at in moments
            )
            if near >= TOGETHER_LEAST and near >= TOGETHER_SHARE * of:
                told.append(
                    Advice(0, f"“{fewer}” began within five minutes of “{more}” {near} of {of} times: one of the two may be enough.")
                )  # fmt: skip
    return told
