"""A customer's rating follows how they left."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

from apps.demo.judgement import judges


def scores(*, left_pleased: bool | None, satisfaction: float = 0.5) -> set[int]:
    """The stars of many conversations that ended so."""
    found: set[int] = set()
    for seed in range(400):
        told: list[dict[str, Any]] = []
        queue = SimpleNamespace(channel="voice", first_reply_seconds=20)
        case: Any = SimpleNamespace(
            arrival=SimpleNamespace(queue=queue, conversation="c", is_known=False, mood="calm"), queue=queue, channel="voice",
            last_desk=SimpleNamespace(person=SimpleNamespace(satisfaction=satisfaction), party={}), longest_wait=0.0,
            struggles=0, was_misled=False, left_pleased=left_pleased, writer=None, words=lambda _: "",
            tell=lambda kind, **data: told.append(data),  # noqa: B023  # called before the next turn
        )  # fmt: skip
        floor: Any = SimpleNamespace(rng=random.Random(seed), engine=SimpleNamespace(now=0.0))
        for _ in judges(case, floor=floor):
            pass
        found |= {one["score"] for one in told}
    return found


@pytest.mark.parametrize(
    ("left_pleased", "expected"), [(True, {4, 5}), (False, {1, 2, 3}), (None, {1, 2, 3, 4, 5})], ids=str
)
def test_who_left_content_is_content_and_who_left_cross_is_not(left_pleased: bool | None, expected: set[int]) -> None:
    assert scores(left_pleased=left_pleased) == expected
