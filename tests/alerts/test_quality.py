"""What alerts were worth: shares with their counts, advice that changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.access.viewer import Viewer
from apps.alerts import advising, quality
from apps.alerts.advising import Fared, Share
from apps.alerts.models import Call, Episode, Happening, Rule, RuleVersion
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed
from tests.alerts.conftest import fired, rule
from tests.console.floors import queue_named


def happened(one: Episode, what: str, by: Viewer | None, minutes: float) -> None:
    Happening.objects.create(
        episode=one, at=one.fired_at + timedelta(minutes=minutes), what=what, by=by.user if by else None
    )


def alert(queue: Queue, at: datetime, **values: Any) -> Episode:
    """An alert that is over after twenty minutes, by itself unless it says otherwise."""
    one = fired(queue, at, is_over=True)
    Episode.objects.filter(pk=one.pk).update(resolved_at=at + timedelta(minutes=20), **values)
    one.refresh_from_db()
    return one


@pytest.mark.django_db
def test_a_rule_is_told_with_counts_beside_every_share(billing: Queue, leads: Viewer, noon: datetime) -> None:
    start = noon - timedelta(days=3)
    told = [alert(billing, start + timedelta(hours=n)) for n in range(6)]
    happened(told[0], "taken_on", leads, 4)
    happened(told[0], "acted", leads, 6)
    happened(told[1], "taken_on", leads, 6)
    happened(told[1], "acted", leads, 10)
    for n in range(3):
        happened(told[2], "returned", None, n)
    for one, outcome in zip(told, ["helped", "no_effect", "false_alarm", "unjudged", "", ""], strict=True):
        Episode.objects.filter(pk=one.pk).update(outcome=outcome)
    page = quality.worth(viewer=leads, at=noon)
    [one] = page.rules
    assert (page.total, one.fired, one.in_time, one.acted) == (6, 6, Share(1, 6), Share(2, 6))
    assert (one.alone, one.precision, one.flapping, one.to_act, one.lasts) == (
        Share(4, 6),
        Share(2, 3),
        1,
        480.0,
        1200.0,
    )
    assert page.false_a_shift == pytest.approx(1 / 9)
    low, high = one.precision.interval or (0.0, 0.0)
    assert (round(low, 2), round(high, 2)) == (0.21, 0.94)


@pytest.mark.django_db
def test_what_was_taken_back_is_neither_seen_to_nor_acted_on(billing: Queue, leads: Viewer, noon: datetime) -> None:
    start = noon - timedelta(days=3)
    told = [alert(billing, start + timedelta(hours=n)) for n in range(12)]
    for one in told:
        Call.objects.create(episode=one, round=1, step=1, to=leads.user, at=one.fired_at)
        happened(one, "taken_on", leads, 1)
    assert quality.worth(viewer=leads, at=noon).rules[0].in_time == Share(12, 12)
    for one in told[:4]:
        happened(one, "undone", leads, 2)
        Happening.objects.filter(episode=one, what="undone").update(detail="taken_on")
    # Taken on again later: that one counts.
    happened(told[0], "taken_on", leads, 8)
    page = quality.worth(viewer=leads, at=noon)
    assert (page.rules[0].in_time, page.rules[0].alone) == (Share(8, 12), Share(3, 12))
    assert page.people[0].in_time == Share(8, 12)


@pytest.mark.django_db
def test_a_lead_reads_of_their_queues_and_of_themselves(
    billing: Queue, leads: Viewer, nils: Viewer, olu: Viewer, asha: Viewer, noon: datetime
) -> None:
    for n in range(12):
        one = alert(billing, noon - timedelta(hours=n + 1))
        for who in (leads, nils):
            Call.objects.create(episode=one, round=1, step=1, to=who.user, at=one.fired_at)
        if n < 3:
            happened(one, "taken_on", leads, 1)
    alert(queue_named("Sales chat"), noon - timedelta(hours=1))
    mine, whole = quality.worth(viewer=leads, at=noon), quality.worth(viewer=olu, at=noon)
    assert (mine.total, whole.total) == (12, 13)
    assert [(one.name, one.called, one.in_time) for one in mine.people] == [("Lena", 12, Share(3, 12))]
    assert [(one.name, one.in_time) for one in whole.people] == [("Lena", Share(3, 12)), ("Nils", Share(0, 12))]
    with pytest.raises(NotAllowed):
        quality.worth(viewer=asha, at=noon)


@pytest.mark.django_db
def test_below_ten_alerts_no_share_of_a_person_is_shown(billing: Queue, leads: Viewer, noon: datetime) -> None:
    for n in range(9):
        one = alert(billing, noon - timedelta(hours=n + 1))
        Call.objects.create(episode=one, round=1, step=1, to=leads.user, at=one.fired_at)
    [person] = quality.worth(viewer=leads, at=noon).people
    assert (person.called, person.in_time, person.acted, person.to_act) == (9, None, None, None)


@pytest.mark.django_db
def test_five_not_needed_in_a_row_are_advised_about_and_nothing_changes(
    billing: Queue, leads: Viewer, noon: datetime
) -> None:
    """Case 114."""
    for n in range(5):
        alert(billing, noon - timedelta(hours=n + 1), outcome="not_needed")
    before = list(Rule.objects.values()) + list(RuleVersion.objects.values())
    [said] = quality.worth(viewer=leads, at=noon).advice
    assert "the last five that were judged were not needed" in said.text
    assert list(Rule.objects.values()) + list(RuleVersion.objects.values()) == before
    alert(billing, noon - timedelta(minutes=30), outcome="helped")
    assert quality.worth(viewer=leads, at=noon).advice == []


@pytest.mark.django_db
def test_an_empty_portal_has_nothing_to_say(leads: Viewer, noon: datetime) -> None:
    rule()
    page = quality.worth(viewer=leads, at=noon)
    assert (page.total, page.rules, page.people, page.advice, page.whole) == (0, [], [], [], None)


def fared(**values: Any) -> Fared:
    usual: dict[str, Any] = {
        "rule": 1, "name": "A", "fired": 20, "a_shift": 0.2, "in_time": Share(20, 20), "acted": Share(20, 20), "alone": Share(0, 20),
        "precision": Share(10, 10), "flapping": 0, "to_act": 60.0, "lasts": 1200.0, "wait": 0.0, "not_needed_in_a_row": False,
        "owner": "",
    }  # fmt: skip
    return Fared(**{**usual, **values})


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"precision": Share(1, 10)}, "fewer than half"), ({"precision": Share(1, 9)}, ""), ({"precision": Share(4, 10)}, ""),
        ({"alone": Share(11, 20), "lasts": 120.0}, "longer wait"), ({"alone": Share(10, 20), "lasts": 120.0}, ""),
        ({"alone": Share(11, 20), "lasts": 600.0}, ""), ({"not_needed_in_a_row": True, "owner": "Adam"}, "Ask Adam"),
    ],
)  # fmt: skip
def test_advice_is_given_where_the_figures_carry_it(values: dict[str, Any], word: str) -> None:
    told = advising.advice([fared(**values)], {})
    assert [word in one.text for one in told] == ([True] if word else [])


def test_rules_that_begin_together_are_named() -> None:
    here = uuid4()
    begun = {"A": {here: [0.0, 1000.0, 2000.0]}, "B": {here: [10.0, 1100.0, 2299.0, 9000.0]}}
    [told] = advising.advice([], begun)
    assert "“A” began within five minutes of “B” 3 of 3 times" in told.text
    assert advising.advice([], {"A": {here: [0.0, 1000.0]}, "B": begun["B"]}) == []
