"""Checklists: what shows a step, order and windows, and that what cannot be judged is not called failed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.analysis import adherence as a
from apps.analysis.standard_steps import CLOSES, CONFIRMS, OFFERS_MORE
from tests.interactions.events import NOON

VERIFIES = a.Step("verify", "Verifies", phrases=("date of birth", "postcode"))
REFUNDS = a.Step("refund", "Refunds", events=("refunded",), after=("verify",))
WARMLY = a.Step("warm", "Is warm", examples=("I am sorry for the trouble.",))
GREETS = a.Step("greet", "Greets", patterns=(r"^hi\b",), within_messages=1, within_seconds=60)


def line(n: int, text: str, *, is_event: bool = False) -> a.Line:
    return a.Line(str(n), text, NOON + timedelta(seconds=30 * n), is_event)


def states(steps: list[a.Step], *lines: a.Line, over: bool = True, known: bool = True, **about: list[str]) -> list[str]:
    read = a.follow(steps, lines, about=about, began_at=NOON, is_over=over, is_known_language=known)
    return [one.state for one in read]


def test_a_step_is_shown_by_its_words_with_their_place() -> None:
    (read,) = a.follow([VERIFIES], [line(1, "What is your  date of birth?")], about={}, began_at=NOON, is_over=True)
    assert read.state == a.DONE
    assert read.evidence is not None
    assert (read.evidence.key, read.evidence.start, read.evidence.end) == ("1", 14, 27)


def test_order_counts_and_an_event_shows_a_step() -> None:
    verified, refunded = line(1, "your postcode please"), line(2, "refunded", is_event=True)
    assert states([VERIFIES, REFUNDS], verified, refunded) == [a.DONE, a.DONE]
    assert states([VERIFIES, REFUNDS], line(1, "refunded", is_event=True), line(2, "your postcode")) == [
        a.DONE,
        a.OUT_OF_ORDER,
    ]


def test_a_window_of_messages_and_one_of_seconds() -> None:
    assert states([GREETS], line(1, "hi there")) == [a.DONE]
    assert states([GREETS], line(3, "hi there")) == [a.LATE]
    assert states([GREETS], line(0, "what?"), line(1, "hi there")) == [a.LATE]
    assert states([GREETS], line(0, "what?")) == [a.MISSING]


def test_what_is_not_over_is_open_and_not_missing() -> None:
    assert states([VERIFIES], line(1, "hello"), over=False) == [a.OPEN]
    assert states([VERIFIES], line(1, "hello"), over=True) == [a.MISSING]


def test_what_cannot_be_judged_is_not_assessed() -> None:
    assert states([WARMLY], line(1, "hello")) == [a.NOT_ASSESSED]
    assert states([VERIFIES, REFUNDS], line(1, "hallo"), known=False) == [a.NOT_ASSESSED, a.MISSING]


def test_a_step_that_is_not_meant_for_this_conversation_is_left_out_of_the_score() -> None:
    only = a.Step("verify", "Verifies", phrases=("postcode",), applies_when={"queue": ("Billing",)})
    read = a.follow(
        [only, VERIFIES], [line(1, "your postcode")], about={"queue": ["Sales"]}, began_at=NOON, is_over=True
    )
    assert [one.state for one in read] == [a.NOT_MEANT, a.DONE]
    assert a.score_of(read) == 1.0
    assert a.score_of(read[:1]) is None


def test_sentences_are_compared_where_something_compares_them() -> None:
    assert a.shown(WARMLY, "so sorry for this", lambda one, two: 0.9) == (0, 17)
    assert a.shown(WARMLY, "so sorry for this", lambda one, two: 0.1) is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([], "a list of steps"),
        ([{"phrases": ["x"]}], "no name"),
        ([{"name": "a"}], "says nothing by which it is known"),
        ([{"name": "a", "phrases": ["x"], "colour": 1}], "has “colour”"),
        ([{"name": "a", "patterns": ["("]}], "cannot be read"),
        ([{"name": "a", "phrases": ["x"], "after": ["b"]}], "does not stand before it"),
        ([{"name": "a", "phrases": ["x"]}, {"name": "a", "phrases": ["x"]}], "Two steps"),
        ([{"name": "a", "phrases": ["x"], "applies_when": {"moon": ["full"]}}], "applies_when knows"),
        ([{"name": "a", "phrases": ["x"], "within_messages": "two"}], "whole numbers"),
    ],
)
def test_a_checklist_that_cannot_be_used_says_why(told: object, words: str) -> None:
    with pytest.raises(a.WrongChecklist, match=words):
        a.steps_from(told)


def test_a_checklist_is_read_as_it_is_written() -> None:
    (step,) = a.steps_from(
        [{"name": "v", "title": "Verifies", "phrases": ["postcode"], "applies_when": {"queue": "Billing"}}]
    )
    assert step == a.Step("v", "Verifies", phrases=("postcode",), applies_when={"queue": ("Billing",)})


@pytest.mark.parametrize(
    ("step", "text", "is_shown"),
    [
        (OFFERS_MORE, "Is there anything else I can help you with?", True),
        (OFFERS_MORE, "Do you want Mexican, Italian or something else?", False),
        (CLOSES, "Have a great day!", True),
        (CLOSES, "Do you have a time in mind?", False),
        (CONFIRMS, "Please confirm: 2 tickets for Friday.", True),
        (CONFIRMS, "Your booking has been confirmed.", False),
    ],
)
def test_the_standard_steps(step: a.Step, text: str, is_shown: bool) -> None:
    assert (a.shown(step, text) is not None) is is_shown
