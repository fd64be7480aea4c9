"""Which parts of a whole are not shown to who sees people as numbers alone: those of too few people, and what would tell them. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar
from uuid import UUID

from apps.shared import suppression

# Who sees numbers alone sees none of fewer people than this.
FEWEST_PEOPLE = 5
Part = TypeVar("Part", bound=Hashable)


def withheld(parts: Mapping[Part, frozenset[UUID]]) -> frozenset[Part]:
    """Say which of the parts that make a whole are left out beside it, from whose work each is."""
    cells = {part: frozenset([part]) for part in parts}
    everybody = frozenset[UUID]().union(*parts.values())
    found = suppression.shown(
        cells=[frozenset(parts), *cells.values()], teams=parts, people=dict.fromkeys(everybody, 1), fewest=FEWEST_PEOPLE
    )
    return frozenset(part for part, cell in cells.items() if cell not in found)
