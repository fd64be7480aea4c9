"""Names that two agents share are told apart by the source that knows each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import OuterRef, Subquery

from apps.agents.models import AgentIdentity


def source_of(agent: str) -> Subquery:
    """The source by which an agent is known, the first in the alphabet; `agent` names the column of its key."""
    known = AgentIdentity.objects.filter(agent=OuterRef(agent)).order_by("source")
    return Subquery(known.values("source")[:1])


def told_apart(named: Iterable[tuple[Any, str, str | None]]) -> Mapping[Any, str]:
    """Return the name of each key, with its source where another key has the same name."""
    found = {key: (name, source) for key, name, source in named}
    often = Counter(name.casefold() for name, _ in found.values())
    return {
        key: f"{name} ({source})" if source and often[name.casefold()] > 1 else name
        for key, (name, source) in found.items()
    }
