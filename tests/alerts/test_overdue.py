"""A reply is overdue: the rule of the pack, on its first case."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.agents.models import Team
from apps.alerts import services
from apps.alerts.models import Episode, Rule
from apps.interactions.models import Queue
from tests.alerts.conftest import says
from tests.console.floors import conversation, on_shift

pytestmark = pytest.mark.django_db


def test_a_customer_who_waits_ten_minutes_for_a_person_who_promised_one_is_told_of(
    billing: Queue, noon: datetime
) -> None:
    services.seed(at=noon)
    asha = on_shift("Asha Verma", Team.objects.create(name="Billing"), noon)
    talk = conversation(
        billing, noon - timedelta(minutes=16), holder=asha, unanswered_since=noon - timedelta(minutes=10)
    )
    message = says(talk, noon - timedelta(minutes=10), "I was charged twice")
    services.watch(at=noon)
    assert not Rule.objects.exclude(error="").exists()
    one = Episode.objects.get(rule__key="reply-overdue")
    assert (one.value, one.limit, one.message_id) == (600.0, 300.0, message)
