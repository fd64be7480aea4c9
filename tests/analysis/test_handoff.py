"""One score for a hand-off, its parts with their reasons, and values that are known again by their marks alone."""

from __future__ import annotations

import pytest

from apps.access.sealed import mark_of
from apps.access.viewer import Viewer
from apps.analysis import handoff, queries
from apps.analysis import services as analysis
from apps.console.reading_marks import handoff_cards
from apps.interactions.models import Conversation, Message, Queue, SealedValue
from apps.interactions.services import record
from tests.console.floors import granted
from tests.interactions.events import ASHA, BO, CUSTOMER, NOON, SOURCE, assigned, queued, said, started

ASKED = "my order [order 1] has not arrived and I want a refund"


def about(**changed: object) -> handoff.About:
    told: dict[str, object] = {
        "said_before": [ASKED], "said_after": ["thank you"], "given_again": [], "has_context": True, "reply_seconds": 30.0,
    }  # fmt: skip
    return handoff.About(**(told | changed))  # type: ignore[arg-type]


def test_a_hand_off_after_which_nothing_is_repeated_is_whole() -> None:
    assert handoff.quality_of(about()).score == 1.0


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"given_again": ["order"]}, "gave again: order"),
        ({"asked_again": ["e-mail"]}, "asked again: e-mail"),
        ({"has_context": False}, "no context was passed"),
        ({"said_after": ["I want a refund, order [order 1] has not arrived"]}, "said again"),
        ({"said_after": ["as I already told the bot"]}, "complained"),
        ({"reply_seconds": 900.0}, "first human reply"),
    ],
)
def test_each_thing_that_went_wrong_lowers_the_score_and_says_why(changed: dict[str, object], why: str) -> None:
    found = handoff.quality_of(about(**changed))
    assert found.score is not None
    assert found.score < 1
    assert any(part.value is not None and part.value < 0.5 and why in part.why for part in found.parts)


def test_there_is_no_score_before_the_customer_has_written_again() -> None:
    found = handoff.quality_of(about(said_after=[], reply_seconds=None))
    assert found.score is None
    assert [part.name for part in found.parts if part.value is None] == [
        "given again",
        "repeated",
        "reply",
        "complaint",
    ]


def test_a_mark_knows_the_same_value_in_one_conversation_and_nothing_else() -> None:
    one = mark_of("+44 7700 900123", context=b"a")
    assert one == mark_of("+447700900123", context=b"a")
    assert one != mark_of("+44 7700 900124", context=b"a")
    assert one != mark_of("+44 7700 900123", context=b"b")


@pytest.mark.django_db
def test_a_question_for_what_was_given_already_counts_before_it_is_answered(lena: Viewer) -> None:
    record(
        events=[
            started(0), queued(0), assigned(1, BO), said(2, CUSTOMER, "order NW482133, I am at greta.l@example.test"),
            said(3, BO, "We do not ship on Sundays to the islands."), said(3.5, BO, "We do not ship on Sundays to the islands."),
            assigned(5, ASHA), said(6, ASHA, "What is your phone number?"), said(7, ASHA, "And your order number, please?"),
        ], source=SOURCE, at=NOON,
    )  # fmt: skip
    conversation = Conversation.objects.get()
    messages = list(Message.objects.order_by("sent_at"))
    analysis.mark_since(since=NOON, at=NOON)
    analysis.read(at=NOON)
    lead = granted(lena, queue=Queue.objects.get())
    read = queries.readings_of(viewer=lead, conversation=conversation.pk)
    (one,) = queries.handoffs_of(viewer=lead, conversation=conversation.pk, messages=messages, read=read)
    (again,) = [part for part in one.quality.parts if part.name == "given again"]
    assert (again.value, again.why) == (0.0, "asked again: account or order number")
    assert (one.loops, one.contradictions) == (1, 0)
    (card,) = handoff_cards([one], read.values())
    assert "The AI agent gave 1 answer again." in card.before


@pytest.mark.django_db
def test_a_value_that_is_given_again_after_a_hand_off_is_known_by_its_mark(lena: Viewer) -> None:
    record(
        events=[
            started(0), queued(0), assigned(1, BO), said(2, CUSTOMER, message_id="1", text="where is order NW482133 please"),
            assigned(5, ASHA), said(6, ASHA, message_id="2", text="What is the number?"),
            said(7, CUSTOMER, message_id="3", text="NW482133"), said(8, CUSTOMER, message_id="4", text="order NW999999"),
        ], source=SOURCE, at=NOON,
    )  # fmt: skip
    marks = dict(SealedValue.objects.values_list("message_id", "mark"))
    said_by = {m.text: marks[m.pk] for m in Message.objects.filter(author_kind="customer")}
    first, again, other = said_by.values()
    assert first == again != other
    conversation = Conversation.objects.get()
    messages = list(Message.objects.order_by("sent_at"))
    assert queries.handoffs_of(viewer=lena, conversation=conversation.pk, messages=messages) == []
    lead = granted(lena, queue=Queue.objects.get())
    (read,) = queries.handoffs_of(viewer=lead, conversation=conversation.pk, messages=messages)
    assert "gave again: order" in [part.why for part in read.quality.parts]
