"""What the floor reads, and what it does not read again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.viewer import Viewer
from apps.console import floor, shift
from apps.shared.reading import one_reading
from tests.console.floors import conversation, granted, queue_named, waiting

pytestmark = pytest.mark.django_db


def test_all_parts_of_the_page_share_one_reading_of_the_queues(lena: Viewer, client: Client, noon: datetime) -> None:
    queue = queue_named("Billing")
    granted(lena, queue=queue)
    waiting(queue, noon, 30)
    client.force_login(lena.user)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(reverse("home")).status_code == 200
    assert sum("WITH open AS" in one["sql"] for one in seen) == 1


def test_outside_of_a_page_the_queues_are_read_each_time(lena: Viewer, noon: datetime) -> None:
    queue = queue_named("Billing")
    viewer = granted(lena, queue=queue)
    with one_reading():
        assert floor.queues(viewer=viewer, at=noon)[0].waiting == 0
    waiting(queue, noon, 30)
    assert floor.queues(viewer=viewer, at=noon)[0].waiting == 1


def test_what_is_usual_is_read_again_after_five_minutes(lena: Viewer, noon: datetime) -> None:
    queue = queue_named("Billing")
    viewer = granted(lena, queue=queue)
    for day in range(14):
        conversation(queue, noon - timedelta(days=day))

    def forecast_at_noon(at: datetime) -> float:
        found = shift.shift(viewer=viewer, at=at)
        assert found is not None
        return dict(found.forecast)[noon + timedelta(minutes=15)]  # a quarter hour stands where it ends

    assert forecast_at_noon(noon) == 1
    for day in range(1, 14):
        conversation(queue, noon - timedelta(days=day))
    assert forecast_at_noon(noon + timedelta(minutes=4)) == 1
    assert forecast_at_noon(noon + timedelta(minutes=5)) == 2
