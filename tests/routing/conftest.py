"""Two queues of two teams, with people at work, and who leads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.models import Queue
from tests.console.floors import granted, on_shift, queue_named


@dataclass(frozen=True)
class Floor:
    """Lena leads Billing and Care; Care has three people at work, Billing one."""

    lena: Viewer
    billing: Queue
    care: Queue
    noor: Agent
    esi: Agent
    mei: Agent
    asha: Agent


@pytest.fixture
def floor(lena: Viewer, noon: datetime) -> Floor:
    billing, care = queue_named("Billing chat"), queue_named("WhatsApp")
    one, other = Team.objects.create(name="Billing"), Team.objects.create(name="Care")
    billing.teams.add(one)
    care.teams.add(other)
    for queue, team in ((billing, one), (care, other)):
        lena = granted(lena, queue=queue, team=team)
    people = [on_shift(name, other, noon) for name in ("Noor Aziz", "Esi Mensah", "Mei Tan")]
    return Floor(lena, billing, care, *people, on_shift("Asha Verma", one, noon))
