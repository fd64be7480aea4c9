"""The stretches behind a number of working time: they sum up to it, say what they leave out, and are named for who may see people."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Presence, Shift, Team
from apps.interactions.models import Participation
from apps.metrics import queries, working
from apps.metrics.active_time import Part, Planned, Worked, slices, worked
from apps.metrics.behind import HITS, LEFT_OUT, REST, Question
from apps.metrics.drilldown import Drill, drill, every_row
from apps.metrics.queries import Scope
from apps.metrics.spent import PLANNED_KEYS, stretches
from apps.shared.errors import NotAllowed
from tests.console.floors import granted, holds, on_shift
from tests.interactions.events import NOON, at
from tests.metrics.test_active_time import CHANNELS, STATUSES, floor, hold, state

__all__ = ["floor"]
NOTHING = timedelta(0)
WHO = UUID(int=1)
KEYS = sorted(working.READERS)


def sides(key: str, found: Worked) -> tuple[timedelta, timedelta]:
    """The two sides of a number, from the sums that it is read from."""
    parts = found.parts
    idle, contact = parts[Part.IDLE], found.on_contact
    return {
        "active_time": (contact, NOTHING), "idle_time": (idle, NOTHING), "concurrency": (found.handling, contact),
        "occupancy": (contact, contact + idle), "slot_utilisation": (found.taken, found.slots),
        "adherence": (found.kept, found.planned), "conformance": (found.in_service, found.planned_service),
        "utilisation": (found.signed_in - parts[Part.BREAK], found.signed_in),
        "shrinkage": (found.planned - found.there, found.planned),
    }[key]  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(seed=st.integers(0, 100_000))
def test_the_stretches_of_a_number_sum_up_to_its_two_sides(seed: int) -> None:
    dice = Random(seed)
    cuts = sorted(dice.sample(range(1000), 9))
    said = [state(a, b, dice.choice(STATUSES), dice.randint(1, 4)) for a, b in pairwise(cuts)]
    held = [hold(a := dice.uniform(0, 900), a + dice.uniform(1, 200), dice.choice(CHANNELS)) for _ in range(6)]
    spans = slices(states=said, holds=held, since=at(0), until=at(1000))
    edges = sorted(dice.sample(range(1000), 5))
    kinds = ["any"] if dice.random() < 0.4 else ["open", "break", "meeting"]
    planned = [Planned(at(a), at(b), dice.choice(kinds)) for a, b in pairwise(edges) if dice.random() < 0.8]
    found = worked(spans=spans, planned=planned)
    for key in KEYS:
        told = stretches(key=key, person=WHO, spans=spans, planned=planned)
        over, under = (sum((getattr(one, side) for one in told), NOTHING) for side in ("over", "under"))
        assert (over, under) == sides(key, found), key
        # Nothing is twice in what is left out, and it is no part of either side.
        out = sorted((one for one in told if one.reason), key=lambda one: one.starts_at)
        assert all(a.ends_at <= b.starts_at for a, b in pairwise(out)), key
        assert {(one.over, one.under) for one in out} <= {(NOTHING, NOTHING)}
        whole = sum((one.length for one in told if key not in PLANNED_KEYS), NOTHING)
        assert key in PLANNED_KEYS or whole == found.signed_in, key


def test_what_follows_each_other_and_is_the_same_is_one_stretch() -> None:
    spans = slices(states=[state(0, 100, "available")], holds=[hold(10, 50), hold(30, 70)], since=at(0), until=at(100))
    told = stretches(key="occupancy", person=WHO, spans=spans)
    assert sorted((one.what, one.starts_at, one.ends_at) for one in told) == [
        ("On contact", at(10), at(70)), ("Ready", at(0), at(10)), ("Ready", at(70), at(100)),
    ]  # fmt: skip
    assert {one.what for one in stretches(key="concurrency", person=WHO, spans=spans)} == {
        "1 in hand",
        "2 in hand",
        "Ready",
    }


def ask(viewer: Viewer, key: str, scope: Scope = Scope(), **more: Any) -> Drill:  # noqa: B008  # never changed
    return drill(viewer=viewer, question=Question(key=key, scope=scope, window="60min", **more), at=NOON)


@pytest.mark.django_db
def test_a_lead_opens_the_stretches_of_a_number(floor: dict[str, Any]) -> None:
    found = ask(floor["lena"], "occupancy")
    assert {part.key: (part.count, part.hidden) for part in found.parts} == {
        "all": (3, 0), HITS: (1, 0), REST: (2, 0), LEFT_OUT: (0, 0),
    }  # fmt: skip
    assert [
        (row.title, row.agent, row.said, row.part, row.conversation_id) for row in found.rows if row.part == HITS
    ] == [("On contact", "Asha", "0:05:00", HITS, None)]
    assert (
        "On-contact time (0:05:00) divided by on-contact plus available idle time (0:20:00) = 25.0%." in found.formula
    )
    only = ask(floor["lena"], "occupancy", Scope(agent_id=floor["ready"].pk))
    assert {row.agent for row in only.rows} == {"Ben"}
    by_one = ask(floor["lena"], "active_time", by="agent", group=str(floor["busy"].pk), part=LEFT_OUT)
    assert [(row.title, row.agent, row.reason) for row in by_one.rows] == [
        ("Ready", "Asha", "Ready, with nothing in hand.")
    ]
    assert [one.key for one in by_one.reasons] == ["was_idle"]


@pytest.mark.django_db
def test_shrinkage_tells_the_office_from_elsewhere_and_utilisation_what_is_paid(floor: dict[str, Any]) -> None:
    lena, busy = floor["lena"], floor["busy"]
    Presence.objects.filter(agent=busy).update(ended_at=NOON - timedelta(minutes=4))
    Presence.objects.create(id=uuid4(), agent=busy, status="away", started_at=NOON - timedelta(minutes=4))
    Participation.objects.filter(agent=busy).update(left_at=NOON - timedelta(minutes=4))
    found = ask(lena, "shrinkage")
    # Twenty planned minutes: ten before she signed in, six there, four on a break.
    assert found.number.value == pytest.approx(14 / 20)
    assert {(row.title, row.said) for row in found.rows if row.part == HITS} == {
        ("Signed out, planned for a shift, out of the office", "0:10:00"),
        ("Break, meeting or away, planned for a shift, in the office", "0:04:00"),
    }
    assert ask(lena, "utilisation", Scope(agent_id=busy.pk)).number.value == pytest.approx(6 / 10)
    assert ask(lena, "utilisation").number.value == pytest.approx(16 / 20)


@pytest.mark.django_db
def test_after_contact_work_opens_its_conversations_and_says_after_which_nothing_is_known(
    floor: dict[str, Any],
) -> None:
    lena, busy, queue = floor["lena"], floor["busy"], floor["queue"]
    Participation.objects.filter(agent=busy).update(left_at=NOON - timedelta(minutes=3))
    Presence.objects.filter(agent=busy).update(ended_at=NOON - timedelta(minutes=3))
    for minutes, status in ((3, "wrap_up"), (1, "available")):
        Presence.objects.create(
            id=uuid4(), agent=busy, status=status, started_at=NOON - timedelta(minutes=minutes),
            ended_at=NOON - timedelta(minutes=1) if minutes == 3 else None,
        )  # fmt: skip
    talk = holds(busy, queue, NOON)
    Participation.objects.filter(conversation=talk).update(left_at=NOON - timedelta(seconds=30))
    found = ask(lena, "after_contact_work")
    assert (found.number.value, found.number.n, found.number.is_enough) == (120.0, 1, False)
    assert [(row.said, row.agent, row.conversation_id is not None) for row in found.rows] == [("0:02:00", "Asha", True)]
    out = ask(lena, "after_contact_work", part=LEFT_OUT)
    assert [(row.conversation_id, row.reason) for row in out.rows] == [
        (talk.pk, "No wrap-up was told within 10 s of its end.")
    ]


@pytest.mark.django_db
def test_the_page_and_the_file_say_the_same_of_stretches(floor: dict[str, Any], client: Client) -> None:
    lena = floor["lena"]
    client.force_login(lena.user)
    rows = list(
        every_row(viewer=lena, question=Question(key="occupancy", scope=Scope(), window="60min"), at=NOON, most=100)
    )
    told = client.get("/metrics/occupancy", {"window": "60min", "at": NOON.isoformat()}).content.decode()
    assert 'id="rows"' in told
    assert told.count('<tr><th scope="row">') == len(rows) == 3
    asked = client.get("/api/v1/metrics/occupancy/rows", {"window": "60min", "at": NOON.isoformat()}).json()
    assert [(one["title"], one["agent"], one["said"], one["conversation_id"]) for one in asked["rows"]] == [
        (row.title, row.agent, row.said, None) for row in rows
    ]


@pytest.mark.django_db
def test_a_person_opens_their_own_and_nobody_elses(floor: dict[str, Any], asha: Viewer, olu: Viewer) -> None:
    busy = floor["busy"]
    busy.user = asha.user
    busy.save()
    mine = viewer_for(asha.user)
    assert {row.agent for row in ask(mine, "active_time", Scope(agent_id=busy.pk)).rows} == {"Asha"}
    with pytest.raises(NotAllowed):
        ask(olu, "occupancy")


@pytest.mark.django_db
def test_the_stretches_of_many_cost_as_many_statements_as_those_of_few(lena: Viewer) -> None:
    counts = []
    for size in (3, 30):
        for one in [on_shift(f"P{size}-{n}", _team(size), NOON) for n in range(size)]:
            Shift.objects.create(agent=one, starts_at=NOON - timedelta(minutes=20), ends_at=NOON)
        viewer = granted(lena, team=_team(size))
        with CaptureQueriesContext(connection) as seen:
            assert ask(viewer, "adherence", Scope(team_id=_team(size).pk)).parts[0].count >= size
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert queries.is_of_time("adherence")


def _team(size: int) -> Team:
    return Team.objects.get_or_create(name=f"Team {size}")[0]
