"""What a person's time went into: every moment once, in any order of what was said, and the ratios made of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise, zip_longest
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Shift, Team
from apps.agents.reach import Reach
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.services import record
from apps.metrics import queries, working
from apps.metrics.active_time import (
    LETTERS,
    LONGEST_STATE,
    Hold,
    Part,
    Planned,
    Slice,
    State,
    Stretch,
    Worked,
    after_contact,
    slices,
    worked,
)
from apps.metrics.definitions.definition import MixedFamilies
from apps.metrics.queries import Scope
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from tests.console.floors import granted, holds, on_shift, queue_named
from tests.interactions.events import ASHA, NOON, SOURCE, assigned, at, event, started, status

SECOND = timedelta(seconds=1)
ALL = Scope()
MINUTES = 60
STATUSES = ("available", "busy", "wrap_up", "away", "offline", "unknown")
CHANNELS = ("webchat", "voice", "email", "messaging")


def state(starts: float, ends: float | None, status: str, capacity: int = 3) -> State:
    return State(at(starts), None if ends is None else at(ends), status, capacity)


def hold(starts: float, ends: float | None, channel: str = "webchat") -> Hold:
    return Hold(at(starts), None if ends is None else at(ends), channel)


def of(
    *, states: list[State], holds: list[Hold] = (), rings: list[Stretch] = (), until: float, since: float = 0
) -> Worked:  # type: ignore[assignment]
    return worked(spans=slices(states=states, holds=holds, rings=rings, since=at(since), until=at(until)))


def minutes(found: Worked) -> dict[str, float]:
    return {part.value: spent.total_seconds() / 60 for part, spent in found.parts.items() if spent}


def test_a_shift_falls_into_its_parts() -> None:
    found = of(
        states=[
            state(0, 60 * MINUTES, "available"), state(60 * MINUTES, 65 * MINUTES, "wrap_up"),
            state(65 * MINUTES, 80 * MINUTES, "away"), state(80 * MINUTES, 110 * MINUTES, "available"),
            state(110 * MINUTES, None, "offline"),
        ],
        holds=[hold(10 * MINUTES, 40 * MINUTES), hold(30 * MINUTES, 60 * MINUTES), hold(100 * MINUTES, 105 * MINUTES)],
        rings=[Stretch(at(8 * MINUTES), at(10 * MINUTES)), Stretch(at(20 * MINUTES), at(21 * MINUTES))],
        until=120 * MINUTES,
    )  # fmt: skip
    assert minutes(found) == {"on_contact": 55, "wrap_up": 5, "ringing": 2, "break": 15, "idle": 33, "offline": 10}
    assert found.signed_in == timedelta(minutes=110)
    # 65 minutes of conversations in 55 minutes on contact; two at once at the most.
    assert (found.concurrency, found.peak) == (65 / 55, 2)
    assert found.occupancy == 55 / 88
    # Three slots through every minute but those of the break.
    assert found.slot_utilisation == 65 / (3 * 95)


def test_overlapping_conversations_count_once_in_active_time_and_one_reads_the_same_as_three() -> None:
    one, three = (of(states=[state(0, None, "busy")], holds=[hold(60, 600)] * number, until=1200) for number in (1, 3))
    assert one.on_contact == three.on_contact == timedelta(seconds=540)
    assert one.occupancy == three.occupancy
    assert (one.concurrency, three.concurrency) == (1.0, 3.0)


def test_a_letter_is_in_hand_while_one_works_and_a_chat_also_in_a_break() -> None:
    states = [state(0, 100, "available"), state(100, 200, "away"), state(200, 300, "wrap_up"), state(300, 400, "busy")]
    letter, chat = (
        of(states=states, holds=[hold(-9999, None, channel)], until=400) for channel in ("email", "webchat")
    )
    assert {part: spent.total_seconds() for part, spent in letter.parts.items() if spent} == {
        Part.ON_CONTACT: 200, Part.BREAK: 100, Part.WRAP_UP: 100
    }  # fmt: skip
    assert chat.on_contact == timedelta(seconds=400)


def test_nobody_works_while_signed_out_and_a_forgotten_sign_out_ends_by_itself() -> None:
    assert of(states=[], holds=[hold(0, 100)], until=100).signed_in == timedelta(0)
    assert of(states=[state(0, None, "unknown")], holds=[hold(0, 100)], until=100).on_contact == timedelta(0)
    forgotten = of(states=[state(0, None, "available")], until=2 * 86400)
    assert forgotten.signed_in == LONGEST_STATE


def test_without_anything_to_divide_by_a_ratio_is_null_and_never_nought() -> None:
    nothing = of(states=[state(0, None, "away")], until=60)
    assert (nothing.concurrency, nothing.occupancy, nothing.slot_utilisation) == (None, None, None)
    assert (nothing.adherence, nothing.conformance) == (None, None)


def test_adherence_is_what_was_kept_of_the_plan_and_conformance_may_be_more_than_it() -> None:
    spans = slices(states=[state(600, 7200, "available")], holds=[], since=at(0), until=at(7200))
    found = worked(spans=spans, planned=[Planned(at(0), at(3600)), Planned(at(-7200), at(-3600))])
    assert (found.adherence, found.conformance) == (3000 / 3600, 6600 / 3600)


spans_of_seconds = st.tuples(st.integers(-200, 600), st.integers(1, 400))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    turns=st.lists(st.tuples(st.integers(-300, 600), st.sampled_from(STATUSES), st.integers(0, 4)), max_size=8),
    held=st.lists(st.tuples(spans_of_seconds, st.sampled_from(CHANNELS), st.booleans()), max_size=8),
    rung=st.lists(spans_of_seconds, max_size=4),
    shuffle=st.integers(0, 1000),
)
def test_the_parts_sum_to_the_window_exactly_and_agree_with_a_walk_from_second_to_second(
    turns: list[tuple[int, str, int]], held: list[Any], rung: list[tuple[int, int]], shuffle: int
) -> None:
    ordered = sorted(turns, key=lambda turn: turn[0])
    ends = [turn[0] for turn in ordered[1:]]
    states = [state(begin, end, what, slots) for (begin, what, slots), end in zip_longest(ordered, ends)]
    holding = [hold(begin, None if is_open else begin + length, channel) for (begin, length), channel, is_open in held]
    rings = [Stretch(at(begin), at(begin + length)) for begin, length in rung]
    dice = Random(shuffle)
    kept = [one for one in states if one.ends_at is None or one.ends_at > one.starts_at]
    mixed = dice.sample(kept, len(kept))
    found = of(states=mixed, holds=dice.sample(holding, len(holding)), rings=dice.sample(rings, len(rings)), until=500)

    expected, handling, taken, slots = dict.fromkeys(Part, 0), 0, 0, 0
    for second in range(500):
        now = at(second)
        said = [one for one in states if one.starts_at <= now and (one.ends_at is None or now < one.ends_at)]
        mine = [one for one in holding if one.starts_at <= now and (one.ends_at is None or now < one.ends_at)]
        live = [one for one in mine if one.channel not in LETTERS]
        status = said[-1].status if said else "offline"
        works = status in ("available", "busy")
        if status in ("offline", "unknown"):
            part = Part.OFFLINE
        elif live or (mine and works):
            part = Part.ON_CONTACT
        elif status == "wrap_up":
            part = Part.WRAP_UP
        elif any(one.starts_at <= now < one.ends_at for one in rings):
            part = Part.RINGING
        else:
            part = Part.IDLE if status == "available" else Part.BREAK
        expected[part] += 1
        if part == Part.ON_CONTACT:
            handling += len(mine) if works else len(live)
        if part not in (Part.OFFLINE, Part.BREAK):
            taken, slots = taken + len(mine), slots + said[-1].capacity
    assert {part: spent / SECOND for part, spent in found.parts.items()} == expected
    assert found.signed_in + found.parts[Part.OFFLINE] == timedelta(seconds=500)
    assert (found.handling / SECOND, found.taken / SECOND, found.slots / SECOND) == (handling, taken, slots)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cuts=st.lists(st.floats(0, 1000, allow_nan=False), min_size=1, max_size=6))
def test_windows_that_follow_each_other_sum_to_the_whole_one(cuts: list[float]) -> None:
    states = [state(10.123456, 400.5, "available"), state(400.5, 700, "away"), state(700, None, "busy")]
    held = [hold(50.000001, 300), hold(250, 420.25, "voice"), hold(0, None, "email")]
    edges = sorted({0.0, 1000.0, *(round(cut, 6) for cut in cuts)})
    pieces = [of(states=states, holds=held, since=a, until=b) for a, b in pairwise(edges)]
    assert sum(pieces, Worked()).parts == of(states=states, holds=held, until=1000).parts


def said(seconds: float, to: str, *, agent: dict[str, str] = ASHA, **more: Any) -> CanonicalEvent:
    return event("agent.status_changed", seconds, id=f"{agent['id']}{seconds}{to}", agent=agent, to=to, **more)


@pytest.mark.django_db
def test_presence_that_comes_late_and_in_any_order_gives_the_same_time() -> None:
    events = [
        said(0, "available", capacity=3), started(100, queue="billing"), assigned(110, ASHA), said(500, "wrap_up"),
        status(500, "resolved"), said(560, "available"), said(900, "away", reason="Lunch"), said(1500, "offline"),
    ]  # fmt: skip
    found = []
    for seed in range(4):
        mixed = Random(seed).sample(events, len(events)) if seed else events
        if seed:
            Agent.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    "TRUNCATE interactions_conversation, interactions_participation, interactions_conversationevent CASCADE"
                )
        for one in mixed:
            record(events=[one], source=SOURCE, at=at(3600))
        asha = key(SOURCE, "agent", "asha")
        found.append(working.time_of(people=Reach.whole([asha]), since=NOON, until=at(1600))[asha])
    assert {part: spent.total_seconds() for part, spent in found[0].parts.items() if spent} == {
        Part.ON_CONTACT: 390, Part.WRAP_UP: 60, Part.IDLE: 450, Part.BREAK: 600, Part.OFFLINE: 100
    }  # fmt: skip
    assert found == [found[0]] * 4


@pytest.fixture
def floor(lena: Viewer) -> dict[str, Any]:
    """Lena's team of two: one has held a conversation for five of ten minutes, one stood ready; somebody elsewhere."""
    mine, other, queue = Team.objects.create(name="Mine"), Team.objects.create(name="Other"), queue_named("Billing")
    busy, ready = on_shift("Asha", mine, NOON), on_shift("Ben", mine, NOON)
    holds(busy, queue, NOON)
    Shift.objects.create(agent=busy, starts_at=NOON - timedelta(minutes=20), ends_at=NOON + timedelta(hours=1))
    foreign = on_shift("Nina", other, NOON)
    return {
        "lena": granted(lena, team=mine, queue=queue),
        "busy": busy,
        "ready": ready,
        "foreign": foreign,
        "queue": queue,
    }


