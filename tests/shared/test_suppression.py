"""Nothing that is made of too few people follows from what is shown, held against ranks of whole matrices."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

from apps.shared.suppression import MOST_SMALL_TEAMS, Atom, Cell, shown

FEWEST = 5


def told(cells: set[Cell], teams: dict[Atom, frozenset[int]], people: dict[int, int]) -> frozenset[Cell]:
    return shown(cells=cells, teams=teams, people=people, fewest=FEWEST)


def can_be_worked_out(found: frozenset[Cell], teams: dict[Atom, frozenset[int]], people: dict[int, int]) -> bool:
    """Some sum or difference is of too few: without the columns of some small group the shown have a smaller rank."""
    atoms = sorted(teams, key=repr)
    matrix = np.array([[float(atom in cell) for atom in atoms] for cell in found]).reshape(len(found), len(atoms))
    whole = np.linalg.matrix_rank(matrix) if found else 0
    for n in range(1, len(people) + 1):
        for some in combinations(people, n):
            if sum(people[one] for one in some) < FEWEST:
                others = [k for k, atom in enumerate(atoms) if not teams[atom] <= set(some)]
                left = np.linalg.matrix_rank(matrix[:, others]) if found and others else 0
                if left < whole:
                    return True
    return False


def cut(seed: int) -> tuple[set[Cell], dict[Atom, frozenset[int]], dict[int, int]]:
    """Some teams of one to nine people, some queues that one or two of them answer, and everything that can be asked for."""
    chance = Random(seed)
    people = {n: chance.randint(1, 9) for n in range(chance.randint(2, 5))}
    teams: dict[Atom, frozenset[int]] = {
        (f"queue {n}", chance.choice(["chat", "voice"])): frozenset(chance.sample(sorted(people), chance.randint(1, 2)))
        for n in range(chance.randint(2, 8))
    }
    cells = {frozenset(teams), *(frozenset([atom]) for atom in teams)}
    cells |= {frozenset(atom for atom in teams if team in teams[atom]) for team in people}
    cells |= {frozenset(atom for atom in teams if atom[1] == channel) for channel in ("chat", "voice")}  # type: ignore[index]
    return {cell for cell in cells if cell}, teams, people


@pytest.mark.parametrize("part", range(4))
def test_of_random_floors_nothing_small_can_be_worked_out(part: int) -> None:
    withheld = naive = 0
    for seed in range(part * 75, part * 75 + 75):
        cells, teams, people = cut(seed)
        found = told(cells, teams, people)
        assert not can_be_worked_out(found, teams, people), seed
        large = frozenset(
            one for one in cells if sum(people[t] for t in frozenset().union(*(teams[a] for a in one))) >= FEWEST
        )
        naive += can_be_worked_out(large, teams, people)
        withheld += len(large - found)
    assert min(naive, withheld) > 5, "the floors are such that leaving out the small ones alone is not enough"


def test_what_is_large_enough_is_all_shown() -> None:
    teams: dict[Atom, frozenset[int]] = {"a": frozenset({1}), "b": frozenset({2})}
    cells = {frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})}
    assert told(cells, teams, {1: 5, 2: 6}) == cells


def test_nine_people_and_six_of_them_are_not_both_shown() -> None:
    teams: dict[Atom, frozenset[int]] = {"six": frozenset({1}), "three": frozenset({2})}
    whole = frozenset({"six", "three"})
    assert told({whole, frozenset({"six"}), frozenset({"three"})}, teams, {1: 6, 2: 3}) == {whole}


def test_two_small_teams_that_are_many_together_cost_nothing() -> None:
    teams: dict[Atom, frozenset[int]] = {"six": frozenset({1}), "three": frozenset({2}), "two": frozenset({3})}
    whole = frozenset(teams)
    assert told({whole, *(frozenset({one}) for one in teams)}, teams, {1: 6, 2: 3, 3: 2}) == {whole, frozenset({"six"})}


def test_of_very_many_small_teams_less_is_shown_and_nothing_more() -> None:
    many = range(MOST_SMALL_TEAMS + 1)
    teams: dict[Atom, frozenset[int]] = {n: frozenset({n}) for n in many} | {"large": frozenset({99})}
    people = dict.fromkeys(many, 2) | {99: 9}
    assert told({frozenset(teams), *(frozenset({one}) for one in teams)}, teams, people) == {frozenset(teams)}
