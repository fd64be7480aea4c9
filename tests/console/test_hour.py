"""The last hour of a queue, worked out on paper."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.access.viewer import Viewer
from apps.console.hour import hour
from apps.shared.errors import OutOfScope
from tests.console.floors import granted, queue_named, replied, stood, waiting

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_each_step_holds_who_stood_at_its_end_and_the_replies_inside(lena: Viewer, noon: datetime) -> None:
    billing, other = queue_named("Billing chat"), queue_named("Another")
    waiting(billing, noon, 7 * 60)  # since 11:53
    stood(billing, noon - 12 * MINUTE, 6 * 60, ended_by="answered")  # 11:42 to 11:48
    waiting(other, noon, 30 * 60)
    replied(billing, noon, 40.0)
    replied(billing, noon - 4 * MINUTE, 60.0)
    replied(billing, noon - 5 * MINUTE, 10.0)  # exactly 11:55: the step that ends there
    replied(billing, noon - 60 * MINUTE, 999.0)  # on the edge: not in the hour
    found, steps = hour(viewer=granted(lena, queue=billing), queue=billing.pk, at=noon)
    assert found == billing
    assert [step.ends_at for step in steps] == [noon - n * 5 * MINUTE for n in range(11, -1, -1)]
    assert [step.waiting for step in steps] == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1]
    assert [step.replies for step in steps] == [0] * 10 + [1, 2]
    assert [step.first_reply_seconds for step in steps[-3:]] == [None, 10.0, pytest.approx(58.0)]


def test_the_hour_of_a_queue_out_of_scope_does_not_exist(lena: Viewer, noon: datetime) -> None:
    with pytest.raises(OutOfScope):
        hour(viewer=lena, queue=queue_named("Billing chat").pk, at=noon)
