"""How often words were taken for names lately: what an admin sees before listing them as nobody's (`access.allow_list`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.access.sealed import mark_of

# So many of the latest masked values are looked at, and so many entries are looked for.
LATEST, MOST_ENTRIES = 20_000, 40

# Backwards over the primary key: what was sealed last.
_LATEST = """
SELECT conversation_id, mark FROM (SELECT conversation_id, kind, mark FROM interactions_sealedvalue ORDER BY id DESC LIMIT %s) latest
WHERE kind = 'name' AND mark IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Guesses:
    """How many masked names were looked at, and how many of them are each entry and nothing else. Entries beyond the most that are
    looked for are missing."""

    names: int
    of: dict[str, int]


def guesses(entries: Sequence[str]) -> Guesses:
    """Count the entries among the latest masked names by their keyed marks: no value is opened. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [LATEST])
        rows: list[tuple[UUID, int]] = cursor.fetchall()
    marks: dict[UUID, Counter[int]] = {}
    for conversation, mark in rows:
        marks.setdefault(conversation, Counter())[mark] += 1
    return Guesses(
        len(rows),
        {
            entry: sum(found[mark_of(entry, context=conversation.bytes)] for conversation, found in marks.items())
            for entry in entries[:MOST_ENTRIES]
        },
    )
