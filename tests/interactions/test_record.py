"""Recording: what a batch leaves in the tables, in any order."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.sealed import open_value
from apps.agents.models import Agent, Presence
from apps.interactions.canonical import conversation_key
from apps.interactions.models import (
    BotTurn,
    CareCycle,
    Conversation,
    CustomerValue,
    Handoff,
    Message,
    Offer,
    Participation,
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
