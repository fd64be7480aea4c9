"""The engine against the oracle: exact on every case, count and ratio, and within the stated error on percentiles."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import TestCase

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, AgentKind, Team
from apps.analysis import services as analysis
from apps.analysis.models import Reading
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.decoding import decode
from apps.interactions.keys import key
from apps.interactions.models import Queue
from apps.interactions.services import record
from apps.metrics import calendars, histograms, queries, services
from apps.metrics.calendars import Plan
from apps.metrics.definitions.definition import Kind
from apps.metrics.measures import MEASURES, READINGS, Form
from apps.metrics.measures import Reading as ReadAs
from apps.metrics.models import NO_QUEUE, Observation, QueueTier
from apps.metrics.observations import CASES
from apps.metrics.queries import Scope
from apps.metrics.reading import Number
from apps.metrics.thanks import AFFIRMS, DOUBTS, THANKS
from apps.shared.outbox import dispatch
from tests.interactions.events import NOON, SOURCE
from tests.metrics.histories import history
from tests.metrics.oracle import ON_BUSINESS, Case, Feels, Hours, cases

HISTORIES = 200
LATER = NOON + timedelta(days=2)
DATA = Path(__file__).resolve().parents[3] / "shared/data/events"

# An office with a break in every hour and a holiday in the middle of the histories, so that many waits cross an edge; a shop
# far away that is open into the night; nobody knows when returns are answered.
HOURS = {
    "billing": Hours(
        "Europe/Berlin",
        {day: [(60 * hour, 60 * hour + 50) for hour in range(6, 21)] for day in range(1, 7)},
        frozenset([date(2026, 11, 23)]),
    ),
    "sales": Hours(
        "Asia/Kolkata", {day: [(20 * 60, 27 * 60 + 30)] for day in range(1, 8)}, frozenset([date(2026, 11, 22)])
    ),
}

# Billing stands in the middle; of returns nobody said anything.
TIERS = {"billing": 2, "sales": 3}


def take_in(events: list[CanonicalEvent], *, dice: Random, parts: int, now: datetime = LATER) -> None:
    """Record the events in any order and in parts, counting in between."""
    shuffled = dice.sample(events, len(events))
    size = len(shuffled) // parts + 1
    for start in range(0, len(shuffled), size):
        record(events=shuffled[start : start + size], source=SOURCE, at=now)
        dispatch(at=now)
        services.recount_all(at=now)
        # What customers write is read later than it is counted.
        analysis.read_all(at=now)
        dispatch(at=now)
        services.recount_all(at=now)


def as_read() -> Feels:
    """What is stored of customers' messages, for an oracle that takes readings as facts."""
    stored = dict(Reading.objects.filter(part="sentiment").values_list("message_id", "score"))
    return lambda talk, message: stored.get(key(SOURCE, "message", f"{talk}\x1f{message}"))


def stored(case: Case) -> tuple[Any, ...]:
    """The observation that a case is stored as."""
    scale = 1 if MEASURES[case.measure].form == Form.SHARE else 1_000_000
    return (
        case.measure,
        case.at,
        key(SOURCE, "queue", case.queue) if case.queue else NO_QUEUE,
        case.channel,
        key(SOURCE, "agent", case.agent) if case.agent else None,
        None if case.value is None else round(case.value * scale),
        None if case.business is None else round(case.business * scale),
    )


def assert_observed(told: list[Case]) -> None:
    expected = Counter(stored(case) for case in told)
    columns = ("measure", "at", "queue_id", "channel", "agent_id", "value", "business")
    found = Counter(Observation.objects.values_list(*columns))
    assert sorted((expected - found).elements(), key=repr) == []
    assert sorted((found - expected).elements(), key=repr) == []


def everywhere() -> Viewer:
    """A lead of a team of everybody, so that every number is in scope but nothing of the role is bent."""
    team = Team.objects.create(name="Everybody")
    Agent.objects.filter(kind=AgentKind.HUMAN).update(team=team)
    viewer = viewer_for(User.objects.create_user(username="all", password="a-long-password", role="lead"))
    ids = frozenset(Observation.objects.exclude(queue_id=NO_QUEUE).values_list("queue_id", flat=True))
    viewer._granted.update({Team: frozenset([team.pk]), queries.Queue: ids})
    return viewer


def between(values: list[float], share: float) -> float:
    """The percentile of some values, interpolated between ranks."""
    rank = share * (len(values) - 1)
    low, high = sorted(values)[int(rank)], sorted(values)[min(int(rank) + 1, len(values) - 1)]
    return low + (rank - int(rank)) * (high - low)


