"""Replies: rude words however they are written, listed phrases, and what must not be taken for either."""

from __future__ import annotations

import pytest

from apps.analysis import safety


def found(text: str) -> list[tuple[str, str]]:
    return [(hit.found_in, text[hit.start : hit.end]) for hit in safety.hits_in(text)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("what a load of bullshit", "bullshit"),
        ("oh f u c k that", "f u c k"),
        ("f.u.c.k off", "f.u.c.k"),
        ("fuuuuck", "fuuuuck"),
        ("f*ck this", "f*ck"),
        ("sh!t happens", "sh!t"),
        ("you b1tch", "b1tch"),
        ("An @$$hole, really.", "@$$hole"),
        ("ASSHOLE!!!", "ASSHOLE"),
    ],
)
def test_a_rude_word_is_found_as_it_is_meant(text: str, word: str) -> None:
    assert [(name, said.strip("!")) for name, said in found(text)] == [(safety.RUDE, word)]


@pytest.mark.parametrize(
    "text",
    [
        "Your assessment of the class passed",
        "The Samsung A55 and the iPhone 5s",
        "Scunthorpe and Essex deliver on Monday",
        "We'll assist you ASAP, I can't promise a day",
        "It costs $5 or 5$ at 10:30",
        "see https://example.test/shit/page",
        "Please calm your dog down before the courier comes",
        "",
        "\x00\ud800 [name 1]",
    ],
)
def test_what_only_looks_rude_stays_clean(text: str) -> None:
    assert safety.read(text).label == safety.CLEAN


def test_listed_phrases_are_found_with_their_list_and_the_worst_severity_is_the_score() -> None:
    lists = (safety.PhraseList("promises", 2, ("we guarantee you",)), safety.PhraseList("rivals", 1, ("acme*",)))
    text = "We  guarantee you it beats AcmeChat."
    read = safety.read(text, lists, 7)
    assert [(clue.name, text[clue.start : clue.end]) for clue in read.clues] == [
        ("promises", "We  guarantee you"),
        ("rivals", "AcmeChat."),
    ]
    assert (read.label, read.score, read.version) == (safety.FLAGGED, 0.6667, 7)


def test_a_list_without_phrases_finds_nothing() -> None:
    assert safety.hits_in("hello", (safety.PhraseList("empty", 3, ("", " ")),)) == []


def test_an_internal_address_is_flagged_and_a_public_one_is_not() -> None:
    assert found("see https://jira.example.test/browse/X-1") == [("internal links", "://jira.example.test/browse/X-1")]
    assert found("see https://help.example.test/returns") == []
