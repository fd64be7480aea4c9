"""Operations sees people as numbers of five or more, and none of which the difference is a number of fewer: that would be somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.models import Queue
from apps.interactions.services import record
from apps.metrics import day_goals, queries, services, small_groups
from apps.metrics.models import Goal, Observation
from apps.metrics.queries import Scope
from apps.metrics.reading import Number
from apps.metrics.small_groups import TooFew
from apps.shared import suppression
from apps.shared.outbox import dispatch
from tests.console.floors import granted, on_shift, queue_named
from tests.interactions.events import ASHA, CUSTOMER, SOURCE, assigned, at, queued, said, started

pytestmark = pytest.mark.django_db
OF_PEOPLE = "first_reply_time"


@pytest.fixture
def floor(noon: datetime) -> dict[str, Any]:
    """Teams of four, five and six, each with a queue of its own, and a queue of nobody."""
    made: dict[str, Any] = {}
    for name, size in (("four", 4), ("five", 5), ("six", 6)):
        team, queue = Team.objects.create(name=name), queue_named(name)
        for n in range(size):
            on_shift(f"{name} {n}", team, noon)
        queue.teams.add(team)
        made |= {f"{name} team": team, name: queue}
    made["nobody"] = queue_named("nobody")
    Queue.objects.update(is_listed=True)  # so that a source that says its name means it
    for name in ("four", "five", "six", "nobody"):
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


def number_of(viewer: Viewer, noon: datetime, **scope: Any) -> Number | None:
    """One number, or None where it is refused."""
    try:
        return ask(viewer, noon, **scope).groups[0].number
    except TooFew:
        return None


def test_a_team_of_four_is_too_small_for_operations(olu: Viewer, floor: dict[str, Any], noon: datetime) -> None:
    """Case 5."""
    for scope in ({"team_id": floor["four team"].pk}, {"queue_id": floor["four"].pk}):
        with pytest.raises(TooFew, match="too small"):
            ask(olu, noon, **scope)
    assert ask(olu, noon, team_id=floor["six team"].pk).groups
    assert ask(olu, noon, queue_id=floor["six"].pk).groups
    assert ask(olu, noon, queue_id=floor["nobody"].pk).groups
    assert ask(olu, noon).groups[0].number.n == 4


def test_what_is_shown_cannot_be_subtracted_to_a_team_of_four(
    olu: Viewer, floor: dict[str, Any], noon: datetime
) -> None:
    """Case 5: the whole less all other parts is the part that is left out, so one more of them is, the smallest."""
    whole = number_of(olu, noon)
    parts = {name: number_of(olu, noon, queue_id=floor[name].pk) for name in ("four", "five", "six", "nobody")}
    assert whole is not None
    assert {name for name, one in parts.items() if one is None} == {"four", "five"}
    rest = whole.n - sum(one.n for one in parts.values() if one is not None)
    assert rest == 2, "what is left is of nine people, and of nobody less"
    assert number_of(olu, noon, team_id=floor["five team"].pk) is None
    shown = {one.label: one.number.n for one in ask(olu, noon, by="queue").groups}
    assert shown == {"six": 1, "nobody": 1}


def test_a_goal_of_the_day_tells_operations_nothing_of_a_small_queue(
    olu: Viewer, adam: Viewer, floor: dict[str, Any], noon: datetime
) -> None:
    for name in ("four", "five", "six"):
        Goal.objects.create(
            metric=OF_PEOPLE, scope_kind="queue", scope_key=str(floor[name].pk), period="day", target=60.0, from_on=noon.date(),
            zone="UTC", made_by=adam.user, made_at=noon,
        )  # fmt: skip

    def told(viewer: Viewer) -> list[tuple[str, str, int]]:
        found = day_goals.goals_of_day(viewer=viewer, day=noon.date(), at=noon + timedelta(minutes=10))
        return [(one.where, one.value, one.n) for one in found]

    small = ("of fewer than 5 people", 0)
    assert told(olu) == [("five", *small), ("four", *small), ("six", "not enough yet", 1)]
    assert told(adam)[1] == ("four", "not enough yet", 1)


def test_where_everybody_is_many_nothing_more_is_left_out(olu: Viewer, floor: dict[str, Any], noon: datetime) -> None:
    on_shift("four 4", floor["four team"], noon)
    answer = ask(olu, noon, by="queue")
    assert {one.label for one in answer.groups} == {"four", "five", "six", "nobody"}
    assert answer.withheld == 0


def test_divided_it_says_how_many_are_not_shown(
    olu: Viewer, mona: Viewer, floor: dict[str, Any], noon: datetime
) -> None:
    answer = ask(olu, noon, by="queue")
    assert {one.label for one in answer.groups} == {"six", "nobody"}
    assert answer.withheld == 2
    assert ask(mona, noon, by="queue").withheld == 0


def test_a_channel_that_few_people_answer_is_no_way_round(olu: Viewer, floor: dict[str, Any], noon: datetime) -> None:
    Queue.objects.filter(pk=floor["four"].pk).update(channel="voice")
    Observation.objects.filter(queue_id=floor["four"].pk).update(channel="voice")
    Observation.objects.exclude(queue_id=floor["four"].pk).update(channel="webchat")
    assert {one.key for one in ask(olu, noon, by="channel").groups} == set(), "each is the whole less the other"


def test_reviews_of_a_team_are_those_of_its_people(olu: Viewer, floor: dict[str, Any], noon: datetime) -> None:
    """The smallest other team is left out too, although its people would be enough."""
    Agent.objects.people().filter(team=None).update(team=floor["six team"])
    told = {
        name: number_of(olu, noon, metric="internal_quality_score", team_id=floor[f"{name} team"].pk) is not None
        for name in ("four", "five", "six")
    }
    assert told == {"four": False, "five": False, "six": True}


def test_the_rows_of_a_group_that_is_not_shown_are_not_counted(
    olu: Viewer, floor: dict[str, Any], client: Client
) -> None:
    client.force_login(olu.user)
    for name, is_shown in (("four", False), ("five", False), ("six", True)):
        asked = {"window": "60min", "by": "queue", "group": str(floor[name].pk)}
        for place in ("metric_rows", "metric_page"):
            assert (client.get(reverse(place, args=[OF_PEOPLE]), asked).status_code == 200) is is_shown
        assert client.post(f"{reverse('metric_export', args=[OF_PEOPLE])}?{urlencode(asked)}").status_code in (403, 409)


def test_who_may_see_people_by_name_is_refused_nothing(
    lena: Viewer, mona: Viewer, floor: dict[str, Any], noon: datetime
) -> None:
    viewer = granted(lena, queue=floor["four"], team=floor["four team"])
    assert ask(viewer, noon, team_id=floor["four team"].pk).groups
    assert {one.label for one in ask(mona, noon, by="queue").groups} == {"four", "five", "six", "nobody"}


def test_without_the_guard_the_small_group_is_shown(
    olu: Viewer, floor: dict[str, Any], noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_groups, "NUMBERS_ALONE", frozenset())
    assert ask(olu, noon, team_id=floor["four team"].pk).groups
    assert {one.label for one in ask(olu, noon, by="queue").groups} == {"four", "five", "six", "nobody"}


def test_without_complementary_suppression_the_four_are_a_difference(
    olu: Viewer, floor: dict[str, Any], noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def large(**given: Any) -> frozenset[suppression.Cell]:
        work, people = given["teams"], given["people"]
        whose = {cell: {team for atom in cell for team in work[atom]} for cell in given["cells"]}
        return frozenset(cell for cell, of in whose.items() if sum(people[team] for team in of) >= given["fewest"])

    monkeypatch.setattr(suppression, "shown", large)
    small_groups._shown.cache_clear()
    whole, shown = number_of(olu, noon), ask(olu, noon, by="queue").groups
    small_groups._shown.cache_clear()
    assert whole is not None
    assert {one.label for one in shown} == {"five", "six", "nobody"}
    assert whole.n - sum(one.number.n for one in shown) == 1, "the one conversation of the four"


def test_every_door_refuses_it(olu: Viewer, floor: dict[str, Any], client: Client) -> None:
    client.force_login(olu.user)
    for name in ("four", "five"):
        asked = {"scope": f"team:{floor[f'{name} team'].pk}", "window": "60min"}
        for place in ("metric", "metric_rows", "metric_page"):
            assert client.get(reverse(place, args=[OF_PEOPLE]), asked).status_code in (400, 409, 422)
            assert client.get(reverse(place, args=[OF_PEOPLE]), {"window": "60min"}).status_code == 200