def worked_out(found: ReadAs, values: list[float | None]) -> dict[str, float | int | None]:
    """The number of some cases, on paper."""
    if not values:
        return {"value": None, "n": 0}
    if found.measure.form == Form.COUNT:
        return {"value": len(values), "n": len(values)}
    there = [value for value in values if value is not None]
    mean = sum(there) / len(there)
    if found.measure.form != Form.DURATION:
        return {"value": 1 - mean if found.is_complement else mean, "n": len(values)}
    value = mean if found.metric.kind == Kind.MEAN else between(there, 0.5)
    return {"value": value, "n": len(values), "mean": mean, "p50": between(there, 0.5), "p90": between(there, 0.9)}


def assert_same(number: Number, expected: dict[str, float | int | None], *, error: float, is_mean: bool) -> None:
    assert number.n == expected["n"]
    for name, value in expected.items():
        told = getattr(number, name)
        # Only percentiles from merged buckets may be off, and by no more than what the answer says.
        off = error if name in ("p50", "p90") or (name == "value" and "p50" in expected and not is_mean) else 1e-9
        if value is None:
            assert told is None
        else:
            assert told == pytest.approx(value, rel=off + 1e-9, abs=1e-9), name


class TestHistories(TestCase):
    """200 random histories, recorded once in any order."""

    events: list[CanonicalEvent]
    told: list[Case]
    viewer: Viewer

    @classmethod
    def setUpTestData(cls) -> None:
        cls.events = [one for seed in range(HISTORIES) for one in history(seed)]
        for queue, hours in HOURS.items():
            Queue.objects.create(id=key(SOURCE, "queue", queue), name=queue)
            plan = Plan(
                name=queue, zone=hours.zone, hours=hours.week, holidays=dict.fromkeys(hours.holidays, ""),
                queues=frozenset([key(SOURCE, "queue", queue)]),
            )  # fmt: skip
            calendars.save(by=None, calendar=None, plan=plan, at=LATER)
        for queue, tier in TIERS.items():
            QueueTier.objects.create(queue_id=key(SOURCE, "queue", queue), tier=tier)
        take_in(cls.events, dice=Random(1), parts=4)
        cls.told = cases(cls.events, HOURS, feels=as_read(), tiers=TIERS)
        cls.viewer = everywhere()

    def test_every_case_is_observed_and_nothing_else(self) -> None:
        assert_observed(self.told)
        # The histories hold every measure, so that agreement says something about each.
        assert {case.measure for case in self.told} == set(CASES) == set(MEASURES)

    def test_the_histories_hold_every_kind_of_business_time(self) -> None:
        timed = [case for case in self.told if case.measure in ON_BUSINESS]
        assert {case.business is None for case in timed if case.queue == "returns"} == {True}
        kept = [case for case in timed if case.queue in HOURS]
        assert {case.business is None for case in kept} == {False}
        whole = sum(case.business == case.value for case in kept)
        none = sum(case.business == 0 < case.value for case in kept)
        assert min(whole, none, len(kept) - whole - none) >= 12  # inside, outside, and over an opening or a closing

    def test_every_number_of_every_window_agrees(self) -> None:
        dice = Random(2)
        moments = [dice.choice(self.told).at + timedelta(seconds=dice.uniform(0, 900)) for _ in range(4)]
        compared = 0
        for moment, window in [
            *((m, "60min") for m in moments),
            *((m, "today") for m in moments[:1]),
            (LATER, "7d"),
            (LATER, "28d"),
        ]:
            for found in READINGS.values():
                if found.misses is None:
                    for by in ("", "queue", "channel", "agent"):
                        compared += self.compare(found, window, by, moment)
        assert compared > 500

    def compare(self, found: ReadAs, window: str, by: str, moment: datetime) -> int:
        kept = found.of_agent if by == "agent" else found.measure
        if kept is None or not (kept.by_agent if by == "agent" else kept.by_queue):
            return 0
        answer = queries.measure(
            viewer=self.viewer, key=found.metric.key, scope=Scope(), window=window, by=by, at=moment
        )
        since, until = answer.window.since, answer.window.until
        if not answer.window.is_exact:
            since -= timedelta(microseconds=1)
            size = 15 if by == "agent" else 1
            until = until.replace(minute=until.minute // size * size, second=0, microsecond=0) + timedelta(minutes=size)
            until -= timedelta(microseconds=1)
        expected: dict[str, list[float | None]] = defaultdict(list)
        business: dict[str, list[float]] = defaultdict(list)
        for case in self.told:
            # In no queue: outside everybody's scope but of those who see everything.
            if case.measure != kept.name or not since < case.at <= until or (by != "agent" and case.queue is None):
                continue
            row = stored(case)
            place = {"": "", "queue": str(row[2]), "channel": case.channel, "agent": str(row[4])}[by]
            expected[place].append(case.value)
            if case.business is not None:
                business[place].append(case.business)
        groups = {group.key: group.number for group in answer.groups if group.number.n}
        assert set(groups) == set(expected), (found.metric.key, window, by)
        for place, values in expected.items():
            assert_same(
                groups[place], worked_out(found, values), error=answer.error, is_mean=found.metric.kind == Kind.MEAN
            )
            open_for = business[place]
            assert groups[place].business_n == len(open_for)
            mean = sum(open_for) / len(open_for) if open_for else None
            assert groups[place].business == (None if mean is None else pytest.approx(mean, rel=1e-9, abs=1e-9))
        return len(expected)

    def test_the_service_level_agrees(self) -> None:
        billing = key(SOURCE, "queue", "billing")
        queries.Queue.objects.filter(pk=billing).update(reply_target_seconds=45)
        for window in ("28d", "today", "60min"):
            moment = LATER if window == "28d" else NOON - timedelta(hours=30)
            answer = queries.measure(viewer=self.viewer, key="service_level", scope=Scope(), window=window, at=moment)
            since, until = answer.window.since, answer.window.until
            inside = [case for case in self.told if case.queue == "billing" and since < case.at <= until]
            replies = [case.value for case in inside if case.measure == "first_reply_time" and case.value is not None]
            left = sum(case.measure == "abandonment_rate" and case.value == 1 for case in inside)
            (group,) = answer.groups
            n = len(replies) + left
            assert (group.number.n, group.number.hits or 0) == (n, sum(seconds <= 45 for seconds in replies))
            if window == "28d":
                assert n > 30
                assert left > 0


def test_a_percentile_of_bars_is_within_the_bound_of_the_exact_one() -> None:
    dice = Random(3)
    for size in (1, 2, 3, 10, 200):
        for _ in range(50):
            values = [dice.lognormvariate(16, 3) for _ in range(size)]
            keys = Counter(next(k for k in range(-1, 2000) if value <= histograms.GAMMA**k) for value in values)
            for share in (0.0, 0.5, 0.9, 1.0):
                told = histograms.percentile(sorted(keys.items()), share)
                assert told == pytest.approx(between(values, share), rel=histograms.ERROR + 1e-9)
    assert histograms.ERROR < 0.025
    assert histograms.percentile([], 0.5) is None
    assert histograms.percentile([(histograms.NOUGHT, 3)], 0.9) == 0.0


def as_patterns_say(text: str) -> tuple[bool, bool]:
    """The patterns in Python's own engine: the oracle of what PostgreSQL's makes of them."""
    doubts, affirms, thanks = (re.search(one, text, re.IGNORECASE) for one in (DOUBTS, AFFIRMS, THANKS))
    return bool(affirms and not doubts), bool(thanks and not doubts)


CHANNEL = {"chat": "webchat", "twitter": "social"}


def real_events(name: str, most: int) -> list[CanonicalEvent]:
    """Real dialogues as canonical events; the made-up clock of the file is kept, ties are told apart by its order."""
    found: list[CanonicalEvent] = []
    handed: dict[str, Any] = {}
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        for line, _ in zip(lines, range(most), strict=False):
            e = json.loads(line)
            talk = e["conversation_id"]
            data: dict[str, Any] = {"conversation_id": talk}
            match e["type"]:
                case "conversation.opened":
                    kind = "conversation.started"
                    data |= {"channel": CHANNEL[e["channel"]], "direction": "inbound", "queue": e["queue"] or "none"}
                case "conversation.assigned":
                    kind, to = "conversation.assigned", e["to"]
                    data["to"] = {"kind": to["role"], "id": to["id"]}
                    if talk in handed:
                        data["handoff"] = {
                            "from_kind": "bot",
                            "trigger": "unknown",
                            "summary": handed.pop(talk) or "none",
                        }
                case "message.in" | "message.out":
                    kind, author = "message.created", e["author"]
                    data |= {"message_id": e["message_id"], "author": {"kind": author["role"], "id": author["id"]},
                             "visibility": "public", "text": e["text"][:200]}  # fmt: skip
                case "conversation.closed":
                    kind = "conversation.status_changed"
                    data |= {"to": "resolved", "outcome": "handled"}
                case "conversation.transferred":
                    handed[talk] = e["reason"][:200]
                    continue
                case _:
                    continue
            body = {
                "specversion": "1.0", "id": e["id"], "source": f"/connections/{SOURCE}", "type": f"midshift.{kind}.v1",
                "time": e["at"], "sequence": str(e["seq"]), "data": data,
            }  # fmt: skip
            found.append(decode(json.dumps(body).encode()))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "most"), [("abcd_sample", 300), ("taubench_half0", 900), ("twcs_half0", 900), ("sgd", 600)]
)
def test_every_case_of_real_dialogues_is_observed_and_nothing_else(name: str, most: int) -> None:
    if not DATA.is_dir():
        pytest.skip(f"The public dialogues are not at {DATA}.")
    events = real_events(f"{name}.jsonl.gz", most)
    take_in(events, dice=Random(4), parts=3, now=datetime(2026, 11, 26, tzinfo=ZoneInfo("UTC")))
    told = cases(events, reads=as_patterns_say, feels=as_read())
    assert_observed(told)
    assert len(told) > 20
