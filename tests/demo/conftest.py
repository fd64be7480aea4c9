"""One simulated day for all tests of the demo: it takes two seconds to make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache

import pytest

from apps.demo import player
from apps.demo.floor import Day, day
from apps.demo.ledger import Sent
from apps.demo.shop import Shop, anchored

STARTED = datetime(2026, 11, 25, 9, 10, tzinfo=UTC)  # a Wednesday
ON = date(2026, 11, 25)


@pytest.fixture(scope="session")
def shop() -> Shop:
    return anchored(at=STARTED, seed=7)


@pytest.fixture(scope="session")
def sent(shop: Shop) -> tuple[Sent, ...]:
    return whole(shop=shop, on=ON)


@pytest.fixture(scope="session")
def ordinary(shop: Shop) -> tuple[Sent, ...]:
    """A day of history on which nothing goes wrong."""
    return whole(shop=shop, on=date(2026, 11, 18))


class Remembered:
    """Gives a day out piece by piece like `Day`, out of one that was made before."""

    def __init__(self, *, shop: Shop, on: date, is_first: bool = False) -> None:
        self._left = whole(shop=shop, on=on, is_first=is_first)

    def until(self, due: float) -> list[Sent]:
        leaving = [one for one in self._left if one.due <= due]
        self._left = self._left[len(leaving) :]
        return leaving


whole = cache(day)


@pytest.fixture(scope="session", autouse=True)
def _days_are_made_once() -> Iterator[None]:
    """The player forgets days to save memory; the tests play the same few days again and again."""
    player.day, player.Day = whole, Remembered  # type: ignore[assignment, misc]
    yield
    player.day, player.Day = day, Day  # type: ignore[misc]
