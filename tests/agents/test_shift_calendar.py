"""Shifts out of files and weeks: what can be read is planned, what cannot is told one by one, and again changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from apps.access.viewer import Viewer
from apps.agents import planning, shift_calendar
from apps.agents.models import Activity, Agent, Shift
from apps.agents.planning import PlanRefused, Week
from apps.agents.reach import Reach
from apps.metrics import working
from apps.metrics.active_time import Hold, Planned, State, Stretch, laid_out, slices, worked
from apps.shared.errors import NotAllowed

pytestmark = pytest.mark.django_db
BERLIN = "Europe/Berlin"
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//planner//EN
BEGIN:VEVENT
UID:1
SUMMARY:Early shift
ATTENDEE;CN=Asha Verma:mailto:asha@shop.test
DTSTART;TZID=Europe/Berlin:20261123T090000
DTEND;TZID=Europe/Berlin:20261123T170000
RRULE:FREQ=DAILY;COUNT=4
EXDATE;TZID=Europe/Berlin:20261124T090000
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Europe/Berlin:20261125T090000
SUMMARY:Late shift
ATTENDEE;CN=Asha Verma:mailto:asha@shop.test
DTSTART;TZID=Europe/Berlin:20261125T120000
DTEND;TZID=Europe/Berlin:20261125T200000
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Lunch break
ATTENDEE;CN=Asha Verma:mailto:asha@shop.test
DTSTART:20261123T110000Z
DURATION:PT30M
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Holiday
ATTENDEE;CN=Asha Verma:mailto:asha@shop.test
DTSTART;VALUE=DATE:20261130
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:Early shift
ATTENDEE;CN=Nobody Here:mailto:nobody@shop.test
DTSTART:20261123T080000Z
DTEND:20261123T160000Z
END:VEVENT
BEGIN:VEVENT
UID:5
SUMMARY:Backwards
ATTENDEE;CN=Asha Verma:mailto:asha@shop.test
DTSTART:20261127T160000Z
DTEND:20261127T080000Z
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()
CSV = b"""person;starts;ends;activity
Asha Verma;2026-12-01 09:00;2026-12-01 17:00;
Asha Verma;2026-12-01 12:00;2026-12-01 12:45;Lunch
Asha Verma;2026-12-01 16:00;2026-12-01 20:00;
Asha Verma;tomorrow;2026-12-02 17:00;
Asha Verma;2026-12-03 09:00:00+01:00;2026-12-04 17:00:00+01:00;
Asha Verma;2026-12-05 12:00;2026-12-05 12:30;Break
"""


@pytest.fixture
def me(asha: Viewer) -> Agent:
    return Agent.objects.create(kind="human", name="Asha Verma", user=asha.user)


def planned(agent: Agent) -> list[tuple[str, str, str]]:
    local = ZoneInfo(BERLIN)
    found = Shift.objects.filter(agent=agent).order_by("starts_at")
    return [
        (f"{s.starts_at.astimezone(local):%d %H:%M}", f"{s.ends_at.astimezone(local):%H:%M}", s.origin) for s in found
    ]


def imported(adam: Viewer, body: bytes, at: datetime, **more: object) -> shift_calendar.Imported:
    return shift_calendar.import_file(by=adam, body=body, zone=BERLIN, agent=None, at=at, **more)  # type: ignore[arg-type]


def test_a_calendar_is_planned_with_its_repeats_moves_and_breaks_and_the_rest_is_told(
    me: Agent, adam: Viewer, noon: datetime
) -> None:
    found = imported(adam, ICS, noon)
    assert planned(me) == [("23 09:00", "17:00", "file"), ("25 12:00", "20:00", "file"), ("26 09:00", "17:00", "file")]
    (pause,) = Activity.objects.all()
    assert (pause.kind, pause.starts_at, pause.ends_at - pause.starts_at) == (
        "break", datetime(2026, 11, 23, 11, tzinfo=UTC), timedelta(minutes=30),
    )  # fmt: skip
    assert (found.made, found.same) == (3, 0)
    assert sorted((one.place, one.text, one.why) for one in found.bad) == [
        ("entry 4", "Holiday", "It is of a whole day and says no times. A day off is set on the person’s own page."),
        ("entry 5", "Early shift", "Nobody here is called so: “Nobody Here”. Use the name under People and access."),
        ("entry 6", "Backwards", "It ends before it begins."),
    ]


def test_the_same_file_again_changes_nothing(me: Agent, adam: Viewer, noon: datetime) -> None:
    imported(adam, ICS, noon)
    before = planned(me)
    found = imported(adam, ICS, noon + timedelta(hours=1))
    assert (found.made, found.changed, found.same) == (0, 0, 3)
    assert (planned(me), Activity.objects.count()) == (before, 1)


def test_a_cancelled_entry_takes_its_shift_away(me: Agent, adam: Viewer, noon: datetime) -> None:
    imported(adam, ICS, noon)
    one = ICS.split(b"BEGIN:VEVENT")[2]  # the late shift
    body = (
        ICS.split(b"BEGIN:VEVENT")[0]
        + b"BEGIN:VEVENT"
        + one.replace(b"SUMMARY", b"STATUS:CANCELLED\r\nSUMMARY")
        + b"END:VCALENDAR\r\n"
    )
    found = imported(adam, body, noon)
    assert (found.cancelled, len(planned(me))) == (1, 2)


def test_a_table_is_read_line_by_line(me: Agent, adam: Viewer, noon: datetime) -> None:
    found = imported(adam, CSV, noon)
    assert planned(me) == [("01 09:00", "17:00", "file")]
    assert [(one.place, one.why) for one in found.bad] == [
        ("line 5", "Saw “tomorrow” under starts. Expected a date and a time, such as 2026-12-01 09:00."),
        ("line 6", "It is longer than 16 hours. Expected the shift of one day."),
        ("line 4", "Another shift of theirs is planned over it."),
        ("line 7", "No shift of theirs is around it, so it is a part of none."),
    ]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\xff\xfe", "It is no text in UTF-8"), (b"name,when\nAsha,now", "The columns starts, ends are missing"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "It is no whole calendar"), (b"x" * 2_000_001, "Expected at most 2,000,000"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_shifts_is_told_and_plans_nothing(
    body: bytes, why: str, me: Agent, adam: Viewer, noon: datetime
) -> None:
    found = imported(adam, body, noon)
    assert len(found.bad) == 1
    assert why in found.bad[0].why
    assert planned(me) == []


def test_a_week_keeps_its_hour_when_clocks_change_and_exceptions_hold_on_their_dates(me: Agent, adam: Viewer) -> None:
    at = datetime(2026, 10, 23, 12, tzinfo=UTC)  # a Friday; clocks go back on Sunday the 25th
    week = Week(BERLIN, {1: (540, 1020), 5: (1320, 1800)}, {date(2026, 11, 2): None, date(2026, 11, 3): (600, 720)})
    shift_calendar.set_week(by=adam, agent=me, week=week, at=at)
    assert planned(me)[:5] == [
        ("23 22:00", "06:00", "week"), ("26 09:00", "17:00", "week"), ("30 22:00", "06:00", "week"), ("03 10:00", "12:00", "week"),
        ("06 22:00", "06:00", "week"),
    ]  # fmt: skip
    assert Shift.objects.order_by("starts_at")[1].starts_at == datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert shift_calendar.week_of(me, zone="UTC") == week


def test_a_changed_week_leaves_what_began_and_what_a_file_planned(me: Agent, adam: Viewer, noon: datetime) -> None:
    imported(adam, CSV, noon)
    shift_calendar.set_week(by=adam, agent=me, week=Week(BERLIN, {2: (480, 960)}), at=noon)  # Tuesdays from eight
    tuesdays = [one for one in planned(me) if one[2] == "week"]
    assert ("01 08:00", "16:00", "week") not in tuesdays  # the file's shift of the 1st of December is there
    begun = noon + timedelta(days=15)
    shift_calendar.set_week(by=adam, agent=me, week=Week(BERLIN, {}), at=begun)
    assert planned(me) == [("01 09:00", "17:00", "file"), ("08 08:00", "16:00", "week")]


def test_weeks_are_written_ahead_night_by_night_and_twice_is_once(me: Agent, adam: Viewer, noon: datetime) -> None:
    shift_calendar.set_week(by=adam, agent=me, week=Week(BERLIN, {1: (540, 1020)}), at=noon)
    first = Shift.objects.count()
    later = noon + timedelta(days=7)
    assert shift_calendar.plan_ahead(at=later) == 1
    assert Shift.objects.count() == first + 1
    shift_calendar.plan_ahead(at=later)
    assert Shift.objects.count() == first + 1


@pytest.mark.parametrize(
    ("text", "why"), [("9 to 5", "Expected one stretch"), ("06:00-23:00", "longer than 16 hours"), ("25:00-26:00", "Expected one")]
)  # fmt: skip
def test_a_stretch_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(PlanRefused, match=why):
        planning.read_stretch("day_1", text)


@pytest.mark.parametrize("text", ["2026-12-24", "soon off", "2026-12-24 off\n2026-12-24 off"])
def test_an_exception_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PlanRefused):
        planning.read_exceptions(text)


def test_who_may_not_plan_plans_nobody(me: Agent, lena: Viewer, noon: datetime) -> None:
    with pytest.raises(NotAllowed):
        shift_calendar.import_file(by=lena, body=CSV, zone=BERLIN, agent=None, at=noon)
    with pytest.raises(NotAllowed):
        shift_calendar.set_week(by=lena, agent=me, week=Week(BERLIN), at=noon)


def test_a_shift_with_breaks_is_kept_to_the_minute_and_one_without_asks_to_be_signed_in() -> None:
    def at(minutes: float) -> datetime:
        return datetime(2026, 11, 26, 9, tzinfo=UTC) + timedelta(minutes=minutes)

    # There from ten minutes late; a break of 30 minutes, ten of them outside the planned one; an hour longer than planned.
    states = [
        State(at(10), at(120), "available", 3),
        State(at(120), at(150), "away", 3),
        State(at(150), at(300), "available", 3),
    ]
    spans = slices(states=states, holds=[Hold(at(20), at(100))], since=at(-60), until=at(360))
    shift = Stretch(at(0), at(240))
    plain = worked(spans=spans, planned=laid_out(shift, []))
    assert (plain.adherence, plain.conformance) == (230 / 240, 290 / 240)
    strict = worked(spans=spans, planned=laid_out(shift, [Planned(at(130), at(160), "break")]))
    # Missed: ten minutes at the beginning, ten of the early break, and ten of the planned one spent ready.
    assert strict.adherence == 210 / 240
    assert strict.conformance == 260 / 210
    assert worked(spans=spans).adherence is None


def test_an_imported_break_reaches_the_numbers(me: Agent, adam: Viewer, noon: datetime) -> None:
    imported(adam, ICS, noon)
    day = datetime(2026, 11, 23, tzinfo=UTC)
    found = working.time_of(people=Reach.whole([me.pk]), since=day, until=day + timedelta(days=1))[me.pk]
    assert (found.planned, found.planned_service) == (timedelta(hours=8), timedelta(hours=7, minutes=30))
    assert found.kept == timedelta(minutes=30)  # signed out all day: only the break matches


def test_the_page_plans_a_file_and_tells_what_it_could_not_use(
    me: Agent, adam: Viewer, client: Client, noon: datetime, plain_static: None
) -> None:
    client.force_login(adam.user)
    with time_machine.travel(noon, tick=False):
        answer = client.post("/setup/shifts", {"file": BytesIO(CSV), "zone": BERLIN, "whose": ""})
        again = client.post("/setup/shifts", {"zone": BERLIN})
        saved = client.post(f"/setup/shifts/{me.pk}", {"zone": BERLIN, "day_1": "09:00-17:00", "exceptions": ""})
        wrong = client.post(f"/setup/shifts/{me.pk}", {"zone": BERLIN, "day_1": "nine", "exceptions": ""})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Another shift of theirs is planned over it." in page
    assert "line 5" in page
    assert "Choose a file" in again.content.decode()
    assert (saved.status_code, wrong.status_code) == (302, 422)
    assert "Saw “nine”. Expected one stretch, such as 09:00-17:30." in wrong.content.decode()
