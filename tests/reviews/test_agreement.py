"""Agreement beyond chance, held against published examples and against a second way to compute it."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations, permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.reviews import agreement
from apps.reviews.agreement import Mark, alpha, kappa, kappa_of_tables, percent, severity

X = float("nan")
# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: four observers, twelve units.
FOUR_OBSERVERS = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
    [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
]).T  # fmt: skip
# The same paper, example A: two observers, two values.
TWO_VALUES = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], dtype=float).T
# The same paper, example B: two observers, a to e.
FIVE_VALUES = np.array([[ord(a), ord(b)] for a, b in zip("aabbdcccedda", "babbbccceddd", strict=True)], dtype=float)
# Agresti (1990), table 2.10: how often a husband and a wife find sex fun, on four points.
FUN = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]


def spread_out(table: list[list[int]]) -> np.ndarray:
    """The marks behind a table of two graders."""
    return np.array([(a, b) for a, row in enumerate(table) for b, n in enumerate(row) for _ in range(n)], dtype=float)


class TestPublished:
    """What others have printed."""

    @pytest.mark.parametrize(
        ("table", "printed"),
        [
            ([[20, 5], [10, 15]], 0.4),  # the grant proposals that introduce kappa in most text books
            ([[45, 15], [25, 15]], 0.1304),  # the same agreement, other margins
            ([[25, 35], [5, 35]], 0.2593),
            ([[44, 7, 9], [5, 20, 5], [1, 3, 6]], 0.492),  # Cohen (1968), table 1
            (FUN, 0.1293),
        ],
    )
    def test_kappa(self, table: list[list[int]], printed: float) -> None:
        assert kappa(spread_out(table)).value == pytest.approx(printed, abs=0.0005)

    def test_weighted_kappa_of_cohens_own_example(self) -> None:
        cost = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]], dtype=float)
        table = np.array([[[44, 7, 9], [5, 20, 5], [1, 3, 6]]], dtype=float)
        assert kappa_of_tables(table, cost)[0] == pytest.approx(0.348, abs=0.0005)

    def test_weighted_kappa_of_four_points(self) -> None:
        assert kappa(spread_out(FUN), weights="linear").value == pytest.approx(0.2374, abs=0.0005)

    @pytest.mark.parametrize(("level", "printed"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
    def test_alpha_of_four_observers_with_gaps(self, level: agreement.Level, printed: float) -> None:
        found = alpha(FOUR_OBSERVERS, level=level)
        assert found.value == pytest.approx(printed, abs=0.0005)
        assert found.n == 11  # the twelfth unit was judged by one alone

    def test_alpha_of_two_observers(self) -> None:
        assert alpha(TWO_VALUES).value == pytest.approx(0.095, abs=0.0005)
        assert alpha(FIVE_VALUES).value == pytest.approx(0.692, abs=0.0005)


def kappa_by_counting(pairs: list[tuple[int, int]], power: int) -> float:
    """Kappa by its sentence: the cost that was seen over the cost of every first mark against every second."""
    values = sorted({value for pair in pairs for value in pair})
    rank = {value: at for at, value in enumerate(values)}

    def cost(a: int, b: int) -> float:
        return float(a != b) if power == 0 else float(abs(rank[a] - rank[b]) ** power)

    seen = sum(cost(a, b) for a, b in pairs) / len(pairs)
    by_chance = sum(cost(a, b) for a, _ in pairs for _, b in pairs) / len(pairs) ** 2
    return 1 - seen / by_chance


def alpha_by_pairs(rows: list[list[int | None]], level: str) -> float:
    """Alpha by its sentence: disagreement within units over disagreement between all marks that could be paired."""
    units = [[mark for mark in row if mark is not None] for row in rows]
    units = [unit for unit in units if len(unit) > 1]
    pool = [mark for unit in units for mark in unit]
    counted = Counter(pool)

    def distance(a: int, b: int) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return float((a - b) ** 2)
        low, high = min(a, b), max(a, b)
        return float((sum(counted[g] for g in range(low, high + 1)) - (counted[low] + counted[high]) / 2) ** 2)

    within = sum(sum(distance(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units) / len(pool)
    between = sum(distance(a, b) for a, b in permutations(pool, 2)) / (len(pool) * (len(pool) - 1))
    return 1 - within / between


marks = st.one_of(st.none(), st.integers(1, 4))


@given(
    rows=st.lists(st.lists(marks, min_size=3, max_size=3), min_size=1, max_size=15),
    level=st.sampled_from(["nominal", "ordinal", "interval"]),
)
@settings(max_examples=150, deadline=None)
def test_alpha_equals_a_second_way_to_compute_it(rows: list[list[int | None]], level: agreement.Level) -> None:
    table = np.array([[X if mark is None else mark for mark in row] for row in rows], dtype=float)
    found = alpha(table, level=level)
    pooled = {mark for row in rows if sum(m is not None for m in row) > 1 for mark in row if mark is not None}
    if len(pooled) < 2:
        assert found.value is None
    else:
        assert found.value == pytest.approx(alpha_by_pairs(rows, level), abs=1e-9)


@given(
    pairs=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=15), power=st.integers(0, 2)
)
@settings(max_examples=150, deadline=None)
def test_kappa_equals_a_second_way_to_compute_it(pairs: list[tuple[int, int]], power: int) -> None:
    weights: list[agreement.Weights] = ["none", "linear", "quadratic"]
    found = kappa(np.array(pairs, dtype=float), weights=weights[power])
    if all(a == b for (a, _), (_, b) in combinations([*pairs, pairs[0]], 2)) or len({v for p in pairs for v in p}) == 1:
        assert found.value is None or len({v for p in pairs for v in p}) > 1
    else:
        assert found.value == pytest.approx(kappa_by_counting(pairs, power), abs=1e-9)


def test_percent_is_the_share_of_equal_pairs() -> None:
    table = np.array([[1, 1, 1], [1, 1, 2], [1, X, 2], [3, X, X]])
    # Three of three, one of three, none of one; the last was judged by one alone.
    assert percent(table) == agreement.Agreement(4 / 7, 3)


def test_all_the_same_marks_say_nothing_about_agreement_beyond_chance() -> None:
    same = np.ones((30, 2))
    assert percent(same).value == 1
    assert kappa(same).value is None
    assert alpha(same).value is None


def test_nothing_judged_twice_is_no_agreement_and_not_none_of_it() -> None:
    table = np.array([[1, X], [X, 2]])
    assert percent(table).value is alpha(table).value is kappa(table).value is None


def test_more_than_two_graders_have_no_kappa() -> None:
    with pytest.raises(ValueError, match="3 graders"):
        kappa(np.ones((4, 3)))


def two_graders(n: int, seed: int, agreeing: float) -> np.ndarray:
    rng = Random(seed)
    rows = []
    for _ in range(n):
        truth = rng.randint(1, 4)
        rows.append([truth, truth if rng.random() < agreeing else rng.randint(1, 4)])
    return np.array(rows, dtype=float)


def test_below_twenty_units_there_is_no_interval() -> None:
    assert alpha(two_graders(19, 1, 0.7)).low is None
    assert alpha(two_graders(20, 1, 0.7)).low is not None


def test_the_interval_covers_what_is_true_about_as_often_as_it_says() -> None:
    # Agreement on purpose in 70 %, the rest by chance over four values: kappa and alpha are 0.7 in the long run.
    covered: dict[str, int] = defaultdict(int)
    for seed in range(100):
        table = two_graders(80, seed, 0.7)
        for name, found in (("kappa", kappa(table)), ("alpha", alpha(table))):
            assert found.low is not None
            assert found.high is not None
            covered[name] += found.low <= 0.7 <= found.high
    assert min(covered.values()) >= 88


def test_the_same_table_has_the_same_interval() -> None:
    table = two_graders(40, 1, 0.6)
    assert alpha(table) == alpha(table)


class TestSeverity:
    """Who judges more strictly, given what they were given."""

    def test_one_who_gets_the_harder_cases_is_not_strict_for_it(self) -> None:
        # Mona judges the good person nine times and the weak one once, Quentin the other way round; both judge alike.
        marks = [Mark("mona", "good", 90)] * 9 + [Mark("mona", "weak", 50)]
        marks += [Mark("quentin", "good", 90)] + [Mark("quentin", "weak", 50)] * 9
        found = severity(marks)
        assert found["mona"].points == pytest.approx(0, abs=1e-9)
        assert found["quentin"].points == pytest.approx(0, abs=1e-9)

    def test_a_strict_grader_is_found_whatever_the_mix(self) -> None:
        rng = Random(4)
        deserved = {person: rng.uniform(50, 95) for person in range(6)}
        adds = {"mona": 4.0, "quentin": -6.0, "lena": 2.0}
        marks = [
            Mark(grader, person, deserved[person] + add + rng.gauss(0, 3))
            for grader, add in adds.items() for person in deserved for _ in range(rng.randint(2, 9))
        ]  # fmt: skip
        for grader, add in adds.items():
            found = severity(marks)[grader]
            assert found.points is not None
            assert found.low is not None
            assert found.high is not None
            assert found.low < add < found.high
            assert abs(found.points - add) < 2

    def test_the_effects_of_those_who_can_be_compared_add_up_to_nothing(self) -> None:
        found = severity([Mark("a", 1, 80), Mark("b", 1, 70), Mark("c", 1, 75)])
        assert [found[one].points for one in "abc"] == pytest.approx([5, -5, 0])
        assert found["a"].low is None

    def test_one_who_shares_no_case_with_anybody_has_none(self) -> None:
        found = severity([Mark("a", 1, 80), Mark("b", 1, 70), Mark("alone", 2, 10)])
        assert found["alone"] == agreement.Severity(None, 1)
        assert found["a"].points == pytest.approx(5)

    def test_nobody_is_compared_with_those_no_case_leads_to(self) -> None:
        found = severity([Mark("a", 1, 80), Mark("b", 1, 70), Mark("c", 2, 20), Mark("d", 2, 10)])
        assert [found[one].points for one in "abcd"] == pytest.approx([5, -5, 5, -5])


@pytest.mark.parametrize(("free", "value"), [(1, 12.706), (9, 2.262), (11, 2.228), (5000, 1.962)])
def test_the_point_of_student_is_never_too_small(free: int, value: float) -> None:
    assert agreement.t_95(free) == value
