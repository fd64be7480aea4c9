"""Operations sees people as numbers of five or more: a smaller group would be somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.interactions.models import Queue
from apps.interactions.services import record
from apps.metrics import queries, services, small_groups
from apps.metrics.queries import Scope
from apps.metrics.small_groups import TooFew
from apps.shared.outbox import dispatch
from tests.console.floors import granted, on_shift, queue_named
from tests.interactions.events import ASHA, CUSTOMER, SOURCE, assigned, at, queued, said, started

pytestmark = pytest.mark.django_db
OF_PEOPLE = "first_reply_time"


@pytest.fixture
def floor(noon: datetime) -> dict[str, Any]:
    """A team of four and one of five, each with a queue of its own, and a queue of nobody."""
    made: dict[str, Any] = {}
    for name, size in (("four", 4), ("five", 5)):
        team, queue = Team.objects.create(name=name), queue_named(name)
        for n in range(size):
            on_shift(f"{name} {n}", team, noon)
        queue.teams.add(team)
        made |= {f"{name} team": team, name: queue}
    made["nobody"] = queue_named("nobody")
    Queue.objects.update(is_listed=True)  # so that a source that says its name means it
    for name in ("four", "five", "nobody"):
        talk = {"conversation_id": name}
        events = [started(0, queue=name, **talk), said(1, CUSTOMER, message_id=f"{name}1", **talk), queued(2, name, **talk),
                  assigned(3, ASHA, **talk), said(30, ASHA, message_id=f"{name}2", **talk)]  # fmt: skip
        record(events=events, source=SOURCE, at=at(60))
    while dispatch(at=at(60)):
        continue
    services.recount_all(at=at(60))
    return made


def ask(viewer: Viewer, noon: datetime, metric: str = OF_PEOPLE, by: str = "", **scope: Any) -> queries.Answer:
    return queries.measure(
        viewer=viewer, key=metric, scope=Scope(**scope), window="60min", by=by, at=noon + timedelta(minutes=10)
    )


def test_a_team_of_four_is_too_small_for_operations(olu: Viewer, floor: dict[str, Any], noon: datetime) -> None:
    """Case 5."""
    for scope in ({"team_id": floor["four team"].pk}, {"queue_id": floor["four"].pk}):
        with pytest.raises(TooFew, match="too small"):
            ask(olu, noon, **scope)
    assert ask(olu, noon, team_id=floor["five team"].pk).groups
    assert ask(olu, noon, queue_id=floor["five"].pk).groups
    assert ask(olu, noon, queue_id=floor["nobody"].pk).groups
    assert ask(olu, noon).groups[0].number.n == 3


def test_divided_by_queue_the_small_ones_are_withheld(olu: Viewer, floor: dict[str, Any], noon: datetime) -> None:
    assert {one.label for one in ask(olu, noon, by="queue").groups} == {"five", "nobody"}


def test_who_may_see_people_by_name_is_refused_nothing(
    lena: Viewer, mona: Viewer, floor: dict[str, Any], noon: datetime
) -> None:
    viewer = granted(lena, queue=floor["four"], team=floor["four team"])
    assert ask(viewer, noon, team_id=floor["four team"].pk).groups
    assert {one.label for one in ask(mona, noon, by="queue").groups} == {"four", "five", "nobody"}


def test_without_the_guard_the_small_group_is_shown(
    olu: Viewer, floor: dict[str, Any], noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_groups, "NUMBERS_ALONE", frozenset())
    assert ask(olu, noon, team_id=floor["four team"].pk).groups
    assert {one.label for one in ask(olu, noon, by="queue").groups} == {"four", "five", "nobody"}


def test_every_door_refuses_it(olu: Viewer, floor: dict[str, Any], client: Client) -> None:
    client.force_login(olu.user)
    asked = {"scope": f"team:{floor['four team'].pk}", "window": "60min"}
    for place in ("metric", "metric_rows", "metric_page"):
        assert client.get(reverse(place, args=[OF_PEOPLE]), asked).status_code in (400, 409, 422)
        assert client.get(reverse(place, args=[OF_PEOPLE]), {"window": "60min"}).status_code == 200
