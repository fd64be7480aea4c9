"""Business hours: what lies in them, the days on which clocks change, and who may set them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.interactions.keys import key
from apps.interactions.models import Queue
from apps.metrics import calendars, checking, queries, services
from apps.metrics.calendars import CalendarRefused, Plan, open_time, read_holidays, read_stretches, say_stretches
from apps.metrics.models import Calendar, Mark, Observation
from apps.metrics.queries import Scope
from apps.shared.errors import NotAllowed
from tests.interactions.events import ASHA, CUSTOMER, NOON, SOURCE, assigned, at, said, started
from tests.metrics.oracle import Hours
from tests.metrics.test_services import count_in

pytestmark = pytest.mark.django_db
BILLING = key(SOURCE, "queue", "billing")
OFFICE = {day: [(9 * 60, 17 * 60)] for day in range(1, 6)}


def calendar(
    hours: dict[int, list[tuple[int, int]]], *, zone: str, holidays: tuple[date, ...] = (), **more
) -> Calendar:
    plan = Plan(name=zone, zone=zone, hours=hours, holidays=dict.fromkeys(holidays, ""), **more)
    return calendars.save(by=None, calendar=Calendar.objects.filter(name=zone).first(), plan=plan, at=NOON)


def opened(kept: Calendar, since: datetime, until: datetime) -> timedelta:
    """How much of a stretch lies in a calendar, as the engine has it."""
    words = open_time(calendar="%(calendar)s", since="%(since)s::timestamptz", until="%(until)s::timestamptz")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {words}", {"calendar": kept.pk, "since": since, "until": until})
        return timedelta(microseconds=cursor.fetchone()[0])


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def test_who_comes_at_night_waits_from_the_opening_on() -> None:
    berlin = calendar(OFFICE, zone="Europe/Berlin")
    # Tuesday 21:00 to Wednesday 09:20 in Berlin, which is an hour ahead.
    assert opened(berlin, utc(2026, 11, 24, 20), utc(2026, 11, 25, 8, 20)) == timedelta(minutes=20)
    assert opened(berlin, utc(2026, 11, 24, 20), utc(2026, 11, 24, 21)) == timedelta(0)
    # Friday 16:30 to Monday 09:30.
    assert opened(berlin, utc(2026, 11, 20, 15, 30), utc(2026, 11, 23, 8, 30)) == timedelta(hours=1)


def test_nothing_opens_on_a_holiday_but_the_evening_before_runs_to_its_end() -> None:
    bar = calendar(
        {day: [(20 * 60, 26 * 60)] for day in range(1, 8)}, zone="Europe/Berlin", holidays=(date(2026, 12, 25),)
    )
    # From the evening of the 24th to noon of the 26th, local: until two o'clock on the 25th, and no more.
    assert opened(bar, utc(2026, 12, 24, 18), utc(2026, 12, 26, 11)) == timedelta(hours=6)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)],
)
def test_a_whole_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    always = calendar({weekday: [(0, 1440)] for weekday in range(1, 8)}, zone="Europe/Berlin")
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    # Two days in UTC hold the local day whole; the day before and after are closed as holidays.
    kept = calendar(
        {weekday: [(0, 1440)] for weekday in range(1, 8)}, zone="Europe/Berlin",
        holidays=(day - timedelta(days=1), day + timedelta(days=1)),
    )  # fmt: skip
    assert always == kept
    assert opened(kept, midnight - timedelta(hours=12), midnight + timedelta(hours=36)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "since", "until"),
    [
        (date(2026, 3, 29), (7, 0), (15, 0)),
        (date(2026, 10, 25), (8, 0), (16, 0)),
        (date(2026, 10, 24), (7, 0), (15, 0)),
    ],
)
def test_nine_to_five_is_nine_to_five_on_the_wall_whatever_the_clocks_did_at_night(
    day: date, since: tuple[int, int], until: tuple[int, int]
) -> None:
    shop = calendar({day: [(9 * 60, 17 * 60)] for day in range(1, 8)}, zone="Europe/Berlin")
    begin, end = (datetime(day.year, day.month, day.day, *clock, tzinfo=UTC) for clock in (since, until))
    assert opened(shop, begin - timedelta(hours=5), end + timedelta(hours=5)) == timedelta(hours=8)
    assert opened(shop, begin, end) == timedelta(hours=8)
    assert opened(shop, begin - timedelta(hours=1), begin) == timedelta(0)


def test_a_time_that_there_is_twice_is_the_second_one_and_one_that_there_is_not_is_an_hour_later() -> None:
    late = calendar({7: [(2 * 60 + 30, 6 * 60)]}, zone="Europe/Berlin")
    # On 25 October 2026 02:30 is at 00:30 and again at 01:30 UTC; on 29 March it is skipped, and 03:30 is at 01:30 UTC.
    assert opened(late, utc(2026, 10, 24, 20), utc(2026, 10, 25, 3)) == timedelta(hours=1, minutes=30)
    assert opened(late, utc(2026, 3, 28, 20), utc(2026, 3, 29, 3)) == timedelta(hours=1, minutes=30)


def test_any_stretch_in_any_calendar_agrees_with_a_walk_from_minute_to_minute() -> None:
    dice = Random(5)
    moments = [utc(2026, 3, 29), utc(2026, 10, 25), utc(2026, 11, 1), utc(2026, 7, 1), utc(2027, 1, 1), utc(2026, 4, 5)]
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Pacific/Apia"):
        week = {}
        for weekday in dice.sample(range(1, 8), 5):
            # Edges lie outside the small hours in which clocks change: the walk and the rule above part there by design.
            first = dice.randrange(5 * 60, 12 * 60)
            week[weekday] = [
                (first, first + dice.randrange(30, 300)),
                (18 * 60, dice.choice((20 * 60, 24 * 60, 28 * 60))),
            ]
        around = dice.choice(moments)
        holidays = frozenset([(around + timedelta(days=dice.randrange(-2, 3))).date()])
        kept, walked = calendar(week, zone=zone, holidays=tuple(holidays)), Hours(zone, week, holidays)
        for _ in range(25):
            since = dice.choice(moments) + timedelta(seconds=round(dice.uniform(-2, 2) * 86400, 6))
            until = since + timedelta(seconds=round(dice.choice((900, 40_000, 250_000)) * dice.random(), 6))
            assert opened(kept, since, until) == walked.within(since, until), (zone, since, until)


def test_hours_are_read_as_people_write_them_and_written_the_same() -> None:
    assert read_stretches("13:00 - 18:00, 9:00-12:30") == [(540, 750), (780, 1080)]
    assert say_stretches([(540, 750), (780, 1080)]) == "09:00-12:30, 13:00-18:00"
    assert read_stretches("20:00-02:00") == [(1200, 1560)]
    assert read_stretches(say_stretches([(1200, 1560)])) == [(1200, 1560)]
    assert read_stretches("00:00–24:00") == [(0, 1440)]
    assert read_stretches("") == read_stretches("closed") == []
    assert read_holidays("2026-12-25 Christmas Day\n\n2027-01-01") == {
        date(2026, 12, 25): "Christmas Day",
        date(2027, 1, 1): "",
    }


@pytest.mark.parametrize("words", ["nine to five", "9-17", "09:00-25:00", "24:30-03:00", "09:00"])
def test_hours_that_are_none_are_refused_with_what_is_expected(words: str) -> None:
    with pytest.raises(CalendarRefused, match=r"Expected times such as|ends at 24:00"):
        read_stretches(words)


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (Plan(name="A", zone="Mars/Olympus"), "time zone"),
        (Plan(name=" ", zone="UTC"), "needs a name"),
        (Plan(name="A", zone="UTC", hours={1: [(540, 720), (700, 900)]}), "Monday has two stretches that overlap"),
        (Plan(name="A", zone="UTC", hours={7: [(1200, 1700)], 1: [(240, 600)]}), "Sunday has two stretches"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(plan: Plan, sentence: str) -> None:
    with pytest.raises(CalendarRefused, match=sentence):
        calendars.save(by=None, calendar=None, plan=plan, at=NOON)
    assert not Calendar.objects.exists()


def test_two_calendars_never_share_a_name() -> None:
    calendar(OFFICE, zone="UTC")
    with pytest.raises(CalendarRefused, match="already"):
        calendars.save(by=None, calendar=None, plan=Plan(name="UTC", zone="UTC"), at=NOON)


def answered(olu: Viewer, window: str = "60min"):
    answer = queries.measure(viewer=olu, key="first_reply_time", scope=Scope(), window=window, at=at(300))
    return answer.groups[0].number


def test_both_clocks_of_a_first_reply_are_kept_and_a_new_calendar_counts_the_past_again(olu: Viewer) -> None:
    # Written at 13:00:30 in Berlin, at lunch; answered at 13:01:30.
    events = [started(30, queue="billing"), said(30, CUSTOMER), assigned(31, ASHA), said(90, ASHA)]
    count_in(events, now=at(100))
    assert (answered(olu).mean, answered(olu).business, answered(olu).business_n) == (60.0, None, 0)
    kept = calendar({2: [(13 * 60 + 1, 18 * 60)]}, zone="Europe/Berlin", queues=frozenset([BILLING]))
    services.recount_all(at=at(200))
    for window in ("60min", "28d"):
        assert (answered(olu, window).mean, answered(olu, window).business, answered(olu, window).business_n) == (
            60.0,
            30.0,
            1,
        )
    # Closed on that day: no time at all, which is not the same as no calendar.
    calendars.save(by=None, calendar=kept, plan=Plan(name="B", zone="UTC", queues=frozenset([BILLING])), at=at(210))
    services.recount_all(at=at(220))
    assert (answered(olu).business, answered(olu, "28d").business) == (0.0, 0.0)
    calendars.save(by=None, calendar=kept, plan=Plan(name="B", zone="UTC"), at=at(230))
    services.recount_all(at=at(240))
    assert (answered(olu).business, answered(olu, "28d").business) == (None, None)
    # Held is told on the elapsed clock only.
    assert not Observation.objects.filter(measure="assigned_time", business__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_the_check_finds_a_business_time_that_somebody_changed_by_hand() -> None:
    calendar({day: [(0, 1440)] for day in range(1, 8)}, zone="UTC", queues=frozenset([_queue().pk]))
    count_in([started(0, queue="billing"), said(1, CUSTOMER), assigned(2, ASHA), said(30, ASHA)], now=at(60))
    assert checking.differences() == []
    for table, column in (("observation", "business"), ("queuepoint", "business_total"), ("agentpoint", "business_n")):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE metrics_{table} SET {column} = {column} + 1 WHERE measure = 'response_time'")
            assert cursor.rowcount > 0
        assert checking.differences() != []
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE metrics_{table} SET {column} = {column} - 1 WHERE measure = 'response_time'")


def _queue() -> Queue:
    return Queue.objects.get_or_create(id=BILLING, defaults={"name": "Billing"})[0]


def test_saving_what_a_calendar_already_says_marks_nothing_and_leaves_no_trace(adam: Viewer) -> None:
    count_in([started(0, queue="billing"), said(1, CUSTOMER)], now=at(60))
    plan = Plan(
        name="Office", zone="UTC", hours=OFFICE, holidays={date(2026, 12, 25): "Christmas"}, queues=frozenset([BILLING])
    )
    kept = calendars.save(by=adam, calendar=None, plan=plan, at=NOON)
    assert Mark.objects.count() == 1
    assert list(AuditEntry.objects.filter(verb="calendar.changed").values_list("about", flat=True)) == ["Office"]
    Mark.objects.all().delete()
    calendars.save(by=adam, calendar=calendars.get_calendar(viewer=adam, pk=kept.pk), plan=plan, at=NOON)
    assert (Mark.objects.count(), AuditEntry.objects.filter(verb="calendar.changed").count()) == (0, 1)


def test_a_queue_that_joins_a_calendar_leaves_the_one_it_had(adam: Viewer) -> None:
    queue = _queue()
    first = calendar(OFFICE, zone="UTC", queues=frozenset([queue.pk]))
    second = calendar(OFFICE, zone="Europe/Berlin", queues=frozenset([queue.pk]))
    found = {one.pk: calendars.plan_of(one).queues for one in calendars.calendars(viewer=adam)}
    assert found == {first.pk: frozenset(), second.pk: frozenset([queue.pk])}


def test_only_who_sets_things_up_may_read_or_change_calendars(lena: Viewer, adam: Viewer) -> None:
    for ask in (
        lambda by: calendars.calendars(viewer=by),
        lambda by: calendars.save(by=by, calendar=None, plan=Plan(name="A", zone="UTC"), at=NOON),
    ):
        with pytest.raises(NotAllowed):
            ask(lena)
        ask(adam)


def test_calendars_are_read_by_the_same_number_of_statements_at_3_and_at_30(adam: Viewer) -> None:
    counts = []
    for size in (3, 30):
        for n in range(Calendar.objects.count(), size):
            queue = Queue.objects.create(name=f"Q{n}")
            plan = Plan(name=f"C{n}", zone="UTC", hours=OFFICE, queues=frozenset([queue.pk]))
            calendars.save(by=None, calendar=None, plan=plan, at=NOON)
        with CaptureQueriesContext(connection) as seen:
            assert len([calendars.plan_of(one) for one in calendars.calendars(viewer=adam)]) == size
        counts.append(len(seen))
    assert counts[0] == counts[1]


FORM = {
    "name": "Office",
    "zone": "Europe/Berlin",
    "day_1": "09:00-12:30, 13:00-18:00",
    "holidays": "2026-12-25 Christmas Day",
}


def test_an_admin_makes_and_changes_opening_hours_on_a_page(adam: Viewer, client: Client) -> None:
    queue = _queue()
    client.force_login(adam.user)
    assert client.post("/setup/hours", {**FORM, "queues": [str(queue.pk)]}).status_code == 302
    kept = Calendar.objects.get()
    assert calendars.plan_of(kept) == Plan(
        name="Office", zone="Europe/Berlin", hours={1: [(540, 750), (780, 1080)]},
        holidays={date(2026, 12, 25): "Christmas Day"}, queues=frozenset([queue.pk]),
    )  # fmt: skip
    page = client.get("/setup/hours").content.decode()
    assert 'value="09:00-12:30, 13:00-18:00"' in page
    assert "2026-12-25 Christmas Day" in page
    assert "Every queue has its hours." in page
    assert client.post(f"/setup/hours/{kept.pk}", {**FORM, "day_1": "", "day_6": "20:00-02:00"}).status_code == 302
    assert calendars.plan_of(Calendar.objects.get()).hours == {6: [(1200, 1560)]}
    assert "No opening hours yet: Billing." in client.get("/setup/hours").content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"day_3": "nine"}, "Saw “nine”. Expected times such as"),
        ({"zone": "Berlin"}, "Expected a name such as Europe/Berlin."),
        ({"holidays": "Christmas"}, "Expected a line such as"),
        ({"day_1": "09:00-12:00, 11:00-13:00"}, "Monday has two stretches that overlap"),
    ],
)
def test_what_cannot_be_read_comes_back_with_what_was_written(
    wrong: dict[str, str], sentence: str, adam: Viewer, client: Client
) -> None:
    client.force_login(adam.user)
    answer = client.post("/setup/hours", {**FORM, **wrong})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert next(iter(wrong.values())) in page
    assert not Calendar.objects.exists()
