"""Messages are read once, again when they change, and moods are told from all of them."""

from __future__ import annotations

import json
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agents.models import Agent
from apps.analysis import queries, safety, services
from apps.analysis.models import Mood, Reading, Unread
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.services import record
from apps.shared.models import Outbox
from apps.shared.outbox import dispatch
from tests.interactions.events import ASHA, BO, CUSTOMER, NOON, SOURCE, assigned, at, event, said, started

pytestmark = pytest.mark.django_db
ANGRY = "This is terrible, I am really angry and very disappointed with you."
GLAD = "Thank you so much, this is great and very helpful!"


def take_in(*events: CanonicalEvent) -> None:
    record(events=list(events), source=SOURCE, at=NOON)
    dispatch(at=NOON)


def read() -> None:
    while services.read(at=NOON):
        continue


def test_customers_words_are_read_for_their_mood_and_replies_for_what_they_hold() -> None:
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=ANGRY), said(2, ASHA, message_id="2", text="It left the house today."),
            said(3, BO, message_id="3", text="I guarantee it arrives tomorrow."))  # fmt: skip
    read()
    assert sorted(Reading.objects.values_list("part", "label")) == [
        ("asks_for_human", "not_asked"), ("complexity", "simple"), ("loop", "straight"), ("safety", "clean"), ("safety", "flagged"),
        ("sentiment", "negative"), ("tone", "plain"), ("tone", "plain"),
    ]  # fmt: skip
    flagged = Reading.objects.get(label="flagged")
    assert (flagged.clues, flagged.model) == ([[0, 11, 2.0, "promises"]], safety.MODEL)
    assert not Unread.objects.exists()


def test_a_reply_is_curt_to_who_is_upset_even_when_their_message_comes_later() -> None:
    take_in(started(0), said(2, ASHA, message_id="2", text="It left."))
    read()
    assert Reading.objects.get(part="tone").label == "plain"
    take_in(said(1, CUSTOMER, message_id="1", text=ANGRY))
    read()
    assert Reading.objects.get(part="tone").label == "cold"


def test_a_mood_is_told_from_two_messages_on_and_turns_negative_when_it_is_lost() -> None:
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=GLAD))
    read()
    assert Mood.objects.get().score is None
    take_in(*(said(n, CUSTOMER, message_id=str(n), text=ANGRY) for n in (2, 3, 4, 5)))
    read()
    told = Mood.objects.get()
    assert told.messages == 5
    assert told.score is not None
    assert told.score < 0
    assert told.turned_negative_at == at(4)


def test_order_and_repeats_leave_the_same_moods() -> None:
    events = [
        started(0), *(said(n, CUSTOMER, message_id=str(n), text=ANGRY if n % 3 else GLAD) for n in range(1, 8)),
        said(9, CUSTOMER, message_id="9", text="agent please"), assigned(12, ASHA),
    ]  # fmt: skip
    take_in(*events)
    read()
    once = list(Mood.objects.values())
    Mood.objects.all().delete()
    Reading.objects.all().delete()
    for one in [events[0], *reversed(events[1:])]:
        take_in(one)
        read()
    services.mark_since(since=at(-1), at=NOON)
    read()
    assert list(Mood.objects.values()) == once


def test_asked_and_not_granted_is_a_state_until_a_person_has_it() -> None:
    take_in(started(0), assigned(1, BO), said(2, CUSTOMER, message_id="1", text="can I talk to a human please"))
    read()
    told = Mood.objects.get()
    assert (told.asked, told.asked_at, told.granted_at) == (1, at(2), None)
    take_in(assigned(40, ASHA))
    read()
    assert Mood.objects.get().granted_at == at(40)


def test_an_edited_message_is_read_again() -> None:
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=GLAD))
    read()
    take_in(event("message.updated", 5, message_id="1", change="edited", text=ANGRY))
    read()
    assert Reading.objects.get(part="sentiment").label == "negative"


