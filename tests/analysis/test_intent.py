"""The second opinion on an AI agent's intents, its confidence, and its loops."""

from __future__ import annotations

import pytest

from apps.analysis import intent, loops

EXAMPLES = [
    *((f"where is my {thing}", "track") for thing in ("order", "parcel", "delivery", "package", "shipment")),
    *((f"when does the {thing} arrive", "track") for thing in ("order", "parcel", "delivery", "package", "shipment")),
    *(
        (f"I want my money back for {thing}", "refund")
        for thing in ("this", "the shoes", "my order", "the chair", "it")
    ),
    *((f"refund {thing} please", "refund") for thing in ("this", "the shoes", "my order", "the chair", "it")),
]


@pytest.fixture(scope="module")
def opinion() -> intent.Opinion:
    return intent.learn(EXAMPLES)


def test_what_is_like_the_examples_is_known_and_what_is_not_is_out_of_scope(opinion: intent.Opinion) -> None:
    assert opinion.read("where is the parcel I ordered").label == "track"
    assert opinion.read("please refund the chair").label == "refund"
    assert opinion.of("where is my parcel")[1] > opinion.of("qwx zzv")[1]


def test_the_words_that_spoke_for_it_are_the_clues(opinion: intent.Opinion) -> None:
    text = "please refund it"
    assert "refund" in [text[c.start : c.end] for c in opinion.read(text).clues]


def test_the_same_examples_give_the_same_opinion(opinion: intent.Opinion) -> None:
    again = intent.learn(EXAMPLES)
    assert (again.table == opinion.table).all()


@pytest.mark.parametrize("examples", [[], EXAMPLES[:10], EXAMPLES[:5] * 2])
def test_too_few_examples_teach_nothing(examples: list[tuple[str, str]]) -> None:
    with pytest.raises(intent.TooFew, match="At least 20 of 2 are needed"):
        intent.learn(examples)


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀" * 500, "x" * 20_000])
def test_odd_texts_get_an_opinion_too(opinion: intent.Opinion, text: str) -> None:
    assert 0 <= opinion.of(text)[1] <= 1


def test_a_fallbacks_printed_confidence_is_not_trusted() -> None:
    ranking = [("nlu_fallback", 0.85), ("order_status", 0.31)]
    assert intent.confidence_of(confidence=0.85, is_fallback=True, ranking=ranking) == 0.31
    assert intent.confidence_of(confidence=0.85, is_fallback=True) is None
    assert intent.confidence_of(confidence=0.97, is_fallback=False) == 0.97


def test_answers_given_word_for_word_again_are_a_loop() -> None:
    answers = ["Your order [order 1] is on its way.", "Hello!", "Your order [order 2] is on its way.", "Hello!"]
    assert [loop.places for loop in loops.loops_in(answers)] == [(0, 2)]


def test_saying_and_denying_the_same_is_a_contradiction() -> None:
    answers = ["The blue chair can be returned.", "Shipping takes two days.", "The blue chair cannot be returned."]
    assert loops.contradictions_in(answers) == [(0, 2)]
