"""Bugs that others had, each with the number that was wrong there and what it is here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.services import record
from apps.metrics import queries, services
from apps.metrics.measures import MEASURES
from apps.metrics.models import Observation
from apps.metrics.queries import Scope
from apps.metrics.reading import Number
from apps.shared.intervals import wilson
from apps.shared.outbox import dispatch
from tests.interactions.events import (
    ASHA,
    BO,
    CUSTOMER,
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
DAY = 86400.0


def count_in(events: list[CanonicalEvent], *, now: datetime) -> None:
    record(events=events, source=SOURCE, at=now)
    dispatch(at=now)
    services.recount_all(at=now)


def number(viewer: Viewer, metric: str, *, now: datetime, window: str = "28d", **scope: Any) -> Number:
    answer = queries.measure(viewer=viewer, key=metric, scope=Scope(**scope), window=window, at=now)
    (group,) = answer.groups
    return group.number


def test_the_first_reply_after_a_bot_and_a_reopening_took_10_minutes_and_not_5_days(olu: Viewer) -> None:
    back = 5 * DAY
    count_in(
        [
            started(0, queue="billing"), assigned(1, BO), said(2, CUSTOMER), said(4, BO), status(60, "resolved"),
            said(back, CUSTOMER, "It is back"), status(back + 1, "open"), assigned(back + 2, BO), said(back + 3, BO),
            queued(back + 100), assigned(back + 400, ASHA), said(back + 700, ASHA),
        ],
        now=at(back + 800),
    )  # fmt: skip
    found = number(olu, "first_reply_time", now=at(back + 800))
    assert (found.n, found.mean) == (1, 600.0)


def test_credit_for_a_rating_survives_being_unassigned(lena: Viewer, asha: Viewer) -> None:
    events = [started(0, queue="billing"), said(1, CUSTOMER), assigned(2, ASHA), said(30, ASHA), status(60, "resolved")]
    rating = event("rating.received", 90, rating_id="r", score=5, min=1, max=5, scale="csat")
    count_in([*events, rating], now=at(100))
    count_in([said(200, CUSTOMER), status(201, "open"), assigned(202, TOMAS), assigned(300, None)], now=at(301))
    her = key(SOURCE, "agent", "asha")
    Agent.objects.filter(pk=her).update(user=asha.user)
    found = number(asha, "csat", now=at(400), agent_id=her)
    assert (found.value, found.hits, found.n) == (1.0, 1, 1)
    assert not Observation.objects.filter(measure="csat", agent_id=key(SOURCE, "agent", "tomas")).exists()


def test_a_hundred_resolutions_are_not_a_hundred_customers(olu: Viewer) -> None:
    events = [started(0, queue="billing"), said(1, CUSTOMER), assigned(2, ASHA)]
    for n in range(100):
        start = 100.0 * n + 10
        events += [
            said(start, CUSTOMER),
            status(start + 1, "open"),
            said(start + 20, ASHA),
            status(start + 30, "resolved"),
        ]
    count_in(events, now=at(20000))
    assert number(olu, "resolution_time", now=at(20000)).n == 100
    assert number(olu, "volume", now=at(20000)).value == 1
    assert number(olu, "reopen_rate", now=at(20000)).n == 1


def test_a_conversation_reopened_five_times_is_one_of_one_and_nothing_is_clipped(olu: Viewer) -> None:
    events = [started(0, queue="billing"), said(1, CUSTOMER), assigned(2, ASHA), said(3, ASHA), status(4, "resolved")]
    for n in range(1, 6):
        events += [
            said(100.0 * n, CUSTOMER),
            status(100.0 * n + 1, "open"),
            said(100.0 * n + 9, ASHA),
            status(100.0 * n + 20, "resolved"),
        ]
    count_in(events, now=at(1000))
    found = number(olu, "reopen_rate", now=at(1000))
    assert (found.hits, found.n, found.value) == (1, 1, 1.0)


def test_a_reopening_is_of_whoever_resolved_the_conversation_and_not_of_who_takes_it_up_again(asha: Viewer) -> None:
    events = [
        started(0, queue="billing"), said(1, CUSTOMER), assigned(2, TOMAS), said(3, TOMAS),
        assigned(10, ASHA), said(20, ASHA), status(30, "resolved"),
    ]  # fmt: skip
    again = [said(100, CUSTOMER), status(101, "open"), assigned(102, TOMAS), said(103, TOMAS), status(110, "resolved")]
    count_in([*events, *again], now=at(200))
    told = {}
    for name in ("asha", "tomas"):
        agent = key(SOURCE, "agent", name)
        Agent.objects.update(user=None)
        Agent.objects.filter(pk=agent).update(user=asha.user)
        found = number(asha, "reopen_rate", now=at(300), agent_id=agent)
        told[name] = (found.hits, found.n)
    assert told == {"asha": (1, 1), "tomas": (None, 0)}


def test_business_hours_without_a_calendar_are_null_and_not_nought(olu: Viewer) -> None:
    count_in([started(0, queue="billing"), said(1, CUSTOMER), assigned(2, ASHA), said(30, ASHA)], now=at(60))
    found = number(olu, "first_reply_time", now=at(60))
    assert found.mean == 30.0
    assert found.business is None


@pytest.mark.parametrize("window", ["60min", "28d"])
def test_what_nobody_measured_is_null_and_never_nought(window: str, olu: Viewer) -> None:
    for metric in ("first_reply_time", "csat", "abandonment_rate", "volume", "service_level", "ai_confidence"):
        found = number(olu, metric, now=at(0), window=window)
        assert (found.value, found.n, found.low, found.p90, found.is_enough) == (None, 0, None, None, False)


def test_a_whisper_or_a_private_note_is_in_no_number_of_a_person(olu: Viewer) -> None:
    whisper = {"kind": "supervisor", "id": "lena", "name": "Lena"}
    count_in(
        [
            started(0, queue="billing", customer=CUSTOMER), said(1, CUSTOMER),
            said(20, whisper, visibility="private"), said(30, ASHA, visibility="private"),
        ],
        now=at(60),
    )  # fmt: skip
    human = {name for name, one in MEASURES.items() if one.subject == "human"}
    assert not Observation.objects.filter(measure__in=human).exists()


@pytest.mark.parametrize("kind", ["bot", "agent", "supervisor"])
def test_words_of_an_ai_agent_are_in_no_number_of_a_person_whatever_the_source_calls_it(kind: str, olu: Viewer) -> None:
    Agent.objects.create(id=key(SOURCE, "agent", "bo"), kind="ai", name="Bo")
    bo = {"kind": kind, "id": "bo", "name": "Bo"}
    count_in(
        [
            started(0, queue="billing"), said(1, CUSTOMER), assigned(2, bo), said(10, bo), status(60, "resolved"),
            event("conversation.offered", 5, agent=bo, outcome="missed"),
            event("rating.received", 90, rating_id="r", score=5, min=1, max=5, scale="csat"),
        ],
        now=at(100),
    )  # fmt: skip
    human = {name for name, one in MEASURES.items() if one.subject == "human"}
    assert list(Observation.objects.filter(measure__in=human)) == []
    assert number(olu, "ai_csat", now=at(100)).n == 1
    assert number(olu, "ai_involvement_rate", now=at(100)).value == 1.0


def test_an_automatic_reply_and_a_survey_are_no_reply(olu: Viewer) -> None:
    count_in(
        [
            started(0, queue="billing"), said(1, CUSTOMER), said(2, {"kind": "system", "id": "auto"}), assigned(3, ASHA),
            said(4, ASHA, kind="survey_prompt"), said(50, ASHA, "Hello"),
        ],
        now=at(60),
    )  # fmt: skip
    assert number(olu, "first_reply_time", now=at(60)).mean == 50.0
    assert number(olu, "response_time", now=at(60)).mean == 49.0


def test_a_mean_is_weighted_by_reply_and_not_by_conversation(olu: Viewer) -> None:
    talkative = [started(0, conversation_id="a", queue="billing"), assigned(0.5, ASHA, conversation_id="a")]
    for n in range(9):
        talkative += [
            said(60.0 * n + 1, CUSTOMER, conversation_id="a", message_id=f"q{n}"),
            said(60.0 * n + 11, ASHA, conversation_id="a", message_id=f"r{n}"),
        ]
    slow = [
        started(0, conversation_id="b", queue="billing"), assigned(1, ASHA, conversation_id="b"),
        said(2, CUSTOMER, conversation_id="b"), said(112, ASHA, conversation_id="b"),
    ]  # fmt: skip
    count_in(talkative + slow, now=at(900))
    for window in ("60min", "28d"):
        found = number(olu, "average_response_time", now=at(900), window=window)
        assert (found.value, found.n) == (20.0, 10)  # the mean of the conversations' means would be 60


def test_a_response_is_timed_from_the_first_message_of_its_run(olu: Viewer) -> None:
    count_in(
        [
            started(0, queue="billing"), assigned(1, ASHA), said(10, CUSTOMER), said(40, CUSTOMER), said(69, CUSTOMER),
            said(70, ASHA), said(75, ASHA),
        ],
        now=at(80),
    )  # fmt: skip
    found = number(olu, "response_time", now=at(80))
    assert (found.n, found.mean) == (1, 60.0)


def test_somebody_who_left_at_once_is_in_neither_side_of_the_abandonment_rate(olu: Viewer) -> None:
    events = []
    for name, left in (("quick", 6.0), ("slow", 90.0)):
        events += [
            started(0, conversation_id=name), queued(1, conversation_id=name),
            status(left, "closed", outcome="abandoned", conversation_id=name),
        ]  # fmt: skip
    events += [started(0, conversation_id="c"), queued(1, conversation_id="c"), assigned(9, ASHA, conversation_id="c")]
    count_in(events, now=at(100))
    found = number(olu, "abandonment_rate", now=at(100))
    assert (found.hits, found.n) == (1, 2)
    assert number(olu, "short_abandons", now=at(100)).value == 1


def test_an_interval_says_how_little_four_of_five_is() -> None:
    assert [round(x, 2) for x in wilson(4, 5)] == [0.38, 0.96]
    assert [round(x, 2) for x in wilson(24, 30)] == [0.63, 0.9]
    assert [round(x, 2) for x in wilson(160, 200)] == [0.74, 0.85]
    assert wilson(0, 3)[0] == 0.0
