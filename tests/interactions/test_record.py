"""Recording: what a batch leaves in the tables, in any order."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.sealed import open_value
from apps.agents.models import Agent, Presence
from apps.interactions.keys import conversation_key
from apps.interactions.models import (
    ActionResult,
    BotTurn,
    CareCycle,
    Conversation,
    ConversationEvent,
    CustomerValue,
    Handoff,
    Message,
    MessageChange,
    Offer,
    Participation,
    Queue,
    QueueSnapshot,
    QueueWait,
    Rating,
    ReportedAnalysis,
    SealedValue,
    Transfer,
)
from apps.interactions.services import record
from tests.interactions.events import (
    ASHA,
    BO,
    CUSTOMER,
    NOON,
    SOURCE,
    TOMAS,
    assigned,
    at,
    event,
    queued,
    said,
    started,
    status,
)

pytestmark = pytest.mark.django_db

ONE_DAY_IN_A_CONVERSATION = [
    started(0, queue="billing", queue_name="Billing chat", subject="Charged twice"),
    assigned(1, BO),
    said(2, CUSTOMER, "I was charged twice, my card is 4111 1111 1111 1111"),
    event("bot.turn", 3, turn_id="t1", bot=BO, message_id="m2", intent="double_charge", confidence=0.44, fallback=True),
    said(4, BO, "Let me look."),
    said(10, CUSTOMER, "agent please"),
    queued(12, reason="new"),
    event("conversation.offered", 20, agent=ASHA, outcome="missed", ring_ms=15000),
    assigned(
        40, ASHA, reason="handoff",
        handoff={"from_kind": "bot", "trigger": "customer_request", "summary": "Greta Lindqvist was charged twice"},
    ),
    said(52, ASHA, "Hello Greta, I am on it. Is greta@example.test still right?"),
    said(60, ASHA, "Looks like the provider's fault", visibility="private"),
    assigned(100, TOMAS, reason="transfer"),
    said(110, TOMAS, "Refunded."),
    status(200, "resolved", outcome="handled"),
    event("rating.received", 260, rating_id="r1", score=2, min=1, max=5, scale="csat", comment="slow", agent=ASHA),
    said(300, CUSTOMER, "It was charged again!"),
    status(305, "open"),
    said(330, TOMAS, "Sorry, fixed now."),
    status(400, "resolved", outcome="handled"),
]  # fmt: skip


def dump() -> dict[str, list[tuple]]:
    """Everything recorded, in key order, without the clocks of the receiver and with sealed values opened."""
    rows = {
        model.__name__: sorted(
            model.objects.values_list(
                *[f.attname for f in model._meta.concrete_fields if f.name not in ("recorded_at", "sealed")
                  and not (f.name == "id" and f.get_internal_type() == "BigAutoField")]
            ),
            key=repr,
        )
        for model in (
            Agent, BotTurn, CareCycle, Conversation, Handoff, Message, Offer, Participation, Presence, QueueWait,
            Rating, ReportedAnalysis, Transfer,
        )
    }  # fmt: skip
    rows["sealed"] = sorted(
        (str(row.message_id), row.kind, row.number, open_value(bytes(row.sealed), context=row.message_id.bytes))
        for row in SealedValue.objects.all()
    )
    rows["known"] = sorted(CustomerValue.objects.values_list("customer_id", "kind", "digest"), key=repr)
    return rows


def the_conversation() -> Conversation:
    return Conversation.objects.get(pk=conversation_key(SOURCE, "k-1"))


def test_a_conversation_is_told_with_its_cycles_waits_hand_offs_and_transfers() -> None:
    record(events=ONE_DAY_IN_A_CONVERSATION, source=SOURCE, at=NOON)

    told = the_conversation()
    assert (told.status, told.is_open, told.cycles, told.transfers, told.handoffs) == ("resolved", False, 2, 1, 1)
    assert (told.customer_messages, told.human_messages, told.ai_messages) == (3, 3, 1)
    first, second = CareCycle.objects.order_by("n")
    # The clock for a person restarts at the hand-off, which began when the conversation entered the queue.
    assert (first.reply_clock_from, first.first_reply_at, first.first_reply_seconds) == (at(12), at(52), 40.0)
    assert (second.started_by, second.started_at, second.first_reply_seconds) == ("reopened", at(300), 30.0)
    wait = QueueWait.objects.get()
    assert (wait.entered_at, wait.ended_at, wait.ended_by) == (at(12), at(40), "answered")
    handoff = Handoff.objects.get()
    assert (handoff.trigger, handoff.happened_at, handoff.summary) == (
        "customer_request",
        at(12),
        "[name 1] was charged twice",
    )
    held = [(p.agent.name, p.joined_at, p.left_at, p.messages) for p in Participation.objects.order_by("n")]
    assert held == [
        ("Bo", at(1), at(12), 1),
        ("Asha Rao", at(40), at(100), 1),
        ("Tomás Reyes", at(100), at(200), 1),
        ("Tomás Reyes", at(330), at(330), 1),
    ]


def test_personal_data_is_masked_in_the_row_and_each_value_is_sealed_by_itself() -> None:
    record(events=ONE_DAY_IN_A_CONVERSATION, source=SOURCE, at=NOON)

    texts = list(Message.objects.order_by("sent_at").values_list("text", flat=True))
    assert texts[0] == "I was charged twice, my card is [card 1]"
    assert texts[3] == "Hello [name 1], I am on it. Is [email 1] still right?"
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM interactions_message")
        assert "4111" not in repr(cursor.fetchall())
    opened = {row[3] for row in dump()["sealed"]}
    assert {b"4111 1111 1111 1111", b"Greta", b"greta@example.test", b"Greta Lindqvist"} <= opened


def test_recording_the_same_events_again_changes_nothing() -> None:
    record(events=ONE_DAY_IN_A_CONVERSATION, source=SOURCE, at=NOON)
    before = dump()
    record(events=ONE_DAY_IN_A_CONVERSATION, source=SOURCE, at=NOON + timedelta(hours=1))
    assert dump() == before


@pytest.mark.parametrize("seed", range(12))
def test_any_order_any_repeats_and_any_split_leave_the_same_rows(seed: int) -> None:
    record(events=ONE_DAY_IN_A_CONVERSATION, source=SOURCE, at=NOON)
    expected = dump()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tables = [t for t in connection.introspection.table_names() if t.startswith(("interactions_", "agents_"))]
        cursor.execute("TRUNCATE " + ", ".join(t for t in tables if "_p2" not in t) + " CASCADE")
    dice = random.Random(seed)
    events = ONE_DAY_IN_A_CONVERSATION + dice.sample(ONE_DAY_IN_A_CONVERSATION, 4)
    dice.shuffle(events)
    while events:
        size = dice.randint(1, 6)
        record(events=events[:size], source=SOURCE, at=NOON)
        events = events[size:]
    assert dump() == expected


def test_a_redaction_wipes_the_text_and_its_sealed_values_even_when_it_comes_first() -> None:
    message = said(2, CUSTOMER, "my card is 4111 1111 1111 1111")
    gone = event("message.updated", 9, message_id="m2", change="redacted")
    record(events=[started(0), gone], source=SOURCE, at=NOON)
    record(events=[message], source=SOURCE, at=NOON)
    stored = Message.objects.get()
    assert (stored.text, stored.removed_at) == ("", at(9))
    assert not SealedValue.objects.exists()


def test_the_latest_edit_is_the_text_whatever_came_first() -> None:
    edits = [
        event("message.updated", 9, message_id="m2", change="edited", text="Write to greta@example.test"),
        event("message.updated", 5, message_id="m2", change="edited", text="older"),
    ]
    record(events=[edits[0]], source=SOURCE, at=NOON)
    record(events=[said(2, CUSTOMER, "first"), started(0)], source=SOURCE, at=NOON)
    record(events=[edits[1]], source=SOURCE, at=NOON)
    assert Message.objects.get().text == "Write to [email 1]"


def test_what_comes_alone_is_masked_with_what_is_known_of_the_customer() -> None:
    """An edit, a rating or an analysis seldom comes together with the event that says who the customer is."""
    record(events=[started(0), said(2, CUSTOMER, "Hello")], source=SOURCE, at=NOON)
    alone = [
        event("message.updated", 5, message_id="m2", change="edited", text="I am Greta"),
        event("rating.received", 6, rating_id="r", score=1, min=1, max=5, comment="Lindqvist is not amused"),
        event("analysis.reported", 7, analysis_id="a", kind="summary", text="Greta wrote", label="Greta"),
        event("bot.turn", 8, turn_id="t", bot=BO, sources=["Note on Greta"], action="greet Greta"),
        event("action.result", 9, conversation_id="k-1", action_id="x", kind="reassign", state="refused", message="Greta's"),
    ]  # fmt: skip
    for one in alone:
        record(events=[one], source=SOURCE, at=NOON)
    turn, summary = BotTurn.objects.get(), ReportedAnalysis.objects.get()
    assert (Message.objects.get().text, Rating.objects.get().comment) == ("I am [name 1]", "[name 1] is not amused")
    assert (summary.text, summary.label) == ("[name 1] wrote", "[name 1]")
    assert (turn.knowledge, turn.details["action"]) == (["Note on [name 1]"], "greet [name 1]")
    assert ActionResult.objects.get().message == "[name 1]'s"


def test_a_name_that_becomes_known_later_is_taken_out_of_everything_that_was_said_before() -> None:
    nobody = {"kind": "customer", "id": "c-1", "identity": "known"}
    record(
        events=[
            started(0, customer=nobody, subject="Greta's order", tags=["Lindqvist"]),
            said(2, nobody, "Greta here", attachments=[{"media_type": "image/png", "name": "Greta.png"}]),
            event("conversation.updated", 3, changes=[{"field": "custom", "name": "owner", "to": {"who": "Greta"}}]),
            assigned(4, ASHA, handoff={"from_kind": "bot", "trigger": "policy", "summary": "Greta asked"}),
            event("rating.received", 6, rating_id="r", score=1, min=1, max=5, comment="Lindqvist"),
            event("customer.updated", 7, customer=nobody, attributes={"contact": "Greta L."}),
        ],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    record(events=[started(90, conversation_id="k-2", customer=CUSTOMER)], source=SOURCE, at=NOON)
    with connection.cursor() as cursor:
        for table in ("message", "conversationevent", "conversation", "handoff", "rating", "customer"):
            cursor.execute(f"SELECT * FROM interactions_{table}")
            assert "Greta" not in (told := repr(cursor.fetchall())), table
            assert "Lindqvist" not in told, table
    assert Handoff.objects.get().summary == "[name 1] asked"


def test_several_texts_of_one_event_number_their_values_together() -> None:
    changes = [
        {"field": "custom", "name": one, "to": f"{one}@example.test and b@example.test"} for one in ("a", "b", "c")
    ]
    record(events=[started(0), event("conversation.updated", 3, changes=changes)], source=SOURCE, at=NOON)
    stored = ConversationEvent.objects.get(kind="updated")
    assert list(stored.data.values()) == [
        "[email 1] and [email 2]",
        "[email 2] and [email 2]",
        "[email 3] and [email 2]",
    ]
    sealed = SealedValue.objects.filter(message_id=stored.pk).order_by("number")
    assert [open_value(bytes(x.sealed), context=stored.pk.bytes) for x in sealed] == [
        b"a@example.test", b"b@example.test", b"c@example.test",
    ]  # fmt: skip


def test_an_older_word_that_was_replaced_is_sealed_no_longer() -> None:
    words = [
        event("rating.received", at, id=f"e{at}", rating_id="r", score=1, min=1, max=5, comment=f"a{at}@example.test")
        for at in (1, 2, 3)
    ]
    for one in (words[1], words[0], words[2]):
        record(events=[one], source=SOURCE, at=NOON)
    assert [row[3] for row in dump()["sealed"]] == [b"a3@example.test"]


def test_two_conversations_may_number_their_ratings_turns_and_analyses_alike() -> None:
    for talk in ("k-1", "k-2"):
        record(
            events=[
                event("rating.received", 6, conversation_id=talk, rating_id="1", score=1, min=1, max=5),
                event("bot.turn", 6, conversation_id=talk, turn_id="1", bot=BO),
                event("analysis.reported", 6, conversation_id=talk, analysis_id="1", kind="summary"),
            ],
            source=SOURCE, at=NOON,
        )  # fmt: skip
    assert [model.objects.count() for model in (Rating, BotTurn, ReportedAnalysis)] == [2, 2, 2]


def test_a_word_about_a_conversation_that_was_not_told_yet_makes_none() -> None:
    record(events=[event("rating.received", 6, rating_id="r", score=1, min=1, max=5)], source=SOURCE, at=NOON)
    assert not Conversation.objects.exists()


def test_a_redaction_takes_the_words_of_an_edit_whose_message_never_came() -> None:
    edit = event("message.updated", 9, message_id="m2", change="edited", text="secret")
    record(events=[edit, event("message.updated", 12, message_id="m2", change="redacted")], source=SOURCE, at=NOON)
    assert list(MessageChange.objects.values_list("sealed", flat=True)) == [None, None]


def test_a_message_that_two_feeds_tell_is_the_one_that_was_said_first() -> None:
    feeds = [said(9, CUSTOMER, "late", message_id="m"), said(2, CUSTOMER, "card 4111 1111 1111 1111", message_id="m")]
    record(events=[started(0), feeds[0]], source=SOURCE, at=NOON)
    told = record(events=[feeds[1]], source=SOURCE, at=NOON)
    record(
        events=[event("message.created", 30, id="third", **msgspec.to_builtins(feeds[0].data))], source=SOURCE, at=NOON
    )
    assert (told.messages, Message.objects.get().text, Message.objects.get().sent_at) == (0, "card [card 1]", at(2))
    assert the_conversation().customer_messages == 1


def test_a_field_that_was_emptied_is_empty() -> None:
    changes = [{"field": "priority", "to": None}, {"field": "subject", "to": None}]
    record(
        events=[started(0, priority="high", subject="Order"), event("conversation.updated", 5, changes=changes)],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    assert (the_conversation().priority, the_conversation().subject) == ("", "")


def test_words_of_a_source_that_are_too_long_for_their_column_are_cut_and_stop_nothing() -> None:
    long = "x" * 400
    record(
        events=[
            event("agent.status_changed", 0, agent={"kind": "agent", "id": "y" * 255}, to="away", native=long, reason=long,
                  queue=long),
            started(0, queue="q" * 255, queue_name=long),
        ],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    stored = Presence.objects.get()
    assert (len(stored.native), len(stored.reason), len(stored.agent.name)) == (120, 200, 200)


def test_presence_stretches_end_where_the_next_one_starts_in_any_order() -> None:
    events = [
        event("agent.status_changed", s, agent=ASHA, to=to) for s, to in ((0, "available"), (60, "busy"), (90, "away"))
    ]
    for e in (events[2], events[0], events[1]):
        record(events=[e], source=SOURCE, at=NOON)
    told = Presence.objects.order_by("started_at").values_list("status", "started_at", "ended_at")
    assert list(told) == [("available", at(0), at(60)), ("busy", at(60), at(90)), ("away", at(90), None)]


def test_an_abandoned_wait_ends_with_the_word_of_its_outcome() -> None:
    record(
        events=[started(0), queued(1), said(2, CUSTOMER), status(90, "closed", outcome="abandoned", wait_ms=89000)],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    assert QueueWait.objects.values_list("ended_by", "ended_at").get() == ("abandoned", at(90))
    assert CareCycle.objects.get().first_reply_seconds is None


def test_a_rating_said_again_keeps_the_latest_word() -> None:
    late = event("rating.received", 20, id="b", rating_id="r", score=5, min=1, max=5)
    early = event("rating.received", 10, id="a", rating_id="r", score=1, min=1, max=5)
    record(events=[late], source=SOURCE, at=NOON)
    record(events=[early], source=SOURCE, at=NOON)
    assert Rating.objects.get().score == 5


def test_a_queue_snapshot_and_an_analysis_are_kept() -> None:
    record(
        events=[
            event("queue.snapshot", 5, queue="billing", waiting=4, longest_wait_ms=9000),
            event("analysis.reported", 6, analysis_id="a", kind="summary", text="Call greta@example.test"),
        ],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    assert QueueSnapshot.objects.get().waiting == 4
    assert ReportedAnalysis.objects.get().text == "Call [email 1]"


def test_a_batch_costs_the_same_number_of_statements_at_3_conversations_and_at_30() -> None:
    def batch(name: str, count: int) -> list:
        return [
            one
            for n in range(count)
            for one in (
                started(0, conversation_id=f"{name}{n}", queue="billing"),
                said(2, CUSTOMER, conversation_id=f"{name}{n}"),
                assigned(3, ASHA, conversation_id=f"{name}{n}"),
            )
        ]

    record(events=batch("warm", 1), source=SOURCE, at=NOON)
    counts = []
    for name, count in (("a", 3), ("b", 30)):
        with CaptureQueriesContext(connection) as seen:
            record(events=batch(name, count), source=SOURCE, at=NOON)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_queue_that_is_called_by_the_name_an_admin_gave_it_is_that_queue() -> None:
    ours = Queue.objects.create(name="Billing chat", channel="webchat", is_listed=True)
    Queue.objects.create(name="Sales", is_listed=False)
    for n in range(2):
        Queue.objects.create(name="Twice", is_listed=True, channel=("email", "voice")[n])
    record(
        events=[started(queue="Billing chat"), queued(1, "Sales"), queued(2, "Twice"), queued(3, "Billing chat")],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    assert Conversation.objects.get().queue == ours
    # A name that a source gave, or that two queues have, is no word of an admin's: those are queues of their own.
    assert Queue.objects.count() == 6
    record(events=[queued(4, "Billing chat")], source=SOURCE, at=NOON)
    assert Queue.objects.count() == 6


def test_an_agent_who_says_the_own_name_is_read_and_a_customer_is_not_whatever_is_learnt_later() -> None:
    anonymous = {"kind": "customer", "id": "c-1", "identity": "known"}
    named = {**anonymous, "name": "Mira Lund"}
    for customer in (anonymous, named):
        record(
            events=[
                started(customer=customer), said(1, ASHA, "Hello, my name is Asha Rao"),
                said(2, anonymous, "my name is Asha Rao"), said(3, BO, "My name is Bo, an assistant"),
            ],
            source=SOURCE, at=NOON,
        )  # fmt: skip
        assert list(Message.objects.order_by("sent_at").values_list("text", flat=True))[1:] == [
            "my name is [name 1]",
            "My name is Bo, an assistant",
        ]
        assert Message.objects.order_by("sent_at")[0].text == "Hello, my name is Asha Rao"
    assert {row.kind for row in SealedValue.objects.all()} == {"name", "own"}


@pytest.mark.parametrize("name", ["Mira Lund", "Asha Lund", "Mira Rao"])
def test_an_own_name_is_masked_the_same_whether_the_customer_is_known_before_or_after(name: str) -> None:
    anonymous = {"kind": "customer", "id": "c-1", "identity": "known"}
    hello = said(1, ASHA, "Hello, my name is Asha Rao, this is Asha")
    texts = []
    for source in ("before", "after"):
        first, last = (
            started(customer=anonymous),
            started(10, conversation_id="k-2", customer={**anonymous, "name": name}),
        )
        for event_ in (last, first, hello) if source == "before" else (first, hello, last):
            record(events=[event_], source=source, at=NOON)
        talk = conversation_key(source, "k-1")
        sealed = (
            SealedValue.objects.filter(conversation_id=talk).order_by("kind", "number").values_list("kind", "number")
        )
        texts.append((Message.objects.get(conversation_id=talk).text, list(sealed)))
    assert texts[0] == texts[1]
    assert ("Asha Rao" in texts[0][0]) == (name == "Mira Lund")
