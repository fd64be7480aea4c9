"""The engine against the oracle: exact on every case, count and ratio, and within the stated error on percentiles."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from apps.interactions.canonical import CanonicalEvent, key
from apps.interactions.services import record
from apps.metrics import services
from apps.metrics.measures import MEASURES, Form
from apps.metrics.models import NO_QUEUE, Observation
from apps.metrics.observations import CASES
from apps.shared.outbox import dispatch
from tests.interactions.events import NOON, SOURCE
from tests.metrics.histories import history
from tests.metrics.oracle import Case, cases

HISTORIES = 200
LATER = NOON + timedelta(days=2)


def stored(case: Case) -> tuple:
    """The observation that a case is stored as."""
    form = MEASURES[case.measure].form
    value = None if case.value is None else round(case.value * (1 if form == Form.SHARE else 1_000_000))
    return (
        case.measure,
        case.at,
        key(SOURCE, "queue", case.queue) if case.queue else NO_QUEUE,
        case.channel,
        key(SOURCE, "agent", case.agent) if case.agent else None,
        value,
    )


def take_in(events: list[CanonicalEvent], *, dice: Random, parts: int) -> None:
    """Record the events in any order and in parts, counting in between."""
    shuffled = dice.sample(events, len(events))
    size = len(shuffled) // parts + 1
    for start in range(0, len(shuffled), size):
        record(events=shuffled[start : start + size], source=SOURCE, at=LATER)
        dispatch(at=LATER)
        services.recount_all(at=LATER)


@pytest.mark.django_db
def test_every_case_of_200_random_histories_is_observed_and_nothing_else() -> None:
    events = [one for seed in range(HISTORIES) for one in history(seed)]
    take_in(events, dice=Random(1), parts=6)
    expected = Counter(stored(case) for case in cases(events))
    found = Counter(Observation.objects.values_list("measure", "at", "queue_id", "channel", "agent_id", "value"))
    assert sorted((expected - found).elements(), key=repr) == []
    assert sorted((found - expected).elements(), key=repr) == []
    # The histories hold every measure, so that agreement says something about each.
    assert {measure for measure, *_ in expected} == set(CASES) == set(MEASURES)
