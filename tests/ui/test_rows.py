"""Rows are drawn again only when what they show has changed; their clocks go on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.console.floor import QueueLine
from apps.ui import rows

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def line(**more: object) -> QueueLine:
    values: dict[str, object] = {
        "key": "1", "name": "Billing <b>", "href": "/q/1", "channel": "webchat", "waiting": 3, "oldest_since": NOON,
        "active": 2, "slots": 8, "free": 1, "replies": 9, "first_reply_seconds": 40.0, "first_reply_target_seconds": 60,
        "within_target": 0.9, "within_target_goal": 0.8, "promised": 10, "ai_share": None, "begun": 0,
        "mood": None, "trend": (1.0, 2.0, 3.0),
    }  # fmt: skip
    return QueueLine(**{**values, **more})  # type: ignore[arg-type]


def drawn(one: object, *, after: timedelta, has_mood: bool = False) -> str:
    return rows.row("components/queue_row.html", one, NOON + after, has_mood=has_mood)


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    plain = rows._draw
    rows._drawn.cache_clear()
    monkeypatch.setattr(rows, "_draw", lambda template, *more: seen.append(template) or plain(template, *more))
    return seen


def test_a_row_that_shows_the_same_is_drawn_once_and_its_clock_goes_on(drawings: list[str]) -> None:
    first, later = drawn(line(), after=timedelta(seconds=48)), drawn(line(), after=timedelta(minutes=4, seconds=10))
    assert ">48s</time>" in first
    assert ">4m 10s</time>" in later
    assert first.replace("48s", "4m 10s") == later
    assert len(drawings) == 1


@pytest.mark.parametrize(
    "change", [{"waiting": 4}, {"state": "crit"}, {"trend": (1.0, 2.0, 4.0)}, {"href": "/q/1?scope=2"}]
)
def test_a_row_that_shows_something_else_is_drawn_again(drawings: list[str], change: dict[str, object]) -> None:
    assert drawn(line(), after=timedelta()) != drawn(replace(line(), **change), after=timedelta())
    assert len(drawings) == 2


def test_another_argument_and_another_time_zone_are_drawn_again(drawings: list[str]) -> None:
    late = line(late_since=NOON)
    plain = drawn(late, after=timedelta())
    assert drawn(late, after=timedelta(), has_mood=True) != plain
    with timezone.override("Asia/Tokyo"):
        assert re.search(r">21:00</time>", drawn(late, after=timedelta()))
    assert len(drawings) == 3


def test_what_cannot_be_hashed_is_drawn_each_time(drawings: list[str]) -> None:
    @dataclass
    class Loose:
        name: str = "Sales"

    for _ in range(2):
        assert "Sales" in drawn(Loose(), after=timedelta())
    assert len(drawings) == 2


def test_a_name_that_looks_like_a_clock_is_text() -> None:
    assert 'data-since="0"&gt;' not in drawn(line(name="A"), after=timedelta())
    assert drawn(line(name='data-since="0">'), after=timedelta()).count("data-since=&quot;0&quot;&gt;") >= 1


def test_a_moment_to_come_has_lasted_no_time() -> None:
    assert ">0s</time>" in drawn(line(), after=-timedelta(seconds=5))
