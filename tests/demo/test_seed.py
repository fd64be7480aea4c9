"""Setting the demo up: quick, repeatable, and with a clock that shows a staffed shop."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.access.models import AuditEntry, User
from apps.access.roles import Role
from apps.access.viewer import viewer_for
from apps.agents.models import Agent, AgentIdentity, AgentKind, Shift, Team
from apps.alerts.models import Endpoint, Silence
from apps.connectors.models import Source
from apps.demo.roster import AI_AGENTS, PEOPLE, QUEUES, SOURCES
from apps.demo.seed import PASSWORD, load, seed
from apps.demo.shop import is_staffed
from apps.interactions.models import Queue, QueueIdentity
from apps.metrics import calendars
from apps.metrics.models import Calendar, Goal, Holiday, Mark
from tests.demo.conftest import STARTED

pytestmark = pytest.mark.django_db
TABLES = (
    Team,
    Agent,
    AgentIdentity,
    Shift,
    Queue,
    QueueIdentity,
    Source,
    User,
    Calendar,
    Holiday,
    Goal,
    AuditEntry,
    Mark,
    Silence,
    Endpoint,
)


@pytest.fixture(autouse=True)
def _own_folder(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


def test_seeding_twice_changes_nothing_and_takes_no_time() -> None:
    first = seed(at=STARTED)
    before = [model.objects.count() for model in TABLES]
    began = time.monotonic()
    again = seed(at=STARTED + timedelta(minutes=20))
    assert time.monotonic() - began < 5
    assert [model.objects.count() for model in TABLES] == before
    assert again == first == load()


def test_the_pages_of_what_is_silent_and_who_is_told_are_filled() -> None:
    seed(at=STARTED)
    assert Silence.objects.filter(until__gt=STARTED).count() == 2
    assert list(Endpoint.objects.values_list("is_on", flat=True)) == [False]


def test_everybody_of_the_roster_is_known_to_every_source() -> None:
    seed(at=STARTED)
    assert Agent.objects.filter(kind=AgentKind.AI).count() == len(AI_AGENTS) == 3
    assert Agent.objects.people().filter(capacity__gt=0).count() == len(PEOPLE) >= 18
    assert Queue.objects.filter(is_listed=True).count() == len(QUEUES) == 7
    for source in SOURCES:
        known = set(AgentIdentity.objects.filter(source=source.slug).values_list("external_id", flat=True))
        assert {person.slug for person in PEOPLE} <= known


def test_there_is_a_sign_in_for_each_role_with_a_scope_that_fits() -> None:
    seed(at=STARTED)
    assert set(User.objects.values_list("role", flat=True)) == set(Role)
    assert all(user.check_password(PASSWORD) for user in User.objects.all())
    lena, nils = (viewer_for(User.objects.get(username=name)) for name in ("lena", "nils"))
    assert {team.name for team in Team.objects.visible_to(lena)} == {"Billing", "Tech", "Sales", "Care"}
    assert {queue.name for queue in Queue.objects.visible_to(nils)} == {"Sales chat"}
    assert User.objects.get(username="asha").agent.name == "Asha Verma"


def test_the_clock_stays_while_the_shop_is_staffed_and_is_set_anew_at_night() -> None:
    first = seed(at=STARTED)
    assert seed(at=STARTED + timedelta(hours=4)).shop == first.shop
    night = STARTED + timedelta(hours=11)
    assert not is_staffed(first.shop, night)
    moved = seed(at=night)
    assert moved.shop != first.shop
    assert is_staffed(moved.shop, night)
    assert moved.tokens == first.tokens
    on_shift = Shift.objects.filter(starts_at__lte=night, ends_at__gt=night).count()
    assert on_shift >= 14


def test_every_queue_has_opening_hours_on_the_shops_clock_and_what_an_admin_changed_stays() -> None:
    first = seed(at=STARTED)
    assert not Queue.objects.filter(calendar_row=None).exists()
    assert set(Calendar.objects.values_list("zone", flat=True)) == {first.shop.zone}
    office = Calendar.objects.get(name="Office hours")
    told = replace(calendars.plan_of(office), hours={1: [(600, 660)]})
    calendars.save(by=None, calendar=office, plan=told, at=STARTED)
    moved = seed(at=STARTED + timedelta(hours=11))
    office.refresh_from_db()
    assert (office.zone, calendars.plan_of(office).hours) == (moved.shop.zone, {1: [(600, 660)]})


def test_a_source_whose_token_is_lost_gets_a_new_one(tmp_path: Path) -> None:
    first = seed(at=STARTED)
    (tmp_path / "demo.json").unlink()
    again = seed(at=STARTED)
    assert set(again.tokens) == {source.slug for source in SOURCES}
    assert not set(again.tokens.values()) & set(first.tokens.values())


def test_the_sign_ins_are_printed_as_demo_only(capsys: pytest.CaptureFixture[str]) -> None:
    seed(at=STARTED)
    call_command("demo_logins")
    said = capsys.readouterr().out
    assert "DEMO ONLY" in said
    assert all(name in said for name in ("lena", "quentin", "mona", "olu", "asha", "adam", PASSWORD))