def ask(viewer: Viewer, metric: str, scope: Scope = ALL, by: str = "") -> dict[str, Any]:
    answer = queries.measure(viewer=viewer, key=metric, scope=scope, window="60min", by=by, at=NOON)
    return {group.label: (group.number.value, group.number.n) for group in answer.groups}


@pytest.mark.django_db
def test_working_time_is_read_like_every_other_number(floor: dict[str, Any]) -> None:
    lena, busy = floor["lena"], Scope(agent_id=floor["busy"].pk)
    assert ask(lena, "active_time", by="agent") == {"Asha": (300.0, 1), "Ben": (0.0, 1)}
    # Two people: half of five minutes each, and of their twenty minutes a quarter on contact.
    assert ask(lena, "active_time") == {"": (150.0, 2)}
    assert ask(lena, "idle_time", busy) == {"": (300.0, 1)}
    assert ask(lena, "occupancy") == {"": (0.25, 2)}
    assert ask(lena, "occupancy", busy) == {"": (0.5, 1)}
    assert ask(lena, "concurrency", by="agent") == {"Asha": (1.0, 1), "Ben": (None, 1)}
    assert ask(lena, "slot_utilisation", busy) == {"": (300 / 1800, 1)}
    assert ask(lena, "adherence", by="agent") == {"Asha": (0.5, 1), "Ben": (None, 1)}
    assert ask(lena, "conformance", busy) == {"": (0.5, 1)}


