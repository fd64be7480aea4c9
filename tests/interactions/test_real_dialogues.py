"""Real dialogues, taken in as the door does: what is stored is what their sources hold."""

from __future__ import annotations

from collections import Counter

import pytest

from apps.connectors import services
from apps.connectors.models import Delivery
from apps.interactions.models import Conversation, Handoff
from tests.bench import dialogues
from tests.bench.dialogues import FILES
from tests.interactions.events import NOON

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not dialogues.is_here(), reason="the dialogues do not lie in ../shared/data/events"),
]


def take_in(source: str, lines: list[dialogues.Event]) -> None:
    made, _ = services.create_source(by=None, slug=source, name=source, kind="api", at=NOON)
    for body in dialogues.bodies(dialogues.canonical(source, lines), 500):
        assert {result["status"] for result in services.admit(source=made, body=body, at=NOON)} == {"accepted"}
    while services.absorb(at=NOON):
        continue
    assert not Delivery.objects.exclude(state="absorbed", aside=[]).exists()


@pytest.mark.parametrize("source", FILES)
def test_conversations_messages_by_author_and_hand_offs_are_those_of_the_source(source: str) -> None:
    lines = list(dialogues.read(source))
    # Whole conversations: the first hundred of a large file, all of a small one.
    first = list(dict.fromkeys(line["conversation_id"] for line in lines))[:100]
    lines = [line for line in lines if line["conversation_id"] in set(first)]
    expected = dialogues.counted(lines)
    take_in(source, lines)
    assert dialogues.stored(source) == expected
    told = Conversation.objects.values_list("customer_messages", "human_messages", "ai_messages", "is_open", "handoffs")
    columns = [sum(column) for column in zip(*told, strict=True)]
    said = expected.messages
    assert columns == [said["customer"], said["agent"], said["bot"], 0, expected.handoffs]


def test_a_hand_off_says_why_and_to_whom() -> None:
    lines = list(dialogues.read("tau"))
    take_in("tau", lines)
    reasons = Counter(bool(summary) for summary in Handoff.objects.values_list("summary", flat=True))
    assert reasons == {True: sum(line["type"] == "conversation.transferred" for line in lines)}
    assert not Handoff.objects.filter(agent_id=None).exists()
    assert not Handoff.objects.filter(ai_agent_id=None).exists()


def test_the_count_can_fail() -> None:
    lines = list(dialogues.read("abcd"))
    expected = dialogues.counted(lines)
    take_in("abcd", [line for line in lines if line["type"] != "message.in" or not line["message_id"].endswith("-m2")])
    assert dialogues.stored("abcd") != expected
