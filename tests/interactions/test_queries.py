"""Slots of the people present, worked out on paper: who counts, what is free, and what is not known."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Presence, Team
from apps.console import figures, floor, people
from apps.interactions.models import Conversation, Handoff, Participation, Queue
from apps.interactions.queries import Slots, staffing
from tests.console.floors import conversation, granted, holds, on_shift, queue_named, turn

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def billing(noon: datetime) -> Queue:
    """A queue answered by one team: Asha holds two of three, Ben is in wrap-up, four others do not count."""
    team, queue = Team.objects.create(name="Billing"), queue_named("Billing chat")
    queue.teams.add(team)
    asha = on_shift("Asha Rao", team, noon)
    holds(asha, queue, noon)
    holds(asha, queue_named("Another queue"), noon)
    on_shift("Ben Adeyemi", team, noon, status="wrap_up", capacity=4)
    on_shift("Chloé Martin", team, noon, status="away")
    on_shift("Dan Off", team, noon, status="offline")
    on_shift("Eva Unknown", team, noon, status="unknown")
    Agent.objects.create(kind="human", name="Finn Never", team=team)
    return queue


def slots(queue: Queue, at: datetime) -> Slots | None:
    return staffing(queues=[queue.pk], at=at).by_queue.get(queue.pk)


def test_only_people_present_have_slots_and_what_they_hold_anywhere_is_taken(billing: Queue, noon: datetime) -> None:
    assert slots(billing, noon) == Slots(total=3 + 4, free=1 + 4)


def test_whoever_holds_more_than_their_slots_takes_none_from_others(billing: Queue, noon: datetime) -> None:
    for _ in range(5):
        holds(Agent.objects.get(name="Asha Rao"), billing, noon)
    assert slots(billing, noon) == Slots(total=7, free=4)


def test_a_call_takes_a_person_whole(billing: Queue, noon: datetime) -> None:
    call = holds(Agent.objects.get(name="Ben Adeyemi"), billing, noon)
    Conversation.objects.filter(pk=call.pk).update(channel="voice")
    assert slots(billing, noon) == Slots(total=7, free=1)


def test_what_a_source_says_of_somebodys_slots_now_comes_before_the_directory(billing: Queue, noon: datetime) -> None:
    Presence.objects.filter(agent__name="Ben Adeyemi").update(capacity=0)
    assert slots(billing, noon) == Slots(total=3, free=1)


def test_the_latest_state_counts_and_one_of_yesterday_does_not(billing: Queue, noon: datetime) -> None:
    ben = Agent.objects.get(name="Ben Adeyemi")
    Presence.objects.create(id=uuid4(), agent=ben, status="away", started_at=noon - MINUTE)
    assert slots(billing, noon) == Slots(total=3, free=1)
    Presence.objects.filter(agent__name="Asha Rao").update(started_at=noon - timedelta(hours=17))
    assert slots(billing, noon) == Slots()


def test_a_queue_that_no_team_answers_has_no_figure_and_never_a_zero(lena: Viewer, noon: datetime) -> None:
    viewer = granted(lena, queue=queue_named("Nobody's"))
    (line,) = floor.queues(viewer=viewer, at=noon)
    assert (line.slots, line.free) == (None, None)
    figure = next(one for one in figures.figures(viewer=viewer, at=noon) if one.key == "open")
    assert figure.target == "0 held by people"


def test_slots_that_serve_two_queues_are_counted_once_together(lena: Viewer, billing: Queue, noon: datetime) -> None:
    other = queue_named("WhatsApp")
    other.teams.set(billing.teams.all())
    care = Team.objects.create(name="Care")
    other.teams.add(care)
    on_shift("Mei Tan", care, noon, capacity=5)
    granted(lena, queue=billing)
    viewer = granted(lena, queue=other)
    found = {line.name: (line.free, line.slots) for line in floor.queues(viewer=viewer, at=noon)}
    assert found == {"Billing chat": (5, 7), "WhatsApp": (10, 12)}
    figure = next(one for one in figures.figures(viewer=viewer, at=noon) if one.key == "open")
    assert figure.target == "10/12 slots free"


def test_ai_agents_are_counted_in_the_conversations_of_the_scope_only(lena: Viewer, noon: datetime) -> None:
    hers, other = queue_named("Billing chat"), queue_named("Tech chat")
    bo, cy = (Agent.objects.create(kind="ai", name=name) for name in ("Bo", "Cy"))
    turn(hers, bo, noon - MINUTE, 0.9)
    turn(other, bo, noon - MINUTE, 0.1, asked_for_human=True)
    turn(other, cy, noon - MINUTE, 0.1)
    holds(bo, other, noon)
    Handoff.objects.create(
        conversation=conversation(other, noon - MINUTE), n=1, ai_agent_id=bo.pk, trigger="x", happened_at=noon - MINUTE
    )
    viewer = granted(lena, queue=hers)
    (line,) = people.ai_agents(viewer=viewer, at=noon)
    assert (line.name, line.open, line.handed_over, line.asked_for_person) == ("Bo", 0, 0, 0)
    assert line.confidence == pytest.approx(0.9)
    figure = next(one for one in figures.figures(viewer=viewer, at=noon) if one.key == "confidence")
    assert (figure.value, figure.target) == ("0.90", "no goal, n 1")


def test_an_ai_agent_that_fell_silent_is_still_listed_for_a_day(lena: Viewer, mona: Viewer, noon: datetime) -> None:
    hers = queue_named("Billing chat")
    bo = Agent.objects.create(kind="ai", name="Bo")
    for hours, n in ((5, 1), (25, 0)):
        Participation.objects.all().delete()
        one = conversation(hers, noon - timedelta(hours=hours), is_open=False)
        Participation.objects.create(conversation=one, n=1, agent=bo, joined_at=noon - timedelta(hours=hours))
        assert len(people.ai_agents(viewer=granted(lena, queue=hers), at=noon)) == n
    assert len(people.ai_agents(viewer=viewer_for(mona.user), at=noon)) == 1


def test_nobody_is_in_contact_for_longer_than_in_their_state(lena: Viewer, noon: datetime) -> None:
    team, letters = Team.objects.create(name="Care"), queue_named("Email")
    mei = on_shift("Mei Tan", team, noon)
    held = holds(mei, letters, noon)
    Participation.objects.filter(conversation=held).update(joined_at=noon - timedelta(days=2))
    (one,) = people.people(viewer=granted(lena, team=team), at=noon)
    assert (one.state_label, one.since) == ("In contact", noon - 10 * MINUTE)
