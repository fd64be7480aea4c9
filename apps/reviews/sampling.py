"""Which conversations are reviewed: a draw that anybody can repeat, and that treats every conversation of a person alike.

The random part is drawn with the local pivotal method on a grid (Deville and Tillé 1998; Grafström, Lundström and Schelin
2012). Each conversation of a person has exactly the same chance, quota through number, whatever stratum it lies in and
whenever it was; and because chances are passed on between neighbours first, the picks spread over the strata and over the
period. So the plain mean of their scores is a fair estimate. The arithmetic is in whole numbers and leaves no remainder.

The risk part comes after it, from what somebody should look at and was not drawn. It carries its reason and feeds no score
about a person: it would make whoever is looked at for trouble look worse than they are. Among what shares a reason chance
decides, but for the one that a machine only guesses at: there the likeliest come first, so that a look at few finds most.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from uuid import UUID


class Part(StrEnum):
    """Which half of a draw a pick belongs to."""

    RANDOM = "random"
    RISK = "risk"


# The reason that is taken in order of how much of it there is.
ROUGH = "rough"

# How many cells on each side of one are looked at for the nearest.
BESIDE = 16

# A unit is one person's part in one conversation: (conversation, agent).
Unit = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person's part in one conversation, eligible for a draw. `risks` are the reasons to look at it, if any, and `roughness`
    how roughly the person's own replies read where that is one of them."""

    conversation: UUID
    agent: UUID
    at: datetime
    stratum: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    roughness: float = 0.0

    @property
    def unit(self) -> Unit:
        """What is picked at most once."""
        return self.conversation, self.agent


