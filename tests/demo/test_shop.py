"""The simulated shop: valid, repeatable and believable."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from stdnum import iban, luhn

from apps.access.masking import mask
from apps.demo import shop, words
from apps.interactions.canonical import decode

START = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def sent() -> list[shop.Sent]:
    return shop.day(start=START, number=15, incidents=True)


def of(sent: list[shop.Sent], kind: str) -> list[dict]:
    return [one.event for one in sent if one.event["type"] == f"midshift.{kind}.v1"]


def texts(sent: list[shop.Sent], author: str) -> list[str]:
    return [e["data"]["text"] for e in of(sent, "message.created") if e["data"]["author"]["kind"] == author]


def test_every_event_of_a_day_is_a_valid_canonical_event(sent: list[shop.Sent]) -> None:
    for one in sent:
        assert decode(json.dumps(one.event).encode()).source == f"/connections/{one.source}"


def test_the_same_seed_tells_the_same_day(sent: list[shop.Sent]) -> None:
    assert shop.day(start=START, number=15, incidents=True) == sent
    assert shop.day(start=START, number=16, incidents=True) != sent


def test_event_ids_are_never_used_twice(sent: list[shop.Sent]) -> None:
    assert max(Counter((one.source, one.event["id"]) for one in sent).values()) == 1


def test_nobody_holds_more_conversations_than_they_can(sent: list[shop.Sent]) -> None:
    held: Counter[str] = Counter()
    where: dict[str, str] = {}
    for one in sorted(sent, key=lambda s: s.event["time"]):
        data = one.event["data"]
        kind = one.event["type"]
        if kind == "midshift.conversation.assigned.v1":
            if (before := where.pop(data["conversation_id"], None)) is not None:
                held[before] -= 1
            if data["to"]["kind"] == "agent":
                where[data["conversation_id"]] = data["to"]["id"]
                held[data["to"]["id"]] += 1
                # One more for a blink: the one who hands over is counted until the same instant's next event.
                assert held[data["to"]["id"]] <= 5, data
        elif (
            kind == "midshift.conversation.status_changed.v1"
            and data["to"] in ("resolved", "closed")
            and (before := where.pop(data["conversation_id"], None)) is not None
        ):
            held[before] -= 1


def test_openings_of_a_day_vary(sent: list[shop.Sent]) -> None:
    first: dict[str, str] = {}
    for event in of(sent, "message.created"):
        first.setdefault(event["data"]["conversation_id"], event["data"]["text"])
    assert len(set(first.values())) / len(first) > 0.6


def test_a_part_of_the_conversations_carries_personal_data_that_the_mask_finds(sent: list[shop.Sent]) -> None:
    with_data: set[str] = set()
    everybody: set[str] = set()
    for event in of(sent, "message.created"):
        everybody.add(event["data"]["conversation_id"])
        if mask(text=event["data"]["text"]).found:
            with_data.add(event["data"]["conversation_id"])
    assert 0.08 <= len(with_data) / len(everybody) <= 0.35


def test_some_customers_ask_for_a_person_and_some_are_angry(sent: list[shop.Sent]) -> None:
    said = texts(sent, "customer")
    assert sum(text in words.ASKS_FOR_PERSON for text in said) > 20
    assert sum(any(word in text for word in words.ANGRY) for text in said) > 20


def test_billing_arrivals_surge_in_the_incident(sent: list[shop.Sent]) -> None:
    def arrivals(day: list[shop.Sent]) -> int:
        low, high = (START.timestamp() + hour * 3600 for hour in shop.SURGE)
        return sum(
            e["data"].get("queue") == "billing" and low <= datetime.fromisoformat(e["time"]).timestamp() < high
            for e in of(day, "conversation.started")
        )

    assert arrivals(sent) > 1.4 * arrivals(shop.day(start=START, number=15, incidents=False))


def test_the_phone_system_is_silent_and_catches_up_late(sent: list[shop.Sent]) -> None:
    low, high = (START.timestamp() + hour * 3600 for hour in shop.SILENCE)
    phone = [one for one in sent if one.source == "phone"]
    assert not [one for one in phone if low <= one.due.timestamp() < high]
    assert [one for one in phone if low <= datetime.fromisoformat(one.event["time"]).timestamp() < high]


def test_invented_cards_and_accounts_have_right_checksums() -> None:
    assert luhn.is_valid(shop.luhn("4" + "1" * 14))
    assert iban.is_valid(shop.german_iban("370400440532013000"))
