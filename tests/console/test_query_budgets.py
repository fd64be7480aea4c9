"""The number of statements does not grow with the floor."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions import reading_role
from tests.console.floors import granted, holds, on_shift, queue_named, replied, turn, waiting

pytestmark = pytest.mark.django_db


def fill(lena: Viewer, at: datetime, *, queues: int) -> None:
    """So many queues with waits and replies, three people and one AI agent each."""
    for n in range(queues):
        team, queue = Team.objects.create(name=f"Team {n} of {queues}"), queue_named(f"Queue {n} of {queues}")
        granted(lena, queue=queue, team=team)
        waiting(queue, at, 30)
        for _ in range(5):
            replied(queue, at - timedelta(minutes=1), 30.0)
        for one in range(3):
            holds(on_shift(f"Person {one} of {n}", team, at), queue, at)
        turn(queue, Agent.objects.create(kind="ai", name=f"AI {n}"), at - timedelta(minutes=1), 0.8)


@pytest.mark.parametrize("place", ["home", "people", "ai", "conversations"])
def test_a_page_costs_the_same_statements_at_three_queues_and_at_thirty(
    place: str, lena: Viewer, client: Client
) -> None:
    now = timezone.now()
    client.force_login(lena.user)
    client.get(reverse(place))  # the first visit of a session writes when it ends
    reading_role.is_there()  # asked once a process
    fill(lena, now, queues=3)
    client.get(reverse(place))  # what contradicts itself in a week is read once in five minutes
    with CaptureQueriesContext(connection) as few:
        assert client.get(reverse(place)).status_code == 200
    fill(lena, now, queues=27)
    client.get(reverse(place))
    with CaptureQueriesContext(connection) as many:
        assert client.get(reverse(place)).status_code == 200
    assert len(many) == len(few), "\n".join(q["sql"][:120] for q in many)
    assert len(many) <= 44  # the last: which AI agents are in sight, whose week contradicts itself
