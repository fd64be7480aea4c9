"""Bells: a worker is woken soon and seldom, hands on what it announces, and goes on only for what has waited too long."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from apps.connectors import services, tasks
from apps.connectors.door import BELL_APART_SECONDS, Door
from apps.connectors.models import Delivery, DeliveryState, Source
from apps.metrics.models import Mark
from apps.shared import pulse
from apps.shared.models import Outbox
from tests.connectors.test_absorption import absorb_all, deliver
from tests.connectors.test_absorption import source as source  # the same source as for what is absorbed
from tests.connectors.test_door import nowhere

pytestmark = pytest.mark.django_db(transaction=True)
# A loop calls what is due within the resolution of its clock.
CLOCK_SECONDS = 0.001


def test_many_commits_in_a_row_ring_at_once_and_then_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    rang: list[float] = []
    reached: list[float] = []
    ring = Door._ring

    def rings(door: Door) -> None:
        ring(door)
        rang.append(door._rang_at)

    monkeypatch.setattr(Door, "_ring", rings)
    monkeypatch.setattr("apps.connectors.door._ring", lambda: reached.append(time.monotonic()))
    monkeypatch.setattr("apps.connectors.door._commit", lambda admissions: None)

    async def go() -> float:
        door = Door(nowhere)
        began = time.monotonic()
        while time.monotonic() - began < 4 * BELL_APART_SECONDS:
            await door._commit_together([])
            await asyncio.sleep(0.005)
        await asyncio.sleep(2 * BELL_APART_SECONDS)
        return began

    began = asyncio.run(go())
    assert rang[0] - began < BELL_APART_SECONDS
    apart = [later - earlier for earlier, later in pairwise(rang)]
    assert len(reached) in (4, 5, 6)
    # By the clock of the loop, which is exact; the threads that carry the bells may be late.
    assert min(apart) > BELL_APART_SECONDS - CLOCK_SECONDS


def test_what_was_absorbed_is_handed_on_without_another_bell(source: Source) -> None:
    absorb_all()
    Outbox.objects.all().delete()
    deliver(source, "one")
    tasks.absorb()
    assert not Outbox.objects.filter(dispatched_at=None).exists()
    assert Mark.objects.exists()


def test_a_worker_that_hands_on_what_it_absorbed_says_that_it_was_done(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that absorbs for long takes the turn of who dispatches: the health page must not call that late."""
    monkeypatch.setattr(pulse, "_written", {})
    deliver(source, "one")
    tasks.absorb()
    assert pulse.pulses() == {}
    deliver(source, "two")
    tasks.absorb.push_request(hostname="ingest@here")
    try:
        tasks.absorb()
    finally:
        tasks.absorb.pop_request()
    assert {name: one.worker for name, one in pulse.pulses().items()} == {"shared.dispatch": "ingest@here"}


@pytest.mark.parametrize(("age_seconds", "is_taken"), [(0, False), (1, True)])
def test_a_worker_goes_on_only_for_what_has_waited(
    source: Source, monkeypatch: pytest.MonkeyPatch, age_seconds: int, is_taken: bool
) -> None:
    real, calls = services.absorb, []

    def absorb(**more: object) -> int:
        taken = real(**more)  # type: ignore[arg-type]
        if not calls:  # one comes while the first is recorded
            late = deliver(source, "later")
            Delivery.objects.filter(pk=late.pk).update(received_at=timezone.now() - timedelta(seconds=age_seconds))
        calls.append(taken)
        return taken

    monkeypatch.setattr(services, "absorb", absorb)
    deliver(source, "one")
    tasks.absorb()
    assert Delivery.objects.filter(state=DeliveryState.WAITING).exists() is not is_taken