def test_a_change_that_says_nothing_new_is_not_announced() -> None:
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=GLAD), said(2, CUSTOMER, message_id="2", text=GLAD))
    read()
    count = Outbox.objects.filter(fact="MessagesRead").count()
    services.mark_since(since=at(-1), at=NOON)
    read()
    assert Outbox.objects.filter(fact="MessagesRead").count() == count == 1


def test_reading_costs_the_same_statements_for_three_conversations_and_thirty() -> None:
    def cost(count: int, prefix: str) -> int:
        for n in range(count):
            name = {"conversation_id": f"{prefix}{n}"}
            take_in(started(0, **name), said(1, CUSTOMER, message_id=f"{prefix}{n}", text=ANGRY, **name))
        with CaptureQueriesContext(connection) as seen:
            services.read(at=NOON)
        return len(seen)

    assert cost(3, "a") == cost(30, "b")


def test_texts_of_ones_own_are_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps({"id": 1, "text": ANGRY}), json.dumps({"id": 2, "text": "agent please"}), "no json"]
    monkeypatch.setattr("sys.stdin", StringIO("\n".join(lines)))
    out = StringIO()
    with pytest.raises(CommandError, match="1 lines could not be read"):
        call_command("read_text", "sentiment", stdout=out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (told[0]["id"], told[0]["label"]) == (1, "negative")
    assert told[0]["words"]
    assert told[2]["line"] == 3


def test_a_tick_reads_a_bounded_number_of_conversations_and_the_next_one_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "MARKS_A_TICK", 2)
    for n in range(3):
        take_in(
            started(0, conversation_id=f"k{n}"),
            said(1, CUSTOMER, message_id=f"k{n}", text=GLAD, conversation_id=f"k{n}"),
        )
    assert [services.read_a_tick(at=NOON) for _ in range(3)] == [2, 1, 0]
    assert Reading.objects.filter(part="sentiment").count() == 3


def test_an_answer_given_again_is_a_loop_and_counts_its_conversation_once() -> None:
    same = "Please tell me the number of your order."
    take_in(
        started(0), *(said(n, BO, message_id=str(n), text=same) for n in (1, 3, 5)), said(2, CUSTOMER, message_id="2", text="I have none"),
        said(7, BO, message_id="7", text="Your parcel has arrived at the shop."),
        said(9, BO, message_id="9", text="Your parcel has not arrived at the shop."),
        started(0, conversation_id="other"), said(1, BO, message_id="o1", text=same, conversation_id="other"),
    )  # fmt: skip
    read()
    found = Reading.objects.filter(part="loop", conversation_id=Reading.objects.get(part="complexity").conversation_id)
    assert list(found.order_by("sent_at").values_list("label", "score")) == [
        ("straight", 0), ("loop", 1), ("loop", 1), ("straight", 0), ("contradiction", 1),
    ]  # fmt: skip
    agent = Agent.objects.get(kind="ai").pk
    asked = {"agents": [agent], "since": at(0), "until": at(60)}
    assert queries.circles_of(**asked) == {agent: queries.Circles(conversations=2, in_loops=1, contradicting=1)}
    assert queries.circles_of(**asked, queues=[]) == {}
    assert queries.circles_of(**asked | {"until": at(0)}) == {}


def test_an_opening_that_was_not_understood_is_likelier_to_become_a_long_one() -> None:
    def score(name: str, *, is_lost: bool) -> float:
        take_in(
            started(0, conversation_id=name), said(1, CUSTOMER, message_id=name, text="Where is my parcel?", conversation_id=name),
            event("bot.turn", 2, conversation_id=name, turn_id=name, bot=BO, message_id=name, fallback=is_lost),
        )  # fmt: skip
        read()
        found = Reading.objects.filter(part="complexity").order_by("-read_at", "-pk")
        return next(one.score or 0 for one in found if one.message_id not in told and not told.add(one.message_id))

    told: set[UUID] = set()
    understood, lost = score("one", is_lost=False), score("two", is_lost=True)
    assert lost > understood