@pytest.mark.django_db
def test_working_time_is_refused_where_it_says_nothing_and_to_whom_it_is_not_due(
    floor: dict[str, Any], olu: Viewer
) -> None:
    with pytest.raises(Refusal, match="whole time"):
        ask(floor["lena"], "occupancy", Scope(queue_id=floor["queue"].pk))
    with pytest.raises(Refusal, match="whole time"):
        ask(floor["lena"], "occupancy", by="channel")
    with pytest.raises(OutOfScope):
        ask(floor["lena"], "occupancy", Scope(agent_id=floor["foreign"].pk))
    bot = Agent.objects.create(kind=AgentKind.AI, name="Bo")
    with pytest.raises(MixedFamilies):
        ask(floor["lena"], "occupancy", Scope(agent_id=bot.pk))
    with pytest.raises(NotAllowed):
        ask(olu, "occupancy")


@pytest.mark.django_db
def test_everybodys_time_is_read_by_four_statements() -> None:
    team = Team.objects.create(name="Team")
    counts = []
    for size in (3, 30):
        people = [on_shift(f"P{size}{n}", team, NOON).pk for n in range(size)]
        with CaptureQueriesContext(connection) as seen:
            assert len(working.time_of(people=Reach.whole(people), since=NOON - timedelta(hours=1), until=NOON)) == size
        counts.append(len(seen))
    assert counts == [4, 4]


def test_spans_follow_each_other_without_a_gap() -> None:
    spans = slices(states=[state(5, 9, "away")], holds=[hold(-3, 7)], since=at(0), until=at(20))
    assert spans[0].starts_at == at(0)
    assert all(a.ends_at == b.starts_at for a, b in pairwise(spans))
    assert spans[-1] == Slice(at(9), at(20), Part.OFFLINE)


