"""A person's day as a bar: its portions sum to the time signed in, and the page says it in words too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.access.viewer import Viewer
from apps.agents.models import Presence, Team
from apps.console import workday
from apps.shared.errors import OutOfScope
from tests.console.floors import granted, holds, on_shift, queue_named

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor(lena: Viewer, noon: datetime) -> dict[str, Any]:
    """Asha has been ready for ten minutes, the last five of them with a conversation in hand."""
    team, queue = Team.objects.create(name="Billing"), queue_named("Billing chat")
    asha = on_shift("Asha Verma", team, noon)
    holds(asha, queue, noon)
    return {"lena": granted(lena, team=team, queue=queue), "asha": asha}


def test_the_portions_sum_to_the_time_signed_in(floor: dict[str, Any], noon: datetime) -> None:
    day = workday.day_of(viewer=floor["lena"], agent=floor["asha"], at=noon)
    assert day is not None
    assert {one.label: one.seconds for one in day.portions if one.seconds} == {
        "On contact": 300.0, "Ready, nothing in hand": 300.0
    }  # fmt: skip
    assert sum(one.seconds for one in day.portions) == day.signed_in_seconds == 600.0
    # From midnight in UTC, which is this person's zone.
    assert day.offline_seconds == 12 * 3600 - 600
    assert [(one.x, one.width) for one in day.portions if one.seconds] == [(0.0, 50.0), (50.0, 50.0)]
    assert {fact.name: fact.value for fact in day.facts} == {
        "At a time": "1.0, at most 1", "Occupancy": "50%", "Slots taken": "17%", "Adherence": None, "Conformance": None
    }  # fmt: skip


def test_who_was_not_signed_in_today_has_no_bar(floor: dict[str, Any], noon: datetime) -> None:
    Presence.objects.update(status="offline")
    assert workday.day_of(viewer=floor["lena"], agent=floor["asha"], at=noon) is None
    Presence.objects.update(status="available", started_at=noon - timedelta(days=2))
    assert workday.day_of(viewer=floor["lena"], agent=floor["asha"], at=noon) is None


def test_a_lead_elsewhere_reads_nobodys_day(floor: dict[str, Any], nils: Viewer, noon: datetime) -> None:
    with pytest.raises(OutOfScope):
        workday.day_of(viewer=granted(nils, team=Team.objects.create(name="Sales")), agent=floor["asha"], at=noon)


def test_the_page_of_a_person_shows_the_bar_with_its_table(
    floor: dict[str, Any], client: Client, noon: datetime, settings: Any
) -> None:
    client.force_login(floor["lena"].user)
    with time_machine.travel(noon, tick=False):
        page = client.get(f"/agents/{floor['asha'].pk}").content.decode()
    assert 'aria-label="On contact 50%, Ready, nothing in hand 50%"' in page
    assert "signed in 10m 00s, signed out 11h 50m" in page
    assert page.count('<rect class="is-') == 2
