"""The report of a shift: what happened, how long until somebody acted, what was reached; and by mail once, without a name."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from apps.access.viewer import Viewer, viewer_for
from apps.interactions.models import Queue
from apps.interventions import reports
from apps.interventions.models import ReportMail
from apps.metrics.models import Goal, QueuePoint
from apps.shared.errors import NotAllowed, OutOfScope
from tests.alerts.conftest import billing as billing  # a queue with a promise
from tests.alerts.conftest import fired
from tests.alerts.conftest import leads as leads  # who leads it
from tests.console.floors import granted, queue_named

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
NIGHT = datetime(2026, 11, 24, 20, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def aimed(by: Viewer, queue: Queue, metric: str, target: float) -> None:
    Goal.objects.create(
        metric=metric, scope_kind="queue", scope_key=str(queue.pk), period="day", target=target, from_on=DAY - timedelta(days=9), zone="UTC",
        made_by=by.user, made_at=NIGHT - timedelta(days=9),
    )  # fmt: skip


def counted(queue: Queue, measure: str, at: datetime, *, n: int, hits: int) -> None:
    for grain in ("minute", "hour"):
        QueuePoint.objects.create(
            grain=grain, measure=measure, starts_at=at.replace(minute=0), queue_id=queue.pk, channel="webchat", n=n, total=hits, counted_at=at
        )  # fmt: skip


def test_alerts_are_told_with_how_long_each_step_took(leads: Viewer, billing: Queue, noon: datetime) -> None:
    one = fired(billing, noon)
    one.acknowledged_at, one.acted_at, one.resolved_at = noon + 2 * MINUTE, noon + 4 * MINUTE, noon + 30 * MINUTE
    one.outcome = "helped"
    one.save()
    fired(billing, noon - 6 * 60 * MINUTE, key="mood")  # at six, before the shift
    fired(queue_named("Sales chat"), noon, key="mood")  # elsewhere
    fired(billing, noon + 60 * MINUTE, key="backlog")
    found = reports.report(viewer=leads, day=DAY, at=NIGHT)
    assert [(a.where, a.to_take, a.to_act, a.to_clear, a.outcome) for a in found.alerts] == [
        ("Billing chat", "2m 00s", "4m 00s", "30m 00s", "It helped"), ("Billing chat", "", "", "", ""),
    ]  # fmt: skip
    assert (found.title, found.to_act) == ("2 alerts, 0 actions", "4m 00s")
    assert found.text == "1 of 2 were acted on, half of them within 4m 00s. No goal of the day can be judged."


def test_goals_of_the_day_are_judged_with_cases_enough_and_only_then(
    leads: Viewer, billing: Queue, noon: datetime
) -> None:
    for metric, target, n, hits in (("csat", 0.8, 40, 36), ("reopen_rate", 0.1, 50, 10), ("transfer_rate", 0.1, 3, 3)):
        aimed(leads, billing, metric, target)
        counted(billing, metric, noon, n=n, hits=hits)
        counted(billing, metric, noon - timedelta(days=1), n=500, hits=0)  # the day before is another one
    sales = queue_named("Sales chat")
    aimed(leads, sales, "csat", 0.8)
    found = reports.report(viewer=leads, day=DAY, at=NIGHT)
    assert [(g.label, g.where, g.value, g.n, g.is_reached) for g in found.goals] == [
        ("CSAT", "Billing chat", "90.0%", 40, True), ("Reopen rate", "Billing chat", "20.0%", 50, False),
        ("Transfer rate", "Billing chat", "not enough yet", 3, None),
    ]  # fmt: skip
    assert found.text.endswith("1 of 2 goals of the day were reached.")


def test_a_running_shift_is_told_so_far_and_one_to_come_is_none(leads: Viewer, noon: datetime) -> None:
    assert reports.report(viewer=leads, day=DAY, at=noon).is_running
    assert not reports.report(viewer=leads, day=DAY, at=NIGHT).is_running
    for day in (DAY + timedelta(days=1), DAY - timedelta(days=200)):
        with pytest.raises(OutOfScope):
            reports.report(viewer=leads, day=day, at=noon)


def test_whoever_sees_no_interventions_has_no_report(asha: Viewer, noon: datetime) -> None:
    with pytest.raises(NotAllowed):
        reports.report(viewer=asha, day=DAY, at=noon)
    with pytest.raises(NotAllowed):
        reports.wish(by=asha, is_on=True, at=noon)


@pytest.fixture
def post(settings: Any) -> list[Any]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "https://midshift.test"
    mail.outbox = []
    return mail.outbox


def wishes(viewer: Viewer, at: datetime) -> Viewer:
    viewer.user.email = "lena@shop.test"
    viewer.user.save()
    reports.wish(by=viewer, is_on=True, at=at)
    return viewer


def test_a_report_is_mailed_once_after_the_shift_and_holds_no_name(
    leads: Viewer, billing: Queue, noon: datetime, post: list[Any]
) -> None:
    wishes(leads, noon)
    fired(billing, noon)
    assert reports.mail_due(at=noon + 60 * MINUTE) == 0  # it runs
    assert [reports.mail_due(at=NIGHT + n * MINUTE) for n in (0, 5)] == [1, 0]
    (one,) = post
    assert one.to == ["lena@shop.test"]
    assert one.subject == "The shift of 24 November: 1 alert, 0 actions"
    assert one.body == (
        "0 of 1 were acted on. No goal of the day can be judged.\n\nhttps://midshift.test/shifts/2026-11-24\n"
    )
    assert not re.search("Billing|Lena", one.subject + one.body)


def test_a_mail_that_could_not_be_sent_is_tried_again_and_nobody_else_waits_for_it(
    leads: Viewer, olu: Viewer, noon: datetime, post: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes(leads, noon)
    olu.user.email = "olu@shop.test"
    olu.user.save()
    reports.wish(by=olu, is_on=True, at=noon)
    send = reports.EmailMessage.send

    def fails(self: Any, *args: Any, **more: Any) -> Any:
        if self.to == ["lena@shop.test"]:
            raise SMTPServerDisconnected
        return send(self, *args, **more)

    monkeypatch.setattr(reports.EmailMessage, "send", fails)
    assert reports.mail_due(at=NIGHT) == 1
    assert list(ReportMail.objects.values_list("user__username", flat=True)) == [olu.user.username]
    monkeypatch.setattr(reports.EmailMessage, "send", send)
    assert reports.mail_due(at=NIGHT + 5 * MINUTE) == 1
    assert sorted(one.to[0] for one in post) == ["lena@shop.test", "olu@shop.test"]


def test_no_mail_after_it_was_switched_off_or_the_role_changed_or_hours_later(
    leads: Viewer, noon: datetime, post: list[Any]
) -> None:
    wishes(leads, noon)
    assert reports.mail_due(at=NIGHT + timedelta(hours=7)) == 0
    leads.user.role = "agent"
    leads.user.save()
    assert reports.mail_due(at=NIGHT) == 0
    leads.user.role = "lead"
    leads.user.save()
    reports.wish(by=viewer_for(leads.user), is_on=False, at=noon)
    assert (reports.mail_due(at=NIGHT), post) == (0, [])


def test_the_page_tells_the_shift_and_switches_the_mail(
    leads: Viewer, billing: Queue, client: Client, noon: datetime, plain_static: None
) -> None:
    fired(billing, noon - 30 * MINUTE)
    client.force_login(granted(leads, queue=billing).user)
    with time_machine.travel(noon, tick=False):
        where = client.get("/shifts").headers["Location"]
        page = client.get(where).content.decode()
        assert where == "/shifts/2026-11-24"
        assert "1 alert, 0 actions" in page
        assert "so far" in page
        assert client.post("/shifts/mail", {"wish": "on"}).status_code == 302
        assert "You are sent this report after each shift." in client.get(where).content.decode()
        assert client.get("/shifts/yesterday").status_code == 404
