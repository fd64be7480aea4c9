"""A day of the demo shop: valid, repeatable, and possible with the people it has."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from apps.demo.arrivals import arrivals
from apps.demo.case import Case
from apps.demo.desks import Desk, last_hour
from apps.demo.engine import Engine, Process
from apps.demo.floor import Day, Floor, day
from apps.demo.ledger import Ledger, Sent
from apps.demo.roster import AI_BY_SLUG, PERSON_BY_SLUG
from apps.demo.shop import Shop, incidents_of
from apps.interactions.decoding import decode
from tests.demo.conftest import ON

SCHEMA = Path(__file__).resolve().parents[3] / "shared/design/canonical-event.schema.json"


def told(sent: Iterable[Sent]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Kind, data and whole event in the order of what happened."""
    for one in sorted(sent, key=lambda s: (s.event["time"], s.event.get("sequence", ""))):
        yield one.event["type"].removeprefix("midshift.").removesuffix(".v1"), one.event["data"], one.event


def test_every_event_of_a_day_is_a_canonical_event(sent: tuple[Sent, ...]) -> None:
    for one in sent:
        assert decode(json.dumps(one.event).encode()).source == f"/connections/{one.source}"


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the published schema is not beside this checkout")
def test_a_day_is_valid_by_the_published_schema(sent: tuple[Sent, ...]) -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    # Every thirteenth event, and every kind there is: the whole day takes the validator minutes.
    kinds: set[str] = set()
    sample = [
        one
        for n, one in enumerate(sent)
        if n % 13 == 0 or (one.event["type"] not in kinds and not kinds.add(one.event["type"]))
    ]  # type: ignore[func-returns-value]
    assert len(sample) > 3000
    for one in sample:
        assert not [f"{e.json_path}: {e.message}" for e in validator.iter_errors(one.event)]


def test_a_day_has_the_kinds_of_events_that_a_shop_sends(sent: tuple[Sent, ...]) -> None:
    assert {kind for kind, _, _ in told(sent)} == {
        "conversation.started", "conversation.updated", "conversation.status_changed", "conversation.queued",
        "conversation.offered", "conversation.assigned", "message.created", "message.updated", "bot.turn",
        "rating.received", "agent.status_changed", "queue.snapshot", "customer.updated",
    }  # fmt: skip


def test_the_same_seed_tells_the_same_day_to_the_byte(shop: Shop, sent: tuple[Sent, ...]) -> None:
    again = day(shop=shop, on=ON)
    assert json.dumps([one.event for one in again]) == json.dumps([one.event for one in sent])


def test_another_seed_tells_another_day(shop: Shop, sent: tuple[Sent, ...]) -> None:
    other = day(shop=Shop(8, shop.offset_hours, shop.opened_on), on=ON)
    assert [one.event["time"] for one in other[:500]] != [one.event["time"] for one in sent[:500]]


def test_event_ids_are_never_used_twice_not_even_on_the_next_day(shop: Shop, sent: tuple[Sent, ...]) -> None:
    both = [*sent, *day(shop=shop, on=ON + timedelta(days=1))]
    assert max(Counter((one.source, one.event["id"]) for one in both).values()) == 1


def test_a_day_in_pieces_is_the_same_day(shop: Shop, sent: tuple[Sent, ...]) -> None:
    pieces, start = Day(shop=shop, on=ON), shop.starts_at(ON).timestamp()
    together = [one for hour in (2.0, 9.37, 14.0, 14.1, 30.0) for one in pieces.until(start + hour * 3600)]
    assert together == list(sent)


def test_nothing_is_said_before_a_conversation_starts(shop: Shop, sent: tuple[Sent, ...]) -> None:
    before = {s.event["data"].get("conversation_id") for s in day(shop=shop, on=ON - timedelta(days=1))}
    begun: set[str] = set()
    for kind, data, _ in told(sent):
        if kind == "conversation.started":
            begun.add(data["conversation_id"])
        elif "conversation_id" in data:
            assert data["conversation_id"] in begun or data["conversation_id"] in before


def test_people_answer_only_while_they_are_there(sent: tuple[Sent, ...]) -> None:
    there: dict[str, str] = defaultdict(lambda: "offline")
    answers = 0
    for kind, data, _ in told(sent):
        if kind == "agent.status_changed":
            there[data["agent"]["id"]] = data["to"]
        elif kind == "message.created" and data["author"]["kind"] == "agent":
            answers += 1
            assert there[data["author"]["id"]] not in {"offline", "away"}, data
    assert answers > 8000


def test_nobody_holds_more_than_their_capacity(sent: tuple[Sent, ...]) -> None:
    holder: dict[str, str | None] = {}
    channel: dict[str, str] = {}
    most: Counter[str] = Counter()
    for kind, data, _ in told(sent):
        conversation = data.get("conversation_id", "")
        if kind == "conversation.started":
            channel[conversation] = data["channel"]
        elif kind == "conversation.assigned":
            holder[conversation] = data["to"]["id"] if data["to"] and data["to"]["kind"] == "agent" else None
            if holder[conversation]:
                person = PERSON_BY_SLUG[data["to"]["id"]]
                held = [c for c, who in holder.items() if who == person.slug]
                most[person.slug] = max(most[person.slug], len(held))
                assert len(held) <= person.slots
                per_channel = Counter(channel.get(c, "email") for c in held)
                assert all(per_channel[name] <= limit for name, limit in person.capacity), (person.slug, per_channel)
        elif kind == "conversation.queued" or (
            kind == "conversation.status_changed" and data["to"] in {"resolved", "closed", "pending"}
        ):
            holder[conversation] = None
    assert max(most.values()) >= 5, "the floor is never full"


