"""What an AI agent understood for sure, learnt as a second opinion on what it understands from then on.

An agent's own turns are its examples: the intent it named itself, surely and without falling back. Its second opinion reads only
messages that came after them, and says where the agent is no longer of one mind with itself: a drift, an odd wording, a change.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zlib import crc32

import numpy as np
from django.db import connection, transaction

from apps.analysis import artefact, intent, meanings
from apps.analysis.models import Lesson

# How far back examples are looked for, how sure the agent was of them, and how many are learnt from.
DAYS = timedelta(days=60)
SURE = 0.7
MOST_EXAMPLES = 800
# An intent that was seen less often is not taught.
FEWEST_OF_INTENT = 5
MOST_INTENTS = 60
# A lesson holds so long, and one call of the task learns so many: each takes some seconds.
HOLDS = timedelta(days=1)
AGENTS_A_CALL = 1

_DUE = """
SELECT a.id FROM agents_agent a LEFT JOIN analysis_lesson l ON l.agent_id = a.id
WHERE a.kind = 'ai' AND (l.agent_id IS NULL OR l.learnt_at <= %(before)s OR l.version <> ALL(%(versions)s))
  AND EXISTS (SELECT 1 FROM interactions_botturn t WHERE t.agent_id = a.id AND t.happened_at > %(since)s AND t.happened_at <= %(at)s)
ORDER BY l.learnt_at NULLS FIRST, a.id LIMIT %(most)s
"""
# The latest of each agent's sure turns with what the customer wrote, masked.
_EXAMPLES = """
SELECT m.text, t.intent FROM interactions_botturn t
JOIN interactions_message m ON m.id = t.message_id AND m.sent_at > %(since)s AND m.sent_at <= %(at)s
WHERE t.agent_id = %(agent)s AND t.happened_at > %(since)s AND t.happened_at <= %(at)s AND NOT t.is_fallback AND t.intent <> ''
  AND t.confidence >= %(sure)s AND m.author_kind = 'customer' AND m.removed_at IS NULL AND m.text <> ''
ORDER BY t.happened_at DESC, t.id LIMIT %(most)s
"""


class _Places(Mapping[str, int]):
    """Places of words by their checksum: no word of a customer is kept in a lesson."""

    def __init__(self, by: dict[int, int]) -> None:
        self._by = by

    def __getitem__(self, gram: str) -> int:
        return self._by[_sum(gram)]

    def __iter__(self) -> Iterator[str]:
        raise TypeError("A lesson does not keep its words.")

    def __len__(self) -> int:
        return len(self._by)


def _sum(gram: str) -> int:
    return crc32(gram.encode("utf-8", "replace"))


def packed(opinion: intent.Opinion) -> bytes:
    """An opinion as it is kept: weights, and the checksums of its words."""
    grams = np.zeros(len(opinion.places), np.int64)
    for gram, place in opinion.places.items():
        grams[place] = _sum(gram)
    labels = np.frombuffer(json.dumps(opinion.labels).encode(), np.uint8)
    return artefact.packed(
        grams=grams, labels=labels, rarity=opinion.rarity, table=opinion.table.astype(np.float16), bias=opinion.bias,
        starts=opinion.starts, owners=opinion.owners.astype(np.int32), shares_of=opinion.shares_of.astype(np.float16),
        examples=np.array([opinion.examples]), **_packed_meanings(opinion.meanings),
    )  # fmt: skip


def _packed_meanings(learnt: intent.Meanings | None) -> dict[str, intent.Array]:
    """What both tiers learnt lies in one lesson; no vector of an example is kept, from which words could be told."""
    if learnt is None:
        return {}
    return {"meanings": learnt.table.astype(np.float16), "meanings_bias": learnt.bias.astype(np.float32)}


def unpacked(raw: bytes) -> intent.Opinion:
    """The opinion that was packed."""
    with np.load(io.BytesIO(raw)) as kept:
        a = {
            name: kept[name].astype(np.float64) if kept[name].dtype == np.float16 else kept[name] for name in kept.files
        }
    labels = tuple(json.loads(a["labels"].tobytes()))
    places = _Places({int(gram): place for place, gram in enumerate(a["grams"].tolist())})
    learnt = intent.Meanings(a["meanings"], a["meanings_bias"]) if "meanings" in a else None
    return intent.Opinion(
        labels, places, a["rarity"], a["table"], a["bias"], int(a["examples"][0]), a["starts"], a["owners"], a["shares_of"], learnt
    )  # fmt: skip


def learn_due(*, at: datetime) -> int:
    """Learn the lessons that are due, a few a call; return how many. Learning again from the same turns gives the same lesson.

    An agent with too few sure turns gets an empty lesson, so that it is not asked again before a day has passed. Where the second
    tier reads, what the first learnt alone is due at once; where it does not, what both learnt stays.
    """
    second = meanings.HERE.patient(at=at)
    held = [intent.VERSION_OF_BOTH] if second else [intent.VERSION, intent.VERSION_OF_BOTH]
    with connection.cursor() as cursor:
        cursor.execute(
            _DUE,
            {"before": at - HOLDS, "versions": held, "since": at - DAYS, "at": at, "most": AGENTS_A_CALL},
        )
        due: list[UUID] = [row[0] for row in cursor.fetchall()]
    for agent in due:
        _learn(agent, at, second)
    return len(due)


def _learn(agent: UUID, at: datetime, second: intent.Hear | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EXAMPLES, {"agent": agent, "since": at - DAYS, "at": at, "sure": SURE, "most": MOST_EXAMPLES})
        told: list[tuple[str, str]] = cursor.fetchall()
    seen = Counter(label for _, label in told)
    kept = {label for label, n in seen.most_common(MOST_INTENTS) if n >= FEWEST_OF_INTENT}
    examples = [(text, label) for text, label in told if label in kept]
    try:
        opinion = intent.learn(examples, second)
    except intent.TooFew:
        weights, intents = b"", 0
    else:
        weights, intents = packed(opinion), len(opinion.labels)
    # By what was tried: in another language nothing is learnt of meanings, and that is not due again.
    is_heard = second is not None and not meanings.HERE.why
    version = intent.VERSION_OF_BOTH if is_heard else intent.VERSION
    with transaction.atomic():
        Lesson.objects.update_or_create(
            agent_id=agent,
            defaults={
                "weights": weights, "examples": len(examples), "intents": intents, "learnt_at": at, "version": version,
            },
        )  # fmt: skip


def opinions(*, lessons: Sequence[tuple[UUID, datetime]]) -> dict[UUID, intent.Opinion]:
    """The opinions of these lessons, named by agent and when they were learnt. One statement a lesson that is not known yet."""
    return {agent: found for agent, learnt_at in lessons if (found := _opinion(agent, learnt_at)) is not None}


@lru_cache(maxsize=32)
def _opinion(agent: UUID, learnt_at: datetime) -> intent.Opinion | None:
    raw = Lesson.objects.filter(agent_id=agent, learnt_at=learnt_at).values_list("weights", flat=True).first()
    return unpacked(bytes(raw)) if raw else None
