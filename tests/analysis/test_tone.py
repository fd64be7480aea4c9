"""Marks of tone: which words make them, and that a curt reply is one only to a customer who is upset."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from apps.analysis import tone


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("I'm so sorry to hear that.", {"apology"}),
        ("That must be really frustrating", {"feeling"}),
        ("I completely understand how you feel", {"understanding"}),
        ("Let me check that for you", {"ownership"}),
        ("Is there anything else I can help you with?", {"closing offer"}),
        ("As I already told you, it left on Monday", {"as I said"}),
        ("That's your own fault", {"blame"}),
        ("Please calm down", {"calm down"}),
        ("It's tough", {"feeling"}),
        ("READ THE EMAIL WE SENT YOU", {"capitals"}),
        ("The parcel left on Monday", set()),
        ("", set()),
    ],
)
def test_each_mark_is_made_by_its_words(text: str, marks: set[str]) -> None:
    assert tone.marks_in(text).names == marks


def test_the_words_of_a_mark_have_their_place() -> None:
    text = "Hello. I’m sorry about this."
    (clue,) = tone.read(text).clues
    assert (clue.name, text[clue.start : clue.end]) == ("apology", "I’m sorry")


def test_a_short_reply_is_curt_only_to_who_is_upset() -> None:
    assert tone.read("It left.").label == tone.PLAIN
    assert tone.read("It left.", upset=True).label == tone.COLD


def test_a_mark_against_it_makes_a_reply_cold_whatever_else_it_says() -> None:
    read = tone.read("I'm sorry, but as I said, it left.")
    assert (read.label, read.score) == (tone.COLD, 0.5)


def test_the_last_mood_that_was_read_says_whether_a_customer_is_upset() -> None:
    assert tone.answers_distress(moods_before=[0.5, -0.6, None])
    assert not tone.answers_distress(moods_before=[-0.6, 0.1])
    assert not tone.answers_distress(moods_before=[None])


def test_the_customers_name_is_a_mark_where_it_is_known() -> None:
    assert tone.marks_in("Good morning [name 1]", names=["[name 1]"]).names == {"name used"}


@pytest.mark.parametrize("name", tone._COMPILED)
def test_whatever_makes_a_mark_has_one_of_its_stems(name: str) -> None:
    pattern = tone._COMPILED[name]

    @hypothesis.settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @hypothesis.given(st.from_regex(pattern))
    def check(text: str) -> None:
        whole = [match.span() for match in pattern.finditer(text)]
        assert [(one.start, one.end) for one in tone.marks_in(text).clues if one.name == name] == whole

    check()
