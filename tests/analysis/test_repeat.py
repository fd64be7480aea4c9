"""What a customer says again after a hand-off, and complaints about having to."""

from __future__ import annotations

import pytest

from apps.analysis import repeat

FIRST = "my order [order 1] has not arrived and I want a refund"


def test_the_same_matter_in_other_words_is_repeated_and_another_one_is_new() -> None:
    again = repeat.read("I want a refund because order [order 1] never arrived", [FIRST, "hello"])
    other = repeat.read("what are your opening hours on sunday", [FIRST, "hello"])
    assert (again.label, other.label) == (repeat.REPEATED, repeat.NEW)
    assert again.score is not None
    assert other.score is not None
    assert again.score > other.score


def test_the_words_that_two_texts_share_are_the_clues() -> None:
    text = "refund for [order 2] please"
    assert [text[c.start : c.end] for c in repeat.read(text, [FIRST]).clues] == ["refund", "[order 2]"]


def test_a_word_or_two_are_no_repetition() -> None:
    assert repeat.read("refund please", ["refund please"]).label == repeat.NEW


def test_nothing_before_is_nothing_repeated() -> None:
    assert repeat.read(FIRST, []).score == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("as I already told your colleague, it is broken", "as I already told"),
        ("How many times do I have to say this", "How many times"),
        ("please read my previous messages", "read my previous"),
        ("I told the driver where to leave it", None),
    ],
)
def test_complaints_of_repeating_are_found(text: str, said: str | None) -> None:
    place = repeat.complaint_in(text)
    assert (None if place is None else text[slice(*place)]) == said
