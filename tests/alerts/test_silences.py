"""Silences: who may, for how long, what is told at their end, and that nobody silences everything for ever (case 111)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.alerts import queries, services, silences
from apps.alerts.models import Call, Episode, Rule, Silence
from apps.alerts.silences import SilenceRefused
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed, OutOfScope
from tests.alerts.conftest import fired, rule
from tests.console.floors import granted, queue_named, waiting

pytestmark = pytest.mark.django_db


def quiet(by: Viewer, at: datetime, **values: Any) -> Silence:
    return services.silence(
        by=by, at=at, **{"rule": None, "queue": None, "minutes": 60, "reason": "a fire drill", **values}
    )


def long_queue(billing: Queue, at: datetime) -> None:
    for n in range(3):
        waiting(billing, at, 60 + n)
    services.watch(at=at)


def test_a_silenced_alert_is_shown_and_nobody_is_told_until_the_silence_ends(
    billing: Queue, leads: Viewer, noon: datetime
) -> None:
    rule()
    quiet(leads, noon, queue=billing, minutes=15)
    long_queue(billing, noon)
    [card] = queries.panel(viewer=leads, at=noon).alerts
    assert (card.silenced_by, card.silenced_until) == ("Lena", noon + timedelta(minutes=15))
    assert [one.held for one in Call.objects.all()] == ["silenced"]
    services.watch(at=noon + timedelta(minutes=14, seconds=59))
    assert [one.held for one in Call.objects.all()] == ["silenced"]
    services.watch(at=noon + timedelta(minutes=15))
    held = [(one.held, one.at) for one in Call.objects.filter(step=1)]
    assert held == [("", noon + timedelta(minutes=15))]


def test_what_is_over_before_the_silence_ends_is_told_to_nobody(billing: Queue, leads: Viewer, noon: datetime) -> None:
    one = fired(billing, noon)
    Call.objects.create(episode=one, round=1, step=1, to=leads.user, at=noon, held="silenced")
    Episode.objects.update(stage="resolved", resolved_at=noon)
    services.watch(at=noon + timedelta(hours=2))
    assert Call.objects.get().held == "silenced"


def test_a_silence_of_one_rule_or_one_queue_hides_no_other(
    billing: Queue, leads: Viewer, olu: Viewer, noon: datetime
) -> None:
    long, other = rule("queue-length"), rule("other")
    quiet(olu, noon, rule=long)
    long_queue(billing, noon)
    held = dict(Call.objects.values_list("episode__rule", "held"))
    assert held == {long.pk: "silenced", other.pk: ""}


@pytest.mark.parametrize(
    ("who", "values", "about"),
    [
        ("leads", {}, "rule"), ("leads", {"rule": "floor"}, "queue"), ("leads", {"queue": "billing", "minutes": 240}, "minutes"),
        ("leads", {"queue": "billing", "minutes": 0}, "minutes"), ("olu", {"queue": "billing", "minutes": 100_000}, "minutes"),
        ("olu", {}, "rule"), ("mona", {"queue": "billing"}, "rule"), ("mona", {"rule": "floor"}, "rule"),
        ("mona", {"rule": "quality", "minutes": 1440}, "minutes"), ("leads", {"queue": "billing", "reason": "  x "}, "reason"),
    ],
)  # fmt: skip
def test_nobody_silences_everything_for_ever_or_more_than_they_look_after(
    who: str, values: dict[str, Any], about: str, billing: Queue, noon: datetime, request: Any
) -> None:
    rules = {"floor": rule("floor"), "quality": rule("quality", is_quality=True)}
    given = {**values, "rule": rules.get(values.get("rule", "")), "queue": billing if "queue" in values else None}
    with pytest.raises(SilenceRefused) as refused:
        quiet(request.getfixturevalue(who), noon, **given)
    assert refused.value.about == about
    assert not Silence.objects.exists()


def test_the_database_refuses_a_silence_without_an_end_of_a_day_or_of_everything(
    billing: Queue, leads: Viewer, noon: datetime
) -> None:
    for queue, hours in ((billing, 25), (billing, -1), (None, 1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Silence.objects.create(
                queue=queue, reason="x", by=leads.user, since=noon, until=noon + timedelta(hours=hours)
            )


def test_who_looks_after_no_alerts_silences_none(billing: Queue, noon: datetime, asha: Viewer, quentin: Viewer) -> None:
    for viewer in (asha, quentin):
        with pytest.raises(NotAllowed):
            quiet(viewer, noon, queue=billing)


def test_a_silence_is_lifted_by_who_could_have_made_it(
    billing: Queue, leads: Viewer, nils: Viewer, mona: Viewer, olu: Viewer, noon: datetime
) -> None:
    whole, mine = quiet(olu, noon, rule=rule()), quiet(leads, noon, queue=billing)
    later = noon + timedelta(minutes=1)
    with pytest.raises(NotAllowed):
        services.lift_silence(by=leads, pk=whole.pk, at=later)
    with pytest.raises(OutOfScope):
        services.lift_silence(by=granted(nils, queue=queue_named("Sales chat")), pk=mine.pk, at=later)
    with pytest.raises(NotAllowed):
        services.lift_silence(by=mona, pk=mine.pk, at=later)
    assert services.lift_silence(by=olu, pk=mine.pk, at=later).until == later
    with pytest.raises(OutOfScope):
        services.lift_silence(by=olu, pk=mine.pk, at=later)
    assert [one.verb for one in AuditEntry.objects.order_by("pk")] == ["silence.made", "silence.made", "silence.lifted"]


def test_a_reason_is_masked(billing: Queue, leads: Viewer, noon: datetime) -> None:
    made = quiet(leads, noon, queue=billing, reason="the customer anna@example.com tests with us")
    assert "anna@example.com" not in made.reason


def test_it_says_what_it_would_hide(billing: Queue, leads: Viewer, noon: datetime) -> None:
    fired(billing, noon - timedelta(hours=1))
    fired(queue_named("Sales chat"), noon)
    told = silences.would_hide(by=leads, rule=None, queue=billing, at=noon)
    assert ([one.queue for one in told.now], told.lately) == ([billing], 1)


def test_a_lead_silences_on_the_page_and_lifts_it_again(
    client: Client, plain_static: None, billing: Queue, leads: Viewer, nils: Viewer
) -> None:
    client.force_login(leads.user)
    page = reverse("silences")
    assert "Nothing is silenced" in client.get(page).content.decode()
    sent = {"queue": str(billing.pk), "minutes": "60", "reason": "a <b>drill</b>"}
    assert "Hides no open alert" in client.post(reverse("silence_try"), sent).content.decode()
    assert client.post(page, {**sent, "minutes": "480"}).status_code == 422
    assert client.post(page, {**sent, "queue": str(queue_named("Sales chat").pk)}).status_code == 404
    assert client.post(page, sent).status_code == 302
    assert "a &lt;b&gt;drill&lt;/b&gt;" in client.get(page).content.decode()
    made = Silence.objects.get()
    assert client.post(reverse("silence_lift", args=[made.pk])).status_code == 302
    assert "Over within a day" in client.get(page).content.decode()
    assert Rule.objects.count() == 0
