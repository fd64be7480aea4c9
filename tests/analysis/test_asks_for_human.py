"""Whether a message asks for a person: requests, tales of one, and questions about what the other side is."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.analysis import asks_for_human
from apps.analysis.training import data

DATA = Path(__file__).parents[3] / "shared" / "data"

ASKS = (
    "agent please", "AGENT", "Can I speak to a real person?", "connect me with a human pls", "I want to talk to your manager",
    "let me chat with someone from support", "no, I need a human", "Could you have someone call me back?", "please call me",
    "get me a supervisor now", "Is there a real person I can talk to?",
)  # fmt: skip
TELLS = (
    "your agent was rude to me yesterday", "I spoke to a representative last week and she said it would be here",
    "are you a real person?", "I don't need to speak to anyone, just cancel it", "who is the travel agent for this trip?",
    "I was told to contact customer care and nothing happened", "my operator number is [account 1]",
)  # fmt: skip


@pytest.mark.parametrize("text", ASKS)
def test_a_request_is_found_with_the_phrase_that_says_so(text: str) -> None:
    found = asks_for_human.read(text)
    assert found.label == asks_for_human.ASKED
    (clue,) = found.clues
    assert text[clue.start : clue.end].strip()


@pytest.mark.parametrize("text", TELLS)
def test_telling_of_a_person_is_no_request(text: str) -> None:
    assert asks_for_human.read(text).label == asks_for_human.NOT_ASKED


@pytest.mark.skipif(not (DATA / "human-request").is_dir(), reason="the labelled texts do not lie beside the checkout")
def test_labelled_messages_are_told_apart_as_well_as_the_card_says() -> None:
    told = list(data.requests(DATA))
    said = [asks_for_human.read(one.text).label == asks_for_human.ASKED for one in told]
    hits = sum(s and one.label == 1 for s, one in zip(said, told, strict=True))
    easy = [s for s, one in zip(said, told, strict=True) if one.kind.startswith("easy")]
    assert hits / sum(one.label for one in told) >= 0.80
    assert hits / sum(said) >= 0.75
    assert 1000 * sum(easy) / len(easy) <= 2
