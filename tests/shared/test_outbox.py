"""The outbox beside another release, and after a try that failed."""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from apps.alerts.facts import AlertsChanged
from apps.shared import outbox
from apps.shared.models import Outbox
from supervision.celery import SCHEDULE, app

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[AlertsChanged]:
    """What the one step of a pipeline of one fact was handed."""
    found: list[AlertsChanged] = []

    def step(fact: Any, at: datetime) -> None:
        if not found and fact.at.minute == 1:
            found.append(fact)
            raise ValueError
        found.append(fact)

    monkeypatch.setattr(outbox, "_pipeline", lambda: ({"AlertsChanged": AlertsChanged}, {AlertsChanged: [step]}))
    return found


def kept(at: datetime, fact: str = "AlertsChanged", **more: object) -> Outbox:
    return Outbox.objects.create(
        fact=fact, payload={**msgspec.to_builtins(AlertsChanged(at=at)), **more}, announced_at=at
    )


def test_a_fact_of_another_release_waits_and_holds_up_none(noon: datetime, seen: list[AlertsChanged]) -> None:
    """Case 98: one that is not known, one without what is needed, one with more than is known."""
    unknown, bare = (
        kept(noon, "WeatherChanged"),
        Outbox.objects.create(fact="AlertsChanged", payload={}, announced_at=noon),
    )
    later = kept(noon, told_by="a field of tomorrow")
    assert outbox.dispatch(at=noon) == 3
    assert [one.at for one in seen] == [noon]
    for row in (unknown, bare, later):
        row.refresh_from_db()
    assert (later.dispatched_at, later.error) == (noon, "")
    assert (unknown.dispatched_at, bare.dispatched_at, unknown.attempts) == (None, None, 0)
    # A worker that knows it takes it a moment later.
    Outbox.objects.filter(pk=unknown.pk).update(fact="AlertsChanged")
    outbox.dispatch(at=noon + outbox.READ_AGAIN)
    unknown.refresh_from_db()
    assert (unknown.dispatched_at, unknown.error) == (noon + outbox.READ_AGAIN, "")
    # What nobody knows half an hour later is for an admin to see.
    outbox.dispatch(at=noon + outbox.UNREAD_FOR + timedelta(seconds=6))
    assert [row.pk for row in outbox.put_aside(most=9)] == [bare.pk]


def test_what_worked_at_the_second_try_is_not_put_aside(noon: datetime, seen: list[AlertsChanged]) -> None:
    row = kept(noon + timedelta(minutes=1))
    outbox.dispatch(at=noon)
    row.refresh_from_db()
    assert (row.attempts, row.dispatched_at) == (1, None)
    assert "ValueError" in row.error
    outbox.dispatch(at=noon + timedelta(seconds=2))
    assert len(seen) == 2
    assert outbox.put_aside(most=9) == []


def test_every_task_takes_what_another_release_tells_it_more() -> None:
    """Case 98: old and new code ring the same bells."""
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    assert set(ours) >= {one["task"] for one in SCHEDULE.values()}
    closed = [
        name
        for name, task in ours.items()
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in inspect.signature(task.run).parameters.values())
    ]
    assert closed == []
