"""Which parts of a whole are not shown to who sees people as numbers alone: those of too few people, and what would tell them. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar
from uuid import UUID

# Who sees numbers alone sees none of fewer people than this.
FEWEST_PEOPLE = 5
Part = TypeVar("Part", bound=Hashable)


def withheld(parts: Mapping[Part, frozenset[UUID]]) -> frozenset[Part]:
    """Say which of the parts that make a whole are left out, from whose work each is.

    First those of fewer than five people. The whole less what is shown is then a number of all that is left out: while those are fewer
    than five together, the part of the fewest people among the others is left out too.
    """
    left_out = {part for part, people in parts.items() if len(people) < FEWEST_PEOPLE}
    others = sorted((part for part in parts if part not in left_out), key=lambda part: (len(parts[part]), repr(part)))
    for part in others:
        if not left_out or len(frozenset[UUID]().union(*(parts[one] for one in left_out))) >= FEWEST_PEOPLE:
            break
        left_out.add(part)
    return frozenset(left_out)
