"""The draw: fair to every conversation of a person, spread out, and the same again from the same seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.reviews import sampling
from apps.reviews.periods import last_ended, period_of
from apps.reviews.sampling import Candidate, Drawn, Part, Quota, Reviewer

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEK = timedelta(days=7)
# The 99.9 % points of chi-square, by degrees of freedom.
CHI_SQUARE = {11: 31.264, 19: 43.820, 39: 72.055}


def unit(
    n: int, *, agent: int = 1, stratum: tuple[str, ...] = (), of: int = 100, risks: tuple[str, ...] = (), roughness: float = 0.0
) -> Candidate:  # fmt: skip
    return Candidate(UUID(int=agent * 10_000 + n), UUID(int=agent), MONDAY + WEEK * n / of, stratum, risks, roughness)


def chi_square(counts: list[int]) -> float:
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


# Four unequal strata, mixed over the week.
STRATA = ["chat"] * 20 + ["email"] * 12 + ["voice"] * 6 + ["social"] * 2


@pytest.fixture(scope="module")
def drawn() -> list[list[Candidate]]:
    """Five of forty conversations, ten thousand times."""
    mixed = Random(3).sample(STRATA, len(STRATA))
    frame = [unit(n, stratum=(stratum,), of=40) for n, stratum in enumerate(mixed)]
    return [sampling.evenly(frame, 5, Random(f"seed {n}")) for n in range(10_000)]


class TestTenThousandDraws:
    """Of 40 conversations in four unequal strata five are drawn, ten thousand times."""

    def test_each_conversation_has_the_same_chance(self, drawn: list[list[Candidate]]) -> None:
        counts = Counter(one.conversation for picks in drawn for one in picks)
        assert len(counts) == 40
        # Picks of one draw exclude each other, which only makes the statistic smaller than chi-square.
        assert chi_square(list(counts.values())) < CHI_SQUARE[39]

    @pytest.mark.parametrize(("stratum", "size"), [("chat", 20), ("email", 12)])
    def test_it_is_uniform_within_a_stratum(self, drawn: list[list[Candidate]], stratum: str, size: int) -> None:
        counts = Counter(one.conversation for picks in drawn for one in picks if one.stratum == (stratum,))
        assert len(counts) == size
        assert chi_square(list(counts.values())) < CHI_SQUARE[size - 1]

    def test_a_stratum_gets_its_share_each_time_and_not_only_in_the_mean(self, drawn: list[list[Candidate]]) -> None:
        chats = [sum(one.stratum == ("chat",) for one in picks) for picks in drawn]
        # Half of the conversations are chats: two or three of five. By plain chance one draw in three would be further off.
        assert sum(2 <= n <= 3 for n in chats) / len(chats) > 0.8
        assert abs(sum(chats) / len(chats) - 2.5) < 0.03

    def test_the_picks_spread_over_the_period(self, drawn: list[list[Candidate]]) -> None:
        def least_gap(picks: list[Candidate]) -> float:
            return min((b.at - a.at) / WEEK for a, b in pairwise(sorted(picks, key=lambda one: one.at)))

        rng = Random(5)
        plain = [rng.sample([unit(n, of=40) for n in range(40)], 5) for _ in range(2000)]
        assert sum(map(least_gap, drawn)) / len(drawn) > sum(map(least_gap, plain)) / len(plain)

    def test_five_are_drawn_and_none_twice(self, drawn: list[list[Candidate]]) -> None:
        assert {len({one.unit for one in picks}) for picks in drawn} == {5}


def test_the_statistic_sees_a_draw_that_prefers_the_first() -> None:
    """The same statistic, for a draw that takes the first of each stretch twice as often."""
    rng = Random(1)
    weights = [2 if n % 8 == 0 else 1 for n in range(40)]
    counts = Counter(rng.choices(range(40), weights)[0] for _ in range(50_000))
    assert chi_square([counts[n] for n in range(40)]) > CHI_SQUARE[39]


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=6), chance=st.integers(0, 8), risk=st.integers(0, 4),
    seed=st.text(max_size=5), order=st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_agent_is_missed_none_is_drawn_twice_and_the_same_seed_draws_the_same(
    sizes: list[int], chance: int, risk: int, seed: str, order: Random
) -> None:
    frame = [
        unit(n, agent=agent, stratum=(f"s{n % 3}",), risks=("csat",) if n % 4 == 0 else ())
        for agent, size in enumerate(sizes, 1)
        for n in range(size)
    ]
    people = [UUID(int=agent) for agent in range(1, len(sizes) + 1)]
    quota = Quota(chance, risk)
    drawn = sampling.draw(frame=frame, quota=quota, seed=seed, people=people)
    by_chance = Counter(one.candidate.agent for one in drawn.picks if one.part is Part.RANDOM)
    for agent, size in zip(people, sizes, strict=True):
        assert by_chance[agent] == min(chance, size)
        assert (agent in drawn.short) == (size < chance)
    assert max(Counter(one.candidate.unit for one in drawn.picks).values(), default=1) == 1
    assert all(one.reason in one.candidate.risks for one in drawn.picks if one.part is Part.RISK)
    order.shuffle(frame)
    assert sampling.draw(frame=frame, quota=quota, seed=seed, people=people) == drawn


def test_what_another_person_did_changes_nothing_of_ones_own_draw() -> None:
    mine = [unit(n, agent=1) for n in range(30)]
    theirs = [unit(n, agent=2) for n in range(30)]
    alone = sampling.draw(frame=mine, quota=Quota(3), seed="a").picks
    together = sampling.draw(frame=mine + theirs, quota=Quota(3), seed="a").picks
    assert alone == [one for one in together if one.candidate.agent == UUID(int=1)]


def test_a_unit_that_stands_in_the_frame_twice_is_one() -> None:
    frame = [unit(n) for n in range(4)] * 3
    assert len(sampling.draw(frame=frame, quota=Quota(10), seed="a").picks) == 4


def test_another_seed_draws_others() -> None:
    frame = [unit(n) for n in range(100)]
    assert sampling.draw(frame=frame, quota=Quota(5), seed="a") != sampling.draw(frame=frame, quota=Quota(5), seed="b")


def test_a_rare_risk_is_not_crowded_out_by_a_common_one() -> None:
    frame = [unit(n, risks=("long",)) for n in range(50)] + [unit(n, risks=("csat",)) for n in range(50, 52)]
    picks = sampling.draw(frame=frame, quota=Quota(0, 2), seed="a").picks
    assert {one.reason for one in picks} == {"long", "csat"}


def test_the_part_of_risk_changes_nothing_of_the_part_of_chance() -> None:
    frame = [unit(n, risks=("long",) if n % 2 else ()) for n in range(50)]
    without = sampling.draw(frame=frame, quota=Quota(4), seed="a").picks
    with_risk = sampling.draw(frame=frame, quota=Quota(4, 3), seed="a").picks
    assert [one for one in with_risk if one.part is Part.RANDOM] == without


class TestRoughness:
    """The reason that is sorted instead of shuffled."""

    # Thirty conversations, ten of them rough: the later, the rougher.
    FRAME = [
        unit(n, risks=("rough",) if n % 3 == 0 else (), roughness=(50 + n) / 100 if n % 3 == 0 else 0.0)
        for n in range(30)
    ]

    @pytest.mark.parametrize("seed", ["a", "b", "c", "d", "e"])
    def test_the_roughest_come_first_whatever_the_seed(self, seed: str) -> None:
        picks = sampling.draw(frame=self.FRAME, quota=Quota(0, 4), seed=seed).picks
        assert [one.candidate.roughness for one in picks] == [0.77, 0.74, 0.71, 0.68]
        assert {one.reason for one in picks} == {sampling.ROUGH}

    def test_chance_decides_between_equals_and_the_same_seed_alike(self) -> None:
        frame = [unit(n, risks=("rough",), roughness=0.9) for n in range(20)]
        drawn = {seed: sampling.draw(frame=frame, quota=Quota(0, 1), seed=seed).picks[0] for seed in "abcdefgh"}
        assert len({one.candidate.unit for one in drawn.values()}) > 3
        assert all(
            sampling.draw(frame=frame, quota=Quota(0, 1), seed=seed).picks == [one] for seed, one in drawn.items()
        )

    def test_what_chance_picks_is_the_same_with_and_without_it(self) -> None:
        plain = [replace(one, risks=(), roughness=0.0) for one in self.FRAME]
        with_it = sampling.draw(frame=self.FRAME, quota=Quota(5, 3), seed="a").picks
        without = sampling.draw(frame=plain, quota=Quota(5, 3), seed="a").picks
        assert [one.candidate.unit for one in with_it if one.part is Part.RANDOM] == [
            one.candidate.unit for one in without
        ]

    def test_every_other_reason_is_still_of_chance(self) -> None:
        first = Counter()
        for n in range(400):
            frame = [unit(n, risks=("csat",), roughness=n / 100) for n in range(10)]
            first[sampling.draw(frame=frame, quota=Quota(0, 1), seed=str(n)).picks[0].candidate.unit] += 1
        assert len(first) == 10
        assert chi_square(list(first.values())) < 27.877  # the 99.9 % point of nine degrees of freedom

    def test_it_does_not_crowd_out_another_reason(self) -> None:
        frame = [*self.FRAME, unit(50, risks=("csat",)), unit(51, risks=("csat",))]
        picks = sampling.draw(frame=frame, quota=Quota(0, 4), seed="a").picks
        assert Counter(one.reason for one in picks) == {"rough": 2, "csat": 2}

    def test_instead_of_one_comes_the_roughest_that_is_left_whatever_its_stratum(self) -> None:
        frame = [replace(one, stratum=("chat" if n < 24 else "email",)) for n, one in enumerate(self.FRAME)]
        lost = Drawn(frame[21], Part.RISK, "rough")
        taken = [lost.candidate.unit, frame[27].unit]
        for n in range(5):
            assert sampling.replacement(frame=frame, taken=taken, instead_of=lost, seed="a", n=n) == Drawn(
                frame[24], Part.RISK, "rough"
            )
        everything = [one.unit for one in frame]
        assert sampling.replacement(frame=frame, taken=everything, instead_of=lost, seed="a", n=1) is None

    def test_it_is_part_of_the_fingerprint_and_a_frame_without_it_keeps_the_one_it_had(self) -> None:
        assert sampling.fingerprint(self.FRAME) != sampling.fingerprint(
            [replace(one, roughness=0.0) for one in self.FRAME]
        )
        assert sampling.fingerprint([unit(n, risks=("csat",)) for n in range(3)]) == (
            "de8b07a266045c197eae98ddc358385f33b629e05391c344dcaf12c09f12141a"
        )


class TestReplacing:
    """A pick that cannot be reviewed, and the one that comes instead."""

    FRAME = [unit(n, stratum=("chat" if n < 6 else "email",), risks=("csat",) if n % 3 == 0 else ()) for n in range(12)]

    def test_it_comes_from_the_same_stratum_and_was_not_picked(self) -> None:
        lost = Drawn(self.FRAME[0], Part.RANDOM)
        taken = [one.unit for one in self.FRAME[:5]]
        for n in range(5):
            found = sampling.replacement(frame=self.FRAME, taken=taken, instead_of=lost, seed="a", n=n)
            assert found == Drawn(self.FRAME[5], Part.RANDOM)

    def test_it_comes_from_another_stratum_when_that_one_is_used_up(self) -> None:
        taken = [one.unit for one in self.FRAME[:6]]
        found = sampling.replacement(
            frame=self.FRAME, taken=taken, instead_of=Drawn(self.FRAME[0], Part.RANDOM), seed="a", n=1
        )
        assert found is not None
        assert found.candidate.stratum == ("email",)

    def test_it_is_none_when_nothing_is_left(self) -> None:
        taken = [one.unit for one in self.FRAME]
        lost = Drawn(self.FRAME[0], Part.RANDOM)
        assert sampling.replacement(frame=self.FRAME, taken=taken, instead_of=lost, seed="a", n=1) is None

    def test_one_of_risk_is_replaced_by_one_with_the_same_reason(self) -> None:
        lost = Drawn(self.FRAME[0], Part.RISK, "csat")
        found = sampling.replacement(frame=self.FRAME, taken=[lost.candidate.unit], instead_of=lost, seed="a", n=1)
        assert found is not None
        assert (found.part, found.reason) == (Part.RISK, "csat")
        assert "csat" in found.candidate.risks


class TestSharingOut:
    """Who reviews what."""

    PICKS = [Drawn(unit(n, agent=n % 3 + 1), Part.RANDOM) for n in range(30)]

    def test_the_work_is_even(self) -> None:
        people = [Reviewer(key) for key in range(4)]
        given = sampling.share_out(picks=self.PICKS, reviewers=people, may_read=lambda *_: True, seed="a")
        counts = Counter(given)
        assert max(counts.values()) - min(counts.values()) <= 1

    def test_who_has_more_waiting_gets_less(self) -> None:
        given = sampling.share_out(
            picks=self.PICKS, reviewers=[Reviewer(1, load=20), Reviewer(2)], may_read=lambda *_: True, seed="a"
        )
        assert Counter(given) == {2: 25, 1: 5}

    def test_nobody_reviews_themselves(self) -> None:
        people = [Reviewer(1, agent=UUID(int=1)), Reviewer(2, agent=UUID(int=2))]
        given = sampling.share_out(picks=self.PICKS, reviewers=people, may_read=lambda *_: True, seed="a")
        assert all(
            pick.candidate.agent != UUID(int=key)
            for pick, key in zip(self.PICKS, given, strict=True)
            if key is not None
        )
        assert None not in given

    def test_what_nobody_may_read_is_nobodys(self) -> None:
        given = sampling.share_out(picks=self.PICKS[:2], reviewers=[Reviewer(1)], may_read=lambda *_: False, seed="a")
        assert given == [None, None]

    def test_what_only_one_may_read_does_not_make_it_uneven(self) -> None:
        def may_read(reviewer: Reviewer, pick: Drawn) -> bool:
            return reviewer.key == 1 or pick.candidate.agent != UUID(int=1)

        given = sampling.share_out(picks=self.PICKS, reviewers=[Reviewer(1), Reviewer(2)], may_read=may_read, seed="a")
        assert Counter(given) == {1: 15, 2: 15}


def test_a_frame_has_one_fingerprint_whatever_its_order() -> None:
    frame = [unit(n) for n in range(20)]
    assert sampling.fingerprint(frame) == sampling.fingerprint(frame[::-1])
    assert sampling.fingerprint(frame) != sampling.fingerprint(frame[:-1])


@pytest.mark.parametrize(
    ("at", "cadence", "first", "hours"),
    [
        (datetime(2026, 3, 30, 1, tzinfo=UTC), "day", "2026-03-29", 23),  # the clocks went forward
        (datetime(2026, 10, 26, 1, tzinfo=UTC), "day", "2026-10-25", 25),  # and back
        (datetime(2026, 11, 29, 16, tzinfo=UTC), "week", "2026-11-16", 168),
        (datetime(2026, 11, 29, 23, 30, tzinfo=UTC), "week", "2026-11-23", 168),  # Monday there already
    ],
)
def test_the_last_period_is_that_of_the_zone(at: datetime, cadence: str, first: str, hours: int) -> None:
    period = last_ended(cadence=cadence, zone=ZoneInfo("Europe/Berlin"), at=at)
    assert str(period.first_on) == first
    length = period.until_at.astimezone(UTC) - period.from_at.astimezone(UTC)
    assert length == timedelta(hours=hours)
    assert period.until_at <= at < period_of(cadence=cadence, zone=ZoneInfo("Europe/Berlin"), at=at).until_at


def test_a_cadence_that_is_neither_is_refused() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        period_of(cadence="fortnight", zone=ZoneInfo("UTC"), at=MONDAY)
