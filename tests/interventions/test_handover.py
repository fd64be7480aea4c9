"""A shift passes to the next lead with all that stands under one's name, once, and what is outside their queues stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer, viewer_for
from apps.alerts import services as alerts
from apps.alerts.models import Episode
from apps.interventions import handover
from apps.interventions.handover import HandoverRefused
from apps.interventions.models import Handover
from apps.interventions.regions import REGIONS
from apps.routing import services as routing
from apps.routing.models import Diversion, HelpCall
from apps.shared.errors import NotAllowed, OutOfScope
from tests.alerts.conftest import fired
from tests.console.floors import granted, queue_named
from tests.routing.conftest import Floor
from tests.routing.conftest import floor as floor  # the same floor

pytestmark = pytest.mark.django_db


@pytest.fixture
def shift(floor: Floor, nils: Viewer, noon: datetime) -> Viewer:
    """Lena has an alert of each queue, runs a diversion and has promised help; Nils, who comes next, leads Billing only."""
    his = granted(nils, queue=floor.billing)
    for queue in (floor.billing, floor.care):
        alerts.take_on(by=floor.lena, pk=fired(queue, noon).pk, at=noon)
    routing.divert(by=floor.lena, key=uuid4(), kind="seniors", queue=floor.billing.pk, minutes=60, at=noon)
    call = routing.call_help(by=his, key=uuid4(), queue=floor.billing.pk, at=noon)
    HelpCall.objects.filter(pk=call.pk).update(answered_by=floor.lena.user)
    return his


def bar(viewer: Viewer, at: datetime) -> str:
    return REGIONS["handover.bar"].render(viewer, {"user": str(viewer.user.pk)}, at)


def test_the_bar_is_one_persons_though_others_have_the_same_scope(floor: Floor, olu: Viewer, noon: datetime) -> None:
    region, mine = REGIONS["handover.bar"], {"user": str(floor.lena.user.pk)}
    assert region.permitted(floor.lena, mine)
    assert not region.permitted(olu, mine)
    for params in ({}, {"user": "x"}):
        with pytest.raises(OutOfScope):
            region.permitted(floor.lena, params)


def test_everything_passes_that_the_next_lead_may_see(shift: Viewer, floor: Floor, noon: datetime) -> None:
    passing = handover.passing(viewer=floor.lena, at=noon)
    assert (len(passing.alerts), len(passing.diversions), len(passing.promises)) == (2, 1, 1)
    one = handover.hand_over(
        by=floor.lena, to=shift.user.pk, key=uuid4(), text="Refunds double. Card 4111 1111 1111 1111 was said.", at=noon
    )
    assert (one.alerts, one.diversions, one.promises) == (1, 1, 1)
    assert one.text == "Refunds double. Card [card 1] was said."
    assert dict(Episode.objects.values_list("queue__name", "by__username")) == {
        "Billing chat": "nils",
        "WhatsApp": "lena",
    }
    assert Diversion.objects.get().keeper == HelpCall.objects.get().answered_by == shift.user
    assert AuditEntry.objects.filter(verb="shift.handed_over", concerns=[shift.user.pk]).count() == 1
    assert [len(part) for part in (handover.passing(viewer=floor.lena, at=noon).alerts,)] == [1]


def test_what_nobody_is_told_of_stands_in_the_hand_over(
    floor: Floor, olu: Viewer, nils: Viewer, noon: datetime
) -> None:
    """Whoever made it: of the queues one leads, and of all where one leads all; what is over is not there."""
    alerts.silence(by=olu, rule=None, queue=floor.billing, minutes=30, reason="A drill of the fire brigade", at=noon)
    told = handover.passing(viewer=floor.lena, at=noon + timedelta(minutes=1))
    assert [(hides, one.reason) for one, hides in told.silences] == [
        ("Every alert in Billing chat", "A drill of the fire brigade")
    ]
    assert not told.is_nothing
    assert handover.passing(viewer=floor.lena, at=noon + timedelta(minutes=31)).silences == []
    assert len(handover.passing(viewer=olu, at=noon).silences) == 1
    assert (
        handover.passing(viewer=viewer_for(granted(nils, queue=queue_named("Elsewhere")).user), at=noon).silences == []
    )


def test_a_form_sent_twice_hands_over_once_and_the_note_stands_until_it_is_read(
    shift: Viewer, floor: Floor, olu: Viewer, noon: datetime
) -> None:
    key = uuid4()
    for _ in range(2):
        one = handover.hand_over(by=floor.lena, to=shift.user.pk, key=key, text="Watch Billing", at=noon)
    assert Handover.objects.count() == 1
    html = bar(viewer_for(shift.user), noon)
    assert "Watch Billing" in html
    for viewer in (floor.lena, olu):
        assert "Watch Billing" not in bar(viewer, noon)
        with pytest.raises(OutOfScope):
            handover.see(by=viewer, pk=one.pk, at=noon)
    for minutes in (1, 2):
        handover.see(by=shift, pk=one.pk, at=noon + timedelta(minutes=minutes))
    assert Handover.objects.get().seen_at == noon + timedelta(minutes=1)
    assert "Watch Billing" not in bar(shift, noon)
    with pytest.raises(OutOfScope):
        handover.hand_over(by=olu, to=shift.user.pk, key=key, text="", at=noon)


def test_only_who_leads_a_shift_gives_it_and_only_to_who_can_lead_one(
    shift: Viewer, floor: Floor, asha: Viewer, adam: Viewer, mona: Viewer, noon: datetime
) -> None:
    for viewer in (asha, adam, mona):
        with pytest.raises(NotAllowed):
            handover.hand_over(by=viewer, to=shift.user.pk, key=uuid4(), text="", at=noon)
    for to in (floor.lena.user.pk, asha.user.pk, 0):
        with pytest.raises(HandoverRefused, match="who takes the shift"):
            handover.hand_over(by=floor.lena, to=to, key=uuid4(), text="", at=noon)
    with pytest.raises(HandoverRefused, match="at most 600"):
        handover.hand_over(by=floor.lena, to=shift.user.pk, key=uuid4(), text="x" * 601, at=noon)
    assert not Handover.objects.exists()
