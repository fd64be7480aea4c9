"""Bells of the connectors app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.access import persons
from apps.connectors import queries, services
from apps.shared import outbox, pulse

PATIENCE = timedelta(milliseconds=200)


@shared_task(bind=True, name="connectors.absorb")
def absorb(self: Any, /, **_: Any) -> None:
    """Absorb what waits and hand on what that announces; go on only for what has waited too long.

    What came meanwhile has a bell of its own. A worker that went on for every single event would do so for ever under a
    trickle: in steps of a few events, each as dear as one of hundreds, and with no turn for the numbers.
    """
    persons.HERE.prepare()
    while services.absorb(at=timezone.now()) > 0:
        outbox.dispatch(at=timezone.now())
        if self.request.hostname:
            # While there is much to absorb, the turn of who dispatches comes too late; the work is done all the same.
            pulse.felt(task="shared.dispatch", worker=str(self.request.hostname), at=timezone.now())
        if not queries.has_waited(longer_than=PATIENCE, at=timezone.now()):
            return


@shared_task(name="connectors.purge")
def purge(**_: Any) -> None:
    """Delete what is past its retention."""
    services.purge(at=timezone.now())


@shared_task(name="connectors.wipe")
def wipe(**_: Any) -> None:
    """Take out of kept deliveries what was taken back or erased."""
    services.wipe(at=timezone.now())