@dataclass(frozen=True, slots=True)
class Drawn:
    """One candidate that was drawn. `reason` is empty in the random part and names the risk in the other."""

    candidate: Candidate
    part: Part
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many conversations of each person a draw takes: of chance, and beyond them of risk."""

    chance: int
    risk: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """The picks of a draw, and for each person how many candidates there were. `short` had fewer than their quota of chance."""

    picks: list[Drawn]
    candidates: dict[UUID, int]
    short: dict[UUID, int]


def draw(*, frame: Iterable[Candidate], quota: Quota, seed: str, people: Iterable[UUID] = ()) -> Result:
    """Draw from a frame: for each person their quota of chance, then their quota of risk from what was left.

    The same seed and the same frame, in whatever order, give the same picks; what is in the frame of one person changes
    nothing for another. `people` are those of whom a pick is expected: one of them without any candidate is in `short`
    with 0, so that nobody is missed in silence.
    """
    of: dict[UUID, list[Candidate]] = {person: [] for person in people}
    for one in frame:
        of.setdefault(one.agent, []).append(one)
    picks: list[Drawn] = []
    short: dict[UUID, int] = {}
    for person in sorted(of):
        theirs = sorted({one.unit: one for one in of[person]}.values(), key=_place)
        by_chance = evenly(theirs, quota.chance, _stream(seed, person, Part.RANDOM))
        picks += [Drawn(one, Part.RANDOM) for one in by_chance]
        drawn = {one.unit for one in by_chance}
        left = [one for one in theirs if one.risks and one.unit not in drawn]
        picks += of_risk(left, quota.risk, _stream(seed, person, Part.RISK))
        if len(theirs) < quota.chance:
            short[person] = len(theirs)
    return Result(picks, {person: len(found) for person, found in of.items()}, short)


def replacement(
    *, frame: Iterable[Candidate], taken: Iterable[Unit], instead_of: Drawn, seed: str, n: int
) -> Drawn | None:
    """Draw one more pick of the same person instead of one that cannot be reviewed; None when nothing is left.

    From the same stratum where it has any left, else from all of the person's; in the risk part from what carries the same
    reason, and where that is sorted the first of them whatever its stratum. `taken` are all units picked so far, `n` is the how-manieth replacement of the draw it is.
    """
    used, lost = set(taken), instead_of.candidate
    left = sorted((one for one in frame if one.agent == lost.agent and one.unit not in used), key=_place)
    if instead_of.part is Part.RISK:
        left = [one for one in left if instead_of.reason in one.risks]
    near = [one for one in left if one.stratum == lost.stratum] or left
    if instead_of.reason == ROUGH:
        most = max((one.roughness for one in left), default=0.0)
        near = [one for one in left if one.roughness == most]
    if not near:
        return None
    return Drawn(_stream(seed, lost.agent, f"replacement {n}").choice(near), instead_of.part, instead_of.reason)


def fingerprint(frame: Iterable[Candidate]) -> str:
    """Return a checksum of a frame: two frames with the same one give the same draw."""
    lines = sorted(
        f"{c.agent}|{c.conversation}|{c.at.isoformat()}|{'/'.join(c.stratum)}|{','.join(c.risks)}"
        # Frames from before there was roughness keep their checksum.
        + (f"|{c.roughness}" if c.roughness else "")
        for c in frame
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def evenly(found: Sequence[Candidate], wanted: int, chance: Random) -> list[Candidate]:
    """Pick `wanted` of these, each with the same chance, spread over strata and over time; in order of time.

    :returns: all of them when there are no more than that.
    """
    if wanted >= len(found):
        return list(found)
    if wanted < 1:
        return []
    # A share of `total` is a certainty; everybody begins with `wanted` of it.
    total = len(found)
    shares = [wanted] * total
    over = _grid(found, wanted)
    for cell in over:
        cell.settle(shares, total, chance)
    _between([cell for cell in over if cell.open is not None], shares, total, chance)
    return [one for one, share in zip(found, shares, strict=True) if share == total]


@dataclass(slots=True)
class _Cell:
    """Places of one stratum in one stretch of the period; `open` is the one that is not decided once the others are."""

    stratum: tuple[str, ...]
    slice: int
    places: list[int]
    open: int | None = None

    def settle(self, shares: list[int], total: int, chance: Random) -> None:
        """Decide all but one of the places among themselves."""
        chance.shuffle(self.places)
        standing: int | None = None
        for place in self.places:
            standing = place if standing is None else _pass_on(standing, place, shares, total, chance)
        self.open = standing


def _grid(found: Sequence[Candidate], wanted: int) -> list[_Cell]:
    """Sort the places, which are in order of time, into cells: a stratum, and one of as many stretches as there are picks."""
    cells: dict[tuple[tuple[str, ...], int], list[int]] = defaultdict(list)
    for place, one in enumerate(found):
        cells[one.stratum, place * wanted // len(found)].append(place)
    return [_Cell(stratum, part, cells[stratum, part]) for stratum, part in sorted(cells)]


def _between(cells: list[_Cell], shares: list[int], total: int, chance: Random) -> None:
    """Decide between cells, each time one of chance and the nearest to it: the same stratum first, then the time nearest.

    The cells are in order of stratum and time, so that only those beside it need to be looked at, however many there are.
    """
    while len(cells) > 1:
        at = chance.randrange(len(cells))
        one, first = cells[at], max(at - BESIDE, 0)
        distances = {
            place: (cell.stratum != one.stratum, abs(cell.slice - one.slice))
            for place, cell in enumerate(cells[first : at + BESIDE + 1], first)
            if place != at
        }
        nearest = min(distances.values())
        beside = chance.choice([place for place, distance in distances.items() if distance == nearest])
        mine, theirs = one.open, cells[beside].open
        if mine is None or theirs is None:
            raise AssertionError("Only cells with an undecided place take part.")
        left = _pass_on(mine, theirs, shares, total, chance)
        gone = {at, beside} if left is None else {beside if left == mine else at}
        for place in sorted(gone, reverse=True):
            del cells[place]


def _pass_on(one: int, other: int, shares: list[int], total: int, chance: Random) -> int | None:
    """Have two places decide one of them, and return the undecided one, None when both are decided.

    Together they keep what they had, and each keeps its chance in the mean: with less than a certainty between them one
    loses all of it to the other, with more one becomes certain and the other keeps the rest.
    """
    mine, theirs = shares[one], shares[other]
    both = mine + theirs
    if both <= total:
        winner, loser = (one, other) if chance.randrange(both) < mine else (other, one)
        shares[winner], shares[loser] = both, 0
        return winner if both < total else None
    # The larger one's share is the likelier to become certain.
    winner, rest = (one, other) if chance.randrange(2 * total - both) < total - theirs else (other, one)
    shares[winner], shares[rest] = total, both - total
    return rest if both < 2 * total else None


def of_risk(found: Sequence[Candidate], wanted: int, chance: Random) -> list[Drawn]:
    """Pick up to `wanted` of these, one reason after the other so that a common one does not crowd out a rare one.

    Of one reason chance takes any, and of roughness the roughest first; chance decides between equals.
    """
    by_reason: dict[str, list[Candidate]] = defaultdict(list)
    for one in found:
        for reason in one.risks:
            by_reason[reason].append(one)
    order = sorted(by_reason)
    chance.shuffle(order)
    for reason in order:
        chance.shuffle(by_reason[reason])
    by_reason[ROUGH].sort(key=lambda one: one.roughness)
    picks: list[Drawn] = []
    seen: set[Unit] = set()
    while len(picks) < wanted and any(by_reason.values()):
        for reason in order:
            while by_reason[reason]:
                one = by_reason[reason].pop()
                if one.unit not in seen:
                    seen.add(one.unit)
                    picks.append(Drawn(one, Part.RISK, reason))
                    break
            if len(picks) == wanted:
                break
    return picks


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who reviews: `load` is what waits for them, `agent` their own row on the floor, if they answer customers."""

    key: int
    load: int = 0
    agent: UUID | None = None


def share_out(
    *, picks: Sequence[Drawn], reviewers: Sequence[Reviewer], may_read: Callable[[Reviewer, Drawn], bool], seed: str
) -> list[int | None]:
    """Say for each pick who reviews it: the one with the least waiting of those who may; None when nobody may.

    Nobody reviews themselves. Picks that few may review are given out first, so that the others can still make it even.
    """
    chance = _stream(seed, "reviewers", "")
    waiting = {one.key: one.load for one in reviewers}
    able = [[one.key for one in reviewers if one.agent != p.candidate.agent and may_read(one, p)] for p in picks]
    given: list[int | None] = [None] * len(picks)
    for place in sorted(range(len(picks)), key=lambda at: (len(able[at]), chance.random())):
        if able[place]:
            least = min(waiting[key] for key in able[place])
            key = chance.choice([key for key in able[place] if waiting[key] == least])
            waiting[key] += 1
            given[place] = key
    return given


def by_stratum(found: Iterable[Candidate]) -> Mapping[tuple[str, ...], int]:
    """Count candidates by stratum."""
    counted: dict[tuple[str, ...], int] = defaultdict(int)
    for one in found:
        counted[one.stratum] += 1
    return dict(sorted(counted.items()))


def _place(one: Candidate) -> tuple[datetime, UUID]:
    return one.at, one.conversation


def _stream(seed: str, person: UUID | str, use: str) -> Random:
    """Return the stream of chance of one person and one use. Python promises the same numbers for the same text."""
    return Random(f"{seed}|{person}|{use}")  # noqa: S311  # a draw that can be repeated is the point
