"""First names that are nothing else: they are masked whatever stands around them, and words and places are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.access import given_names, tagger
from apps.access.masking import mask, spans_of, words_of_name


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("I'm so jealous! said Marek to Antonio", "I'm so jealous! said [name 1] to [name 2]"),
        ("Megan: remember me?\nJacob: not really", "[name 1]: remember me?\n[name 2]: not really"),
        ("the screen was signed off by Jacob Whitfield on Monday", "the screen was signed off by [name 1] on Monday"),
        ("a film with Heather K. Ostrander in it", "a film with [name 1] in it"),
        ("it is Jacob’s order", "it is [name 1]’s order"),
    ],
)
def test_a_first_name_with_a_capital_is_masked_with_the_names_after_it(text: str, masked: str) -> None:
    assert mask(text=text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "the flight from San Antonio was late", "it should be collected at Jacob Street", "a table at Antonio Grill please",
        "the Denver office, Paris in May, and Sydney too", "Hope you are well. Grace period? Chase it up.",
        "Ask Alexa or Siri", "a Mercedes and a Lexus", "Guten Tag, ich habe eine Frage", "jacob in small letters is no claim of this list",
    ],
)  # fmt: skip
def test_words_places_and_brands_stay(text: str) -> None:
    assert not [*given_names.found_in(text, [])]


def test_the_own_name_of_who_speaks_for_us_stays() -> None:
    assert mask(text="Then ask for Jacob", own=words_of_name("Jacob Whitfield")).text == "Then ask for Jacob"
    assert mask(text="Then ask for Jacob").text == "Then ask for [name 1]"


def test_what_was_found_already_is_left_to_it() -> None:
    text = "from Jacob today"
    assert [*given_names.found_in(text, [(0, 16, "secret")])] == []
    assert [*given_names.found_in(text, [(11, 16, "order")])] == [(5, 10)]


def test_no_name_of_the_list_is_a_plain_word() -> None:
    names = given_names.LIST.read_text().split()
    assert len(names) > 8000
    assert not {name for name in names if tagger.is_plain_word(name) or name in tagger.COMMON or len(name) < 3}


def test_another_list_than_the_released_one_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "given_names.txt"
    other.write_text("jacob\n")
    other.with_suffix(".sha256").write_text("0" * 64 + "  given_names.txt\n")
    given_names._given.cache_clear()
    monkeypatch.setattr(given_names, "LIST", other)
    try:
        with pytest.raises(tagger.Damaged, match="is not the file that was released"):
            spans_of("Jacob went home")
        assert mask(text="Jacob went home").text == "[secret 1]", "what could not be searched does not get out"
    finally:
        given_names._given.cache_clear()


@pytest.mark.parametrize("text", ["call me on 03.93.92.16.85", "Mobile: 03.93.92.16.85", "06-12-34-56-78"])
def test_a_number_of_five_pairs_is_no_date(text: str) -> None:
    assert [kind for _, _, kind in spans_of(text)] == ["phone"]


@pytest.mark.parametrize("text", ["it came on 03.12.24 at 5", "from 01.05-03.05.2024", "12.05.2024-13.05.2024"])
def test_a_date_is_no_number(text: str) -> None:
    assert not [kind for _, _, kind in spans_of(text) if kind == "phone"]
