"""The operations page: the shift ahead, the promises of the next hours, channels, and containment beside repeat contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Shift, Team
from apps.interactions.models import Queue
from apps.metrics import ops, regions, risk, services, volume
from apps.metrics.models import NO_QUEUE, QueuePoint
from apps.metrics.risk import Line
from tests.console.floors import granted, queue_named

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday, three hours into the shift
HOUR = timedelta(hours=1)


def came(
    queue: UUID, at: datetime, n: int, *, measure: str = volume.ARRIVALS, total: int = 0, channel: str = "webchat"
) -> None:
    QueuePoint.objects.create(
        grain="hour", measure=measure, starts_at=at, queue_id=queue, channel=channel, n=n, total=total, counted_at=AT
    )


def weeks_of(queue: UUID, *, an_hour: int, days: int = 15, held_seconds: int = 600) -> None:
    """So many arrivals in each hour from 7 to 20 of each day before, each held by one person for a while."""
    for back in range(1, days + 1):
        for hour in range(7, 20):
            came(queue, AT.replace(hour=hour) - timedelta(days=back), an_hour)
    for back in range(1, 8):
        moment = AT - timedelta(days=back)
        came(queue, moment, 13 * an_hour, measure="assigned_time", total=13 * an_hour * held_seconds * 1_000_000)


@pytest.fixture
def queue(olu: Viewer) -> Queue:
    """Sixty chats an hour, held ten minutes each: ten slots of work. A team of people with three slots each answers it."""
    found = queue_named("Billing chat", target=60)
    team = Team.objects.create(name="Billing")
    found.teams.add(team)
    weeks_of(found.pk, an_hour=60)
    for n in range(6):
        person = Agent.objects.create(kind="human", name=f"Person {n}", team=team, capacity=3)
        # Two of six go home at noon.
        Shift.objects.create(agent=person, starts_at=AT - 3 * HOUR, ends_at=AT + (2 if n < 2 else 9) * HOUR)
    services.learn_baselines(at=AT)
    return found


def test_the_shift_is_shown_hour_by_hour_beside_what_is_usual_with_a_forecast_of_the_rest(
    queue: Queue, olu: Viewer
) -> None:
    for hour in (7, 8, 9):
        came(queue.pk, AT.replace(hour=hour), 66)
    found = ops.ahead(viewer=olu, at=AT)
    assert (found.arrived, found.usual_so_far, found.days, found.is_learning) == (198, 180.0, 14, False)
    assert [(h.starts_at.hour, h.arrived, h.usual) for h in found.told.hours[:4]] == [
        (7, 66, 60.0), (8, 66, 60.0), (9, 66, 60.0), (10, 0, 60.0),
    ]  # fmt: skip
    assert [h.expected for h in found.told.hours[:3]] == [None] * 3
    assert 600 <= found.told.rest <= 660
    assert found.told.low < found.told.rest < found.told.high


def test_until_seven_days_are_known_nothing_is_called_usual(olu: Viewer) -> None:
    found = queue_named("Billing chat")
    weeks_of(found.pk, an_hour=60, days=7)  # the first of them may not be whole
    services.learn_baselines(at=AT)
    came(found.pk, AT.replace(hour=9), 5)
    ahead = ops.ahead(viewer=olu, at=AT)
    assert (ahead.is_learning, ahead.days, ahead.arrived, ahead.told.rest) == (True, 6, 5, 0.0)
    assert "6 of 7 days are known" in regions.render("ops.volume", olu, {}, AT)
    (one,) = ops.risks(viewer=olu, at=AT)
    assert (one.state, one.why) == ("", "learning: 6 of 7 days known")
    assert {hour.expected for hour in one.hours} == {None}


def test_erlangs_formula_is_the_one_of_the_textbook() -> None:
    assert risk.waits(slots=10, load=8.0) == pytest.approx(0.4092, abs=1e-4)
    assert risk.waits(slots=1, load=0.5) == pytest.approx(0.5)
    assert (risk.waits(slots=5, load=5.0), risk.waits(slots=5, load=0.0), risk.waits(slots=0, load=1.0)) == (
        1.0,
        0.0,
        1.0,
    )
    share, waiting = risk.within(slots=10, load=8.0, held_seconds=180, target_seconds=20)
    assert (share, waiting) == (pytest.approx(0.6724, abs=1e-3), 0.0)


def test_with_more_work_than_slots_the_wait_grows_and_is_carried_into_the_next_hour() -> None:
    def hour(load: float, target: int, waiting: float = 0.0) -> tuple[float, float]:
        return risk.within(slots=10, load=load, held_seconds=600, target_seconds=target, waiting_seconds=waiting)

    # A fifth too much: after an hour they wait 720 s; a minute's promise holds for the first twelfth of the hour.
    assert hour(12.0, 60) == (pytest.approx(60 / 720), pytest.approx(720))
    assert hour(12.0, 14_400) == (1.0, pytest.approx(720))
    # Half the slots are free: the 720 s are gone after 24 min, and for two of those they are within the minute.
    share, waiting = hour(5.0, 60, 720.0)
    assert waiting == 0.0
    assert share == pytest.approx(0.4 * 60 / 720 + 0.6 * hour(5.0, 60)[0])
    assert hour(12.0, 60, 720.0) == (0.0, pytest.approx(1440))


def test_queues_of_one_team_share_its_slots() -> None:
    one, other = UUID(int=1), UUID(int=2)
    lines = [Line(key, frozenset([7]), 60, 600.0, 600.0) for key in (one, other)]
    alone = risk.answered_in_time(line=lines[0], lines=lines, arrivals={one: 40.0}, slots={7: 12.0})[0]
    together = risk.answered_in_time(line=lines[0], lines=lines, arrivals={one: 40.0, other: 25.0}, slots={7: 12.0})[0]
    assert alone is not None
    assert together is not None
    assert alone > 0.9 > together
    assert risk.answered_in_time(line=lines[0], lines=lines, arrivals={one: 1.0}, slots={})[0] is None


def test_a_promise_is_at_risk_from_the_hour_in_which_people_go_home(queue: Queue, olu: Viewer) -> None:
    for hour in (7, 8, 9):
        came(queue.pk, AT.replace(hour=hour), 60)
    (one,) = ops.risks(viewer=olu, at=AT)
    shares = [hour.expected for hour in one.hours]
    assert len(shares) == ops.AHEAD_HOURS
    assert all(share is not None and share > 0.95 for share in shares[:2])  # 18 slots for ten of work
    assert all(share is not None and share < 0.9 for share in shares[2:])  # twelve
    assert all(
        hour.at_most is not None and hour.expected is not None and hour.at_most < hour.expected for hour in one.hours
    )
    assert (one.state, one.why) == ("crit", "below its goal as expected")
    Queue.objects.filter(pk=queue.pk).update(service_level_target=0.6)
    (one,) = ops.risks(viewer=olu, at=AT)
    assert (one.state, one.why) == ("warn", "below its goal if many come")
    Shift.objects.filter(ends_at=AT + 9 * HOUR).delete()
    (one,) = ops.risks(viewer=olu, at=AT)
    # Six slots for ten of work, then nobody.
    assert [hour.expected for hour in one.hours] == [pytest.approx(60 / (4 / 6 * 3600), rel=0.05), 0.0, None, None]
    Shift.objects.all().delete()
    (one,) = ops.risks(viewer=olu, at=AT)
    assert (one.state, one.why) == ("", "no shift is planned")


def test_channels_of_today_stand_beside_the_last_28_days(queue: Queue, olu: Viewer) -> None:
    came(queue.pk, AT.replace(hour=9), 30)
    came(queue.pk, AT.replace(hour=9), 10, channel="email")
    mix = ops.mix(viewer=olu, at=AT)
    assert [(one.channel, one.count, one.share, one.usual_share) for one in mix] == [
        ("webchat", 30, 0.75, 1.0), ("email", 10, 0.25, 0.0),
    ]  # fmt: skip


def test_a_lead_sees_the_queues_in_scope_only(queue: Queue, lena: Viewer, nils: Viewer) -> None:
    came(queue.pk, AT.replace(hour=9), 30)
    came(NO_QUEUE, AT.replace(hour=9), 5)
    lena = granted(lena, queue=queue)
    assert ops.ahead(viewer=lena, at=AT).arrived == 30
    assert [one.name for one in ops.risks(viewer=lena, at=AT)] == ["Billing chat"]
    assert (ops.ahead(viewer=nils, at=AT).arrived, ops.risks(viewer=nils, at=AT), ops.mix(viewer=nils, at=AT)) == (
        0,
        [],
        [],
    )


def test_the_page_has_at_most_seven_tiles_and_says_what_containment_means(
    queue: Queue, olu: Viewer, client: Client
) -> None:
    client.force_login(olu.user)
    with time_machine.travel(AT, tick=False):
        html = client.get("/ops").content.decode()
    assert html.count('<section class="c-panel') <= 7
    assert "Not handed off, not abandoned and no repeat contact within 7 days" in html
    assert html.index("Containment (strict)") < html.index("Repeat contact rate")
    assert 'data-region="ops.volume"' in html
    assert 'data-step="07:00"' in html


@pytest.mark.parametrize("face", ["waiting", "refused", "stale", "filled"])
@pytest.mark.parametrize("name", regions.PARTS)
def test_every_part_has_its_faces(name: str, face: str, olu: Viewer) -> None:
    template, read = regions.PARTS[name]
    html = render_to_string(
        template, {**read(olu, AT), "face": face, "as_of": AT, "region": name, "params": {}, "now": AT}
    )
    assert {
        "waiting": "Loading",
        "refused": "You can’t see",
        "stale": "Figures from",
        "filled": f'data-region="{name}"',
    }[face] in html


def test_the_page_costs_the_same_statements_for_three_queues_and_for_thirty(queue: Queue, olu: Viewer) -> None:
    cost = []
    for size in (3, 30):
        for n in range(size):
            weeks_of(queue_named(f"Queue {size} {n}").pk, an_hour=2, days=1)
        with CaptureQueriesContext(connection) as seen:
            for name in regions.PARTS:
                regions.render(name, olu, {}, AT)
        cost.append(len(seen))
    assert cost[0] == cost[1] <= 30
