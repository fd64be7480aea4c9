"""A person's day: goals seen once, a few words at its end, both their own and read by who leads them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Shift, Team
from apps.agents.reach import Reach
from apps.metrics import goal_setting, workdays
from apps.metrics.goals import Scope
from apps.metrics.models import Workday
from apps.metrics.workdays import ReviewRefused
from apps.shared.errors import NotAllowed, OutOfScope
from tests.console.floors import granted

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(asha: Viewer) -> Agent:
    team = Team.objects.create(name="Billing")
    return Agent.objects.create(kind=AgentKind.HUMAN, name="Asha Verma", team=team, is_listed=True, user=asha.user)


def page(client: Client, viewer: Viewer, address: str, at: datetime) -> str:
    client.force_login(viewer.user)
    with time_machine.travel(at, tick=False):
        answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_goals_of_the_day_are_shown_at_its_start_and_seen_once(
    client: Client, asha: Viewer, adam: Viewer, me: Agent, noon: datetime
) -> None:
    assert "I have seen them" not in page(client, asha, "/me", noon)  # nothing to see
    goal_setting.set_goal(by=adam, metric="csat", scope=Scope("person", str(me.pk)), period="day", target="80 %",
                          from_on=noon.date(), at=noon)  # fmt: skip
    assert "I have seen them" in page(client, asha, "/me", noon)
    with time_machine.travel(noon, tick=False):
        assert client.post("/me/goals").headers["Location"] == "/me"
    workdays.see_goals(by=asha, at=noon + timedelta(hours=1))
    assert Workday.objects.get().goals_seen_at == noon
    assert AuditEntry.objects.filter(verb="goals.seen").count() == 1
    body = page(client, asha, "/me", noon + timedelta(hours=1))
    assert "You saw these goals" in body
    assert "I have seen them" not in body
    assert "I have seen them" in page(client, asha, "/me", noon + timedelta(days=1))


def test_a_shift_is_closed_in_own_words_that_are_kept_masked_and_read_by_the_lead(
    client: Client, asha: Viewer, lena: Viewer, me: Agent, noon: datetime
) -> None:
    client.force_login(asha.user)
    with time_machine.travel(noon, tick=False):
        empty = client.post("/me/close", {"went_well": " ", "one_point": ""})
        assert (empty.status_code, "Say what went well" in empty.content.decode()) == (422, True)
        long = client.post("/me/close", {"went_well": "kept words " * 40, "one_point": "x"})
        assert (long.status_code, "Expected at most 300" in long.content.decode()) == (422, True)
        assert "kept words" in long.content.decode()
        said = {"went_well": "Calm with the caller of card 4111 1111 1111 1111", "one_point": "Lead with the summary"}
        assert client.post("/me/close", said).status_code == 302
    kept = Workday.objects.get()
    assert "4111" not in kept.went_well
    assert kept.closed_at == noon
    assert "How this shift was" in page(client, asha, "/me", noon)
    for viewer, address in ((asha, "/me/scorecard"), (granted(lena, team=me.team), f"/agents/{me.pk}/scorecard")):
        assert "One point: Lead with the summary" in page(client, viewer, address, noon)
    assert "Lead with" not in " ".join(AuditEntry.objects.values_list("about", flat=True))


def test_the_last_words_stand(asha: Viewer, me: Agent, noon: datetime) -> None:
    for words in ("First", "Second"):
        workdays.close(by=asha, went_well=words, one_point="", at=noon)
    assert [one.went_well for one in workdays.closed(person=Reach.whole([me.pk]))] == ["Second"]


def test_a_shift_that_ends_after_midnight_is_the_day_on_which_it_began(asha: Viewer, me: Agent, noon: datetime) -> None:
    midnight = noon.replace(hour=0) + timedelta(days=1)
    Shift.objects.create(agent=me, starts_at=midnight - timedelta(hours=6), ends_at=midnight + timedelta(hours=2))
    for hours, day in ((-5, noon.date()), (1, noon.date()), (3.5, noon.date()), (5, midnight.date())):
        assert workdays.day_of(agent=me, viewer=asha, at=midnight + timedelta(hours=hours)) == day


def test_nobody_else_has_such_a_day(lena: Viewer, asha: Viewer, noon: datetime) -> None:
    for by, refusal in ((lena, NotAllowed), (asha, OutOfScope)):  # a lead; an account that is nobody on the floor
        with pytest.raises(refusal):
            workdays.see_goals(by=by, at=noon)
        with pytest.raises(refusal):
            workdays.close(by=by, went_well="Well", one_point="", at=noon)
    with pytest.raises(ReviewRefused):
        workdays._clean("went_well", "x" * 301)