def wraps(states: list[State], *ends: float, until: float = 1000) -> list[float | str]:
    """After-contact work of conversations that end then, in seconds; in a word where there is none."""
    found = after_contact(states=states, holds=[hold(end - 5, end) for end in ends], until=at(until))
    return [
        one.spent / SECOND if one.spent is not None else "lasts" if one.is_told else "none"
        for one in sorted(found, key=lambda one: one.hold.ends_at or at(0))
    ]


def test_after_contact_work_is_from_a_conversations_end_to_being_ready() -> None:
    day = [state(0, 100, "available"), state(100, 160, "wrap_up"), state(160, None, "available")]
    assert wraps(day, 100) == [60]
    assert wraps([state(0, 106, "available"), state(106, 160, "wrap_up")], 100) == [60]  # told a moment later
    assert wraps([state(0, 111, "available"), state(111, 160, "wrap_up")], 100) == ["none"]  # another one's, or a break
    # Several conversations at once: each has its own, from its own end.
    assert wraps(day, 40, 100, 130) == ["none", 60, 30]
    assert wraps([state(0, 100, "wrap_up"), state(100, 130, "wrap_up"), state(130, None, "away")], 90) == [40]
    assert wraps([state(0, None, "wrap_up")], 90) == ["lasts"]
    assert wraps([], 90) == ["none"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000))
def test_after_contact_work_is_what_walking_second_by_second_finds(seed: int) -> None:
    dice = Random(seed)
    cuts = sorted(dice.sample(range(200), 8))
    states = [state(a, b, dice.choice(("available", "wrap_up", "wrap_up", "away"))) for a, b in pairwise(cuts)]
    ends = sorted(dice.sample(range(1, 200), 5))
    status = {
        second: one.status
        for one in states
        for second in range(200)
        if one.starts_at <= at(second) < (one.ends_at or at(999))
    }
    expected: list[float | str] = []
    for end in ends:
        begins = end
        if status.get(end) != "wrap_up":
            begins = next((cut for cut in cuts[:-1] if cut > end), 999)
            begins = begins if begins <= end + 10 else 999
        ready = begins
        while status.get(ready) == "wrap_up":
            ready += 1
        expected.append(ready - end if ready > begins else "none")
    assert wraps(states, *ends) == expected


def test_time_that_is_paid_or_planned_and_not_for_customers() -> None:
    states = [state(0, 60, "available"), state(60, 80, "wrap_up"), state(80, 100, "away"), state(100, None, "offline")]
    spans = slices(states=states, holds=[hold(10, 40)], since=at(0), until=at(200))
    found = worked(spans=spans, planned=[Planned(at(20), at(70), "open"), Planned(at(70), at(120), "break")])
    assert found.utilisation == 80 / 100
    # Of a hundred planned seconds twenty on a break, in the office, and twenty signed out; the break was begun late.
    assert found.shrinkage == pytest.approx(40 / 100)
    assert (Worked().utilisation, Worked().shrinkage) == (None, None)


@pytest.mark.django_db
def test_after_contact_work_is_read_by_person_and_from_conversations_enough() -> None:
    events = []
    for n in range(21):
        talk = {"conversation_id": f"w{n}"}
        events += [
            event("conversation.started", 100 * n, id=f"s{n}", channel="webchat", direction="inbound", queue="billing", **talk),
            event("conversation.assigned", 100 * n + 1, id=f"a{n}", to=ASHA, **talk), said(100 * n + 2, "available"),
            event("conversation.status_changed", 100 * n + 50, id=f"c{n}", to="resolved", **talk),
            said(100 * n + 50, "wrap_up"), said(100 * n + 60 + n, "available"),
        ]  # fmt: skip
    record(events=Random(1).sample(events, len(events)), source=SOURCE, at=at(3600))
    asha = key(SOURCE, "agent", "asha")
    found = working.numbers(
        key=working.AFTER_CONTACT, people=Reach.whole([asha]), since=at(70), until=at(2200), by_agent=True
    )
    # The first one ended before the window: its wrap-up was over by then.
    assert (found[str(asha)].value, found[str(asha)].n, found[str(asha)].is_enough) == (20.5, 20, True)
    few = working.numbers(
        key=working.AFTER_CONTACT, people=Reach.whole([asha]), since=at(1900), until=at(2200), by_agent=False
    )
    assert (few[""].n, few[""].is_enough) == (2, False)
    assert (
        working.numbers(
            key=working.AFTER_CONTACT, people=Reach.whole([asha]), since=at(-50), until=at(0), by_agent=False
        )
        == {}
    )
