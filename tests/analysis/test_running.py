"""The running mood of a conversation."""

from __future__ import annotations

import pytest

from apps.analysis.running import Running, running
from tests.interactions.events import at


def moods(*values: float) -> list:
    return [(at(n), value) for n, value in enumerate(values)]


def test_one_message_is_no_mood_of_a_conversation() -> None:
    assert running([]) == Running(0, None, None, None)
    assert running(moods(-0.9)) == Running(1, None, None, None)


def test_each_message_counts_for_half_of_what_is_felt() -> None:
    assert running(moods(0.4, -0.4)).score == 0.0
    assert running(moods(0.4, -0.4, -0.8)).score == -0.4


def test_it_turns_negative_at_the_message_that_brings_it_under_the_border_and_stays_so_called() -> None:
    found = running(moods(0.2, -0.9, -0.9, 0.9, 0.9))
    assert found.turned_negative_at == at(2)
    assert found.score is not None
    assert found.score > 0


def test_the_slope_is_that_of_the_running_mood() -> None:
    assert running(moods(0.0, 0.4)).slope == pytest.approx(0.2)
    assert running(moods(0.5, 0.5, 0.5)).slope == 0.0