def test_a_conversation_is_resolved_after_it_started_and_every_one_comes_to_an_end(sent: tuple[Sent, ...]) -> None:
    started: dict[str, str] = {}
    last: dict[str, str] = {}
    for kind, data, event in told(sent):
        if kind == "conversation.started":
            started[data["conversation_id"]] = event["time"]
        elif kind == "conversation.status_changed":
            last[data["conversation_id"]] = data["to"]
            if data["to"] in {"resolved", "closed"} and data["conversation_id"] in started:
                assert event["time"] > started[data["conversation_id"]]
    assert {last.get(conversation) for conversation in started} <= {"resolved", "closed", "pending"}


def test_people_and_ai_agents_are_never_mixed(sent: tuple[Sent, ...]) -> None:
    for kind, data, _ in told(sent):
        for party in (data.get("author"), data.get("to"), data.get("agent"), data.get("bot"), data.get("by")):
            if isinstance(party, dict):
                assert party["kind"] != "agent" or party["id"] in PERSON_BY_SLUG
                assert party["kind"] != "bot" or party["id"] in AI_BY_SLUG
        assert kind != "agent.status_changed" or data["agent"]["id"] in PERSON_BY_SLUG


def test_a_care_cycle_is_rated_once_at_most(sent: tuple[Sent, ...]) -> None:
    rated: set[str] = set()
    ratings = 0
    for kind, data, _ in told(sent):
        conversation = data.get("conversation_id", "")
        if kind == "rating.received":
            assert conversation not in rated
            rated.add(conversation)
            ratings += 1
        elif kind == "conversation.status_changed" and data["to"] == "open":
            rated.discard(conversation)
    assert ratings > 300


def test_the_next_day_goes_on_with_what_was_left(shop: Shop, sent: tuple[Sent, ...]) -> None:
    begun = {d["conversation_id"] for kind, d, _ in told(sent) if kind == "conversation.started"}
    after = [
        d for kind, d, _ in told(day(shop=shop, on=ON + timedelta(days=1))) if kind == "conversation.status_changed"
    ]
    gone_on = {d["conversation_id"] for d in after if d["conversation_id"] in begun}
    assert len(gone_on) > 30
    assert {d["from"] for d in after if d["conversation_id"] in begun and "from" in d} >= {"pending", "resolved"}


def test_calls_have_turns_with_offsets_and_a_recording(sent: tuple[Sent, ...]) -> None:
    turns: dict[str, list[tuple[int, int]]] = defaultdict(list)
    recorded = 0
    for kind, data, _ in told(sent):
        if kind == "message.created" and data.get("kind") == "voice_turn":
            turns[data["conversation_id"]].append((data["offset_ms"], data["duration_ms"]))
        recorded += kind == "message.created" and any(
            a["media_type"] == "audio/wav" for a in data.get("attachments", [])
        )
    assert len(turns) > 100
    assert recorded > 100
    assert all(spoken == sorted(spoken) for spoken in turns.values())


def test_presence_is_told_for_everybody_on_shift(sent: tuple[Sent, ...]) -> None:
    said: dict[str, list[str]] = defaultdict(list)
    for kind, data, _ in told(sent):
        if kind == "agent.status_changed":
            said[data["agent"]["id"]].append(data["to"])
    assert len(said) >= 18
    assert all(states[0] == "available" and states[-1] == "offline" for states in said.values())
    assert {"wrap_up", "away", "busy"} <= {state for states in said.values() for state in states}


@pytest.mark.parametrize("on", [date(2026, 11, 21), date(2026, 11, 22)])
def test_a_weekend_is_quieter_and_still_staffed(shop: Shop, ordinary: tuple[Sent, ...], on: date) -> None:
    weekend = sum(kind == "conversation.started" for kind, _, _ in told(day(shop=shop, on=on)))
    weekday = sum(kind == "conversation.started" for kind, _, _ in told(ordinary))
    assert 0.7 * weekday < weekend < 0.95 * weekday


def test_whoever_is_queued_late_at_night_does_not_stand_there_for_ever(shop: Shop) -> None:
    engine = Engine(starts=last_hour() + 600)
    incidents = incidents_of(shop=shop, on=ON)
    ledger = Ledger(shop=shop, on=ON, incidents=incidents, engine=engine)
    floor = Floor(shop, ON, engine, ledger, Random(1))
    letter = next(one for one in arrivals(shop=shop, on=ON) if one.queue.channel == "email")
    taken: list[Desk | None] = []

    def waits() -> Process:
        taken.append((yield from floor.wait(Case(letter, engine, ledger, ON), reason="return")))

    engine.start(waits())
    engine.run(until=last_hour() + 700)
    assert taken == [None]
