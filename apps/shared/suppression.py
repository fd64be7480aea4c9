"""Which of some numbers can be shown together, so that no sum or difference of them is a number of too few people.

Leaving out the number of a small group is not enough: the whole less what is shown of its other parts is that number. So the
numbers that can be asked for are gone through from the largest to the smallest, and one is shown if, with all that is shown
already, nothing can be worked out that is made of fewer people than that. What is left out for this is what statistical offices
call complementary suppression. It depends on who answers what, and on no number, so that leaving out tells nothing itself.

A number is the sum of its atoms: the least parts that can be told apart. Each atom is the work of some teams; where single people are
known, each is a team of one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

Atom = Hashable
Cell = frozenset[Atom]
Row = dict[Atom, Fraction]
# Of more small teams than that, their atoms are held to be of too few people together: less is shown, and nothing more.
MOST_SMALL_TEAMS = 12


def shown(
    *, cells: Iterable[Cell], teams: Mapping[Any, frozenset[Any]], people: Mapping[Any, int], fewest: int
) -> frozenset[Cell]:
    """Return those of the cells that can be shown together. `teams` are whose work an atom is, `people` how many a team has."""

    def size(of: Iterable[Atom]) -> int:
        return sum(people.get(team, 0) for team in frozenset[Any]().union(*(teams[atom] for atom in of)))

    small = {atom for atom in teams if size([atom]) < fewest}
    groups = _groups({atom: teams[atom] for atom in small}, people, fewest)
    pivots: dict[Atom, Row] = {}
    # What can be worked out of the atoms of small groups alone.
    bare: list[Row] = []
    found = set()
    for cell in sorted(set(cells), key=lambda one: (-size(one), -len(one), sorted(map(repr, one)))):
        if not cell:
            continue
        row = _less(dict.fromkeys(cell, Fraction(1)), pivots)
        if large := [atom for atom in row if atom not in small]:
            pivots[min(large, key=repr)] = row
        elif row:
            if any(_can_be_told([*bare, row], group) for group in groups):
                continue
            bare.append(row)
            pivots[min(row, key=repr)] = row
        found.add(cell)
    return frozenset(found)


def _groups(small: Mapping[Atom, frozenset[Any]], people: Mapping[Any, int], fewest: int) -> list[frozenset[Atom]]:
    """The sets of atoms that are the work of too few people together."""
    whose = sorted(frozenset[Any]().union(*small.values()))
    if len(whose) > MOST_SMALL_TEAMS:
        return [frozenset(small)]
    found = set()
    for n in range(1, len(whose) + 1):
        for some in combinations(whose, n):
            if sum(people.get(team, 0) for team in some) < fewest:
                found.add(frozenset(atom for atom, teams in small.items() if teams <= set(some)))
    return [one for one in found if one and not any(one < other for other in found)]


def _can_be_told(rows: Sequence[Row], group: frozenset[Atom]) -> bool:
    """Say whether some sum or difference of independent rows is made of atoms of the group alone."""
    pivots: dict[Atom, Row] = {}
    for row in rows:
        rest = _less({atom: n for atom, n in row.items() if atom not in group}, pivots)
        if not rest:
            return True
        pivots[min(rest, key=repr)] = rest
    return False


def _less(row: Row, pivots: Mapping[Atom, Row]) -> Row:
    """A row less as much of earlier ones as takes their pivots out of it. Each has none of the pivots before its own."""
    row = dict(row)
    for pivot, other in pivots.items():
        if factor := row.get(pivot, Fraction(0)) / other[pivot]:
            for atom, n in other.items():
                row[atom] = row.get(atom, Fraction(0)) - factor * n
                if not row[atom]:
                    del row[atom]
    return row
