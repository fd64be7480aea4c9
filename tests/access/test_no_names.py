"""What a reader of English takes for a name and is none: days, polite words, and what begins a sentence in another language."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from apps.access import no_names
from apps.access.masking import Known, Persons, mask
from apps.access.plain_text import Span


def guessing(*guesses: str) -> Persons:
    """A second reader that takes these words for names."""

    def read(view: str, _: Sequence[object]) -> list[Span]:
        return [(view.index(one), view.index(one) + len(one)) for one in guesses if one in view]

    return read


@pytest.mark.parametrize(("text", "guess"), [
    ("can it come on Thursday or so", "Thursday"),
    ("laut App wurde sie am Sonntag zugestellt", "Sonntag zugestellt"),
    ("Danke!", "Danke"),
    ("De nada. Que tenga un buen día", "De nada"),
    ("Viele Grüße, danke für alles", "Viele Grüße"),
    ("Necesito ese dinero para el alquiler", "Necesito"),
    ("Bekomme ich das schriftlich?", "Bekomme"),
    ("Sí, claro. Reclamación abierta para el pedido", "Reclamación abierta"),
    ("pues eso no me aclara mucho la verdad", "aclara mucho"),
])  # fmt: skip
def test_words_of_other_languages_and_days_are_no_names(text: str, guess: str) -> None:
    assert mask(text=text, persons=guessing(guess)).text == text


@pytest.mark.parametrize(("text", "guess"), [
    # A list knows one of its words as a name.
    ("Müller war gestern bei mir wegen der Rechnung", "Müller"),
    ("ayer hablé con garcía sobre mi pedido", "garcía"),
    # A capital in the middle of a sentence: a noun of German, or a name.
    ("Ich habe gestern mit Wischnewski telefoniert", "Wischnewski"),
    # The text is English, whatever the word is.
    ("I talked about that with Wischnewski yesterday", "Wischnewski"),
    ("Wischnewski told me that it would come today", "Wischnewski"),
    # Nothing around it says what language it is, and it has capitals only.
    ("Szczebrzeszyńska Wischnewska", "Szczebrzeszyńska Wischnewska"),
])  # fmt: skip
def test_what_may_be_a_name_stays_masked(text: str, guess: str) -> None:
    assert mask(text=text, persons=guessing(guess)).text == text.replace(guess, "[name 1]")


def test_who_is_asked_for_a_name_may_be_called_anything() -> None:
    assert mask(text="Danke", persons=guessing("Danke"), asked="NAME").text == "[name 1]"


def test_a_customer_who_is_called_like_a_day_is_masked() -> None:
    known = Known(names=("Rick Monday",))
    assert mask(text="it is for Monday", known=known, persons=guessing("Monday")).text == "it is for [name 1]"


def test_the_small_words_hold_no_first_name_that_is_always_masked() -> None:
    from apps.access import given_names

    # One is: with a capital it is masked all the same, by the list of first names.
    assert {word for word in no_names.SMALL if given_names.is_given(word)} == {"nada"}
    assert mask(text="I talked to Nada about it").text == "I talked to [name 1] about it"


def test_a_guess_over_several_lines_is_taken_line_by_line() -> None:
    text = "Your parcel is on its way.\n\nRosa\n Thursday\nYefremova"
    masked = mask(text=text, persons=guessing("Rosa\n Thursday\nYefremova")).text
    assert masked == "Your parcel is on its way.\n\n[name 1]\n Thursday\n[name 2]"
