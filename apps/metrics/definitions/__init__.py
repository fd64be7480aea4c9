"""Every number that Midshift shows, defined once. "How I am measured" is rendered from here."""

from __future__ import annotations

from collections.abc import Iterable

from apps.metrics.definitions.ai import AI_AGENTS
from apps.metrics.definitions.definition import Definition
from apps.metrics.definitions.effort import EFFORT
from apps.metrics.definitions.outcome import OUTCOME
from apps.metrics.definitions.quality import QUALITY
from apps.metrics.definitions.speed import SPEED

# Families as the page shows them.
FAMILIES: dict[str, tuple[Definition, ...]] = {
    "Speed and queue": SPEED,
    "Effort, time and presence": EFFORT,
    "Outcome": OUTCOME,
    "AI agents": AI_AGENTS,
    "Quality": QUALITY,
}


def checked(definitions: Iterable[Definition]) -> dict[str, Definition]:
    """Return the definitions by key.

    :raises ValueError: two share a key or a name, or a guard is not defined.
    """
    found: dict[str, Definition] = {}
    names: set[str] = set()
    for one in definitions:
        if one.key in found or one.name in names:
            raise ValueError(f"{one.key} ({one.name}) is defined twice.")
        found[one.key] = one
        names.add(one.name)
    for one in found.values():
        if one.guard not in found:
            raise ValueError(f"{one.key} is guarded by {one.guard}, which is not defined.")
    return found


DICTIONARY = checked(one for family in FAMILIES.values() for one in family)
