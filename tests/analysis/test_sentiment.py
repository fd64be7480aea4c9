"""The mood of a message: what decides it, what is not analysed, and that a damaged file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.access import language
from apps.analysis import artefact, sentiment, words
from apps.analysis.reading import NOT_ANALYSED
from apps.analysis.training import data, evaluation

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("This is the third time I have to write. I am really angry and disappointed.", "negative"),
        ("Worst service ever, my parcel is still not here and nobody answers!", "negative"),
        ("Thank you so much, that was quick and very helpful!", "positive"),
        ("Which size of the tent do you have in store on Friday?", "neutral"),
    ],
)
def test_a_plain_message_is_read_as_a_person_would(text: str, label: str) -> None:
    found = sentiment.read(text)
    assert found.label == label
    assert found.score is not None
    assert -1 <= found.score <= 1
    assert found.model == "hashed words + VADER"


def test_the_words_that_decided_it_are_given_with_their_places() -> None:
    text = "Sorry, but this is terrible. [order 1] never came."
    found = sentiment.read(text)
    said = {text[clue.start : clue.end] for clue in found.clues}
    assert "terrible" in said
    assert not any("order" in one or "[" in one for one in said)
    assert [c.start for c in found.clues] == sorted(c.start for c in found.clues)


@pytest.mark.parametrize(
    "text",
    [
        "Mein Paket ist seit drei Wochen nicht angekommen, das ist sehr ärgerlich.",
        "これはひどいサービスです",
        "[card 1]",
        "12345",
        "👍" * 0,
    ],
)
def test_another_language_or_no_words_is_not_analysed_and_never_neutral(text: str) -> None:
    found = sentiment.read(text)
    assert (found.label, found.score, found.confidence) == (NOT_ANALYSED, None, None)


def test_a_short_text_is_in_the_language_of_what_was_said_before() -> None:
    assert language.language_of("danke, aber nein", ("Mein Paket ist seit drei Wochen nicht angekommen.",)) == "de"
    assert language.language_of("ok") == "en"


def test_a_negated_word_is_another_word() -> None:
    assert [word.said for word in words.words_of("not good at all, really good")] == [
        "not", "good_not", "at_not", "all_not", "really", "good",
    ]  # fmt: skip


def test_without_the_learnt_file_the_lexicon_reads_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sentiment, "ARTEFACT", tmp_path / "none.npz")
    sentiment.weights.cache_clear()
    try:
        found = sentiment.read("This is terrible and I am very angry about it.")
        assert (found.label, found.model) == ("negative", "VADER")
    finally:
        sentiment.weights.cache_clear()


def test_a_file_that_is_not_the_released_one_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = tmp_path / "sentiment.npz"
    copy.write_bytes(sentiment.ARTEFACT.read_bytes() + b"x")
    copy.with_suffix(".sha256").write_text(sentiment.ARTEFACT.with_suffix(".sha256").read_text())
    monkeypatch.setattr(sentiment, "ARTEFACT", copy)
    sentiment.weights.cache_clear()
    try:
        with pytest.raises(artefact.Damaged, match="not the file that was released"):
            sentiment.read("hello there, how are you?")
    finally:
        sentiment.weights.cache_clear()


@pytest.mark.skipif(not (DATA / "sentiment").is_dir(), reason="the labelled texts do not lie beside the checkout")
def test_labelled_tweets_are_read_as_well_as_the_card_says() -> None:
    told = data.tweeteval(DATA)
    said = [evaluation.by_reading(text) for text in told.texts]
    assert sum(evaluation.recalls(told.labels, said)) / 3 >= 0.63
