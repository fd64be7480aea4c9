"""Stored texts masked again by a better mask: what it finds now is taken out, what it lets go comes back, the rest stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access import persons
from apps.access.plain_text import Span
from apps.analysis.models import Reading
from apps.analysis.services import read
from apps.interactions import remasking
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.models import Handoff, Message, SealedValue
from apps.interactions.remasking import remask
from apps.interactions.services import record
from apps.shared import outbox
from tests.interactions.events import ASHA, CUSTOMER, NOON, SOURCE, assigned, said, started

pytestmark = pytest.mark.django_db

TEXT = "it turned out that Yefremova had signed for the parcel, call +44 7700 900123"
MASKED = "it turned out that [name 1] had signed for the parcel, call [phone 1]"
LATER = NOON + timedelta(hours=1)


class Names:
    """A second reader of names that finds these words and no others."""

    why = ""

    def __init__(self, *words: str) -> None:
        self.words = words

    @property
    def rests(self) -> bool:
        return bool(self.why)

    def found_in(self, view: str, _: Sequence[object]) -> list[Span]:
        if self.why:
            return []
        return [(view.index(word), view.index(word) + len(word)) for word in self.words if word in view]

    def prepare(self) -> None:
        """Nothing to load."""

    def why_not(self) -> str:
        return self.why


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Names:
    """The second reader, which finds nothing until it is told words."""
    names = Names()
    monkeypatch.setattr(persons, "HERE", names)
    return names


def take(*events: CanonicalEvent) -> None:
    record(events=events, source=SOURCE, at=NOON)
    outbox.dispatch(at=NOON)


def talks(count: int) -> None:
    for n in range(count):
        told = {"conversation_id": f"k-{n}"}
        take(started(n, **told), said(n + 0.5, CUSTOMER, TEXT, message_id="1", **told))


def texts() -> list[str]:
    return list(Message.objects.order_by("sent_at").values_list("text", flat=True))


def sealed() -> list[tuple[str, int]]:
    return sorted(SealedValue.objects.filter(message_id__in=Message.objects.values("id")).values_list("kind", "number"))


def nobody(_: int) -> None:
    """Nobody watches."""


def test_what_a_better_mask_finds_is_sealed_and_the_rest_stays_as_it_was(reads: Names) -> None:
    talks(1)
    assert texts() == [MASKED.replace("[name 1]", "Yefremova")]
    assert remask(since=NOON, at=LATER, tell=nobody) == 0
    reads.words = ("Yefremova",)
    assert remask(since=NOON, at=LATER, tell=nobody) == 1
    assert texts() == [MASKED]
    assert sealed() == [("name", 1), ("phone", 1)]
    assert remask(since=NOON, at=LATER, tell=nobody) == 0


def test_what_a_better_mask_lets_go_comes_back_and_is_sealed_no_more(reads: Names) -> None:
    reads.words = ("Yefremova", "parcel")
    talks(1)
    assert texts() == ["it turned out that [name 1] had signed for the [name 2], call [phone 1]"]
    reads.words = ("Yefremova",)
    assert remask(since=NOON, at=LATER, tell=nobody) == 1
    assert texts() == [MASKED]
    assert sealed() == [("name", 1), ("phone", 1)]


def test_what_is_derived_from_the_texts_is_told_again(reads: Names) -> None:
    note = {"from_kind": "bot", "trigger": "customer_request", "summary": "Yefremova signed for it"}
    take(started(0), said(1, CUSTOMER, TEXT, message_id="1"), assigned(2, ASHA, reason="handoff", handoff=note))
    read(at=NOON)
    before = set(Reading.objects.values_list("message_id", "text_checksum"))
    reads.words = ("Yefremova",)
    assert remask(since=NOON, at=LATER, tell=nobody) == 1
    assert Handoff.objects.get().summary == "[name 1] signed for it"
    outbox.dispatch(at=LATER)
    read(at=LATER)
    after = set(Reading.objects.values_list("message_id", "text_checksum"))
    assert before
    assert after
    assert not before & after


def test_conversations_of_before_the_day_are_left_alone(reads: Names) -> None:
    talks(2)
    reads.words = ("Yefremova",)
    assert remask(since=NOON + timedelta(seconds=1), at=LATER, tell=nobody) == 1
    assert ["Yefremova" in text for text in texts()] == [True, False]


def test_who_stops_it_goes_on_where_it_was(reads: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remasking, "BATCH", 2)
    talks(5)
    reads.words = ("Yefremova",)
    told: list[int] = []

    def stop(looked_at: int) -> None:
        told.append(looked_at)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        remask(since=NOON, at=LATER, tell=stop)
    assert ["Yefremova" in text for text in texts()] == [False] * 4 + [True]
    assert remask(since=NOON, at=LATER, tell=told.append) == 1
    assert told == [2, 2, 2, 2, 1]
    assert "Yefremova" not in "".join(texts())


def test_as_many_statements_for_thirty_conversations_as_for_three(reads: Names) -> None:
    talks(3)
    reads.words = ("Yefremova",)
    with CaptureQueriesContext(connection) as few:
        assert remask(since=NOON, at=LATER, tell=nobody) == 3
    reads.words = ()
    talks(30)
    reads.words = ("Yefremova",)
    with CaptureQueriesContext(connection) as many:
        assert remask(since=NOON, at=LATER, tell=nobody) == 27
    assert len(many) == len(few)


def test_the_command_says_how_many_it_looked_at_and_changed(reads: Names) -> None:
    talks(3)
    reads.words = ("Yefremova",)
    said_on = StringIO()
    call_command("remask", since="2026-11-24", stdout=said_on)
    assert said_on.getvalue() == "3 conversations looked at, 3 of them masked otherwise now.\n"


def test_a_name_stays_masked_while_the_second_reader_cannot_look_again(reads: Names) -> None:
    reads.words = ("Yefremova",)
    talks(1)
    reads.why = "it failed"
    assert remask(since=NOON, at=LATER, tell=nobody) == 0
    assert texts() == [MASKED]


def test_the_command_does_not_open_what_a_reader_masked_that_is_not_here(reads: Names) -> None:
    reads.words = ("Yefremova",)
    talks(1)
    reads.why = "spacy is not installed"
    with pytest.raises(CommandError, match="not heard here: spacy is not installed"):
        call_command("remask", since="2026-11-24")
    assert texts() == [MASKED]
    said_on = StringIO()
    call_command("remask", since="2026-11-24", first_reader_alone=True, stdout=said_on)
    assert said_on.getvalue() == "1 conversations looked at, 0 of them masked otherwise now.\n"


def test_a_day_that_is_none_is_refused_with_what_was_expected() -> None:
    with pytest.raises(CommandError, match=r"Saw .yesterday.\. Expected a day such as 2026-11-01\."):
        call_command("remask", since="yesterday")
