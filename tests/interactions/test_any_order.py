"""The promise of the tables: whatever way a day's events come in, the rows are those of the quiet run, byte for byte."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from apps.connectors import services
from apps.connectors.models import Delivery, Source
from apps.interactions import lifecycle, masked_again, parties, presence, rows, transcript
from apps.interactions.canonical import TYPES
from tests.interactions.events import NOON
from tests.interactions.projections import NOT_FROM_EVENTS, Rows, differences, dump, empty, tables
from tests.interactions.shop_day import SOURCE, bodies, day, disturbed

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return services.create_source(by=None, slug=SOURCE, name="Shop", kind="api", at=NOON)[0]


def take_in(source: Source, requests: Iterator[bytes], dice: random.Random | None = None) -> None:
    """Send bodies through admission and absorb them, after each or in heaps of any size."""
    for body in requests:
        results = services.admit(source=source, body=body, at=NOON)
        assert {result["status"] for result in results} <= {"accepted", "duplicate"}
        if dice is None or dice.random() < 0.6:
            services.absorb(at=NOON, most_events=1500 if dice is None else dice.randint(1, 1500))
    while services.absorb(at=NOON):
        continue
    assert not Delivery.objects.exclude(state="absorbed", aside=[]).exists()


def quiet(source: Source, events: list[dict[str, Any]]) -> Rows:
    """The rows after the day came in as it happened, in full requests."""
    take_in(source, bodies(events, itertools.repeat(500)))
    return dump()


def any_order(source: Source, events: list[dict[str, Any]], seed: int) -> Rows:
    """The rows after the same day came in late, repeated and in pieces."""
    empty()
    dice = random.Random(seed)
    sizes = (dice.choice((1, 7, 60, 250, 400, 500)) for _ in itertools.count())
    take_in(source, bodies(disturbed(seed, events), sizes), dice)
    return dump()


def test_20_000_events_late_repeated_shuffled_and_in_any_batches_leave_the_rows_of_the_quiet_run(
    source: Source,
) -> None:
    events = day(seed=1, events=20_000)
    assert {event["type"] for event in events} == set(TYPES)
    assert len({event["data"].get("conversation_id") for event in events}) > 500
    expected = quiet(source, events)
    assert min(len(rows) for rows in expected.values()) > 0
    for seed in (11, 12):
        assert "\n".join(differences(expected, any_order(source, events, seed)).values()) == ""


def test_every_table_that_events_write_is_compared() -> None:
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor))
    ours = {name for name in names if name.startswith(("interactions_", "agents_")) and "_p2" not in name}
    assert ours - {"interactions_message_default", "interactions_conversationevent_default"} == set(tables()) | set(
        NOT_FROM_EVENTS
    )


def broken_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave two things of one second in the order in which they came."""
    monkeypatch.setattr(lifecycle.Moment, "order", property(lambda moment: moment.at))


def broken_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever comes last be the latest word."""
    tables = {kind: (table, columns, rule and "true") for kind, (table, columns, rule) in rows.TABLES.items()}
    monkeypatch.setattr(rows, "TABLES", tables)


def broken_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    """End a stretch only where the batch itself holds what comes next."""
    monkeypatch.setattr(presence, "_CLOSE", presence._CLOSE.replace("started_at < %(since)s", "false"))


def broken_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mask with what is known when a text comes in, and leave it at that."""
    monkeypatch.setattr(masked_again, "mask_again", lambda **_: set())


def broken_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the name that came first."""
    monkeypatch.setattr(parties, "fullest", lambda one, other, shadow: one or other)


def broken_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mask an answer by the question that is known when it comes in, and leave it at that."""
    monkeypatch.setattr(transcript, "_questions", lambda *given, of=transcript._questions: (of(*given)[0], set()))


def broken_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the first copy of a message that comes in."""
    monkeypatch.setattr(transcript.Said, "rank", property(lambda said: ()))
    monkeypatch.setattr(
        transcript, "_ranks", lambda keys, span, of=transcript._ranks: dict.fromkeys(of(keys, span), ())
    )


@pytest.mark.parametrize(
    ("break_it", "table"),
    [
        (broken_order, "interactions_conversation"),
        (broken_latest, "interactions_rating"),
        (broken_presence, "agents_presence"),
        (broken_mask, "interactions_conversation"),
        (broken_names, "interactions_queue"),
        (broken_copies, "interactions_message"),
        (broken_answers, "interactions_sealedvalue"),
    ],
)
def test_the_promise_can_fail(break_it: Any, table: str, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    events = day(seed=2, events=2_000)
    expected = quiet(source, events)
    break_it(monkeypatch)
    # Not every disorder of a small day meets every weakness.
    assert any(table in differences(expected, any_order(source, events, seed)) for seed in (21, 22, 23, 24))
