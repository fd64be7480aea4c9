"""Notices beyond the screens: once each, checked when they go, tried again, put aside with a reason, and without a free word."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from standardwebhooks.webhooks import Webhook

from apps.access.models import User
from apps.access.viewer import Viewer
from apps.alerts import delivering, outgoing, services
from apps.alerts.engine.notices import Held
from apps.alerts.models import Endpoint, Episode, Rule, Sending, Wish
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed, Refusal
from tests.alerts.conftest import rule, says
from tests.console.floors import conversation, granted, queue_named, waiting

pytestmark = pytest.mark.django_db
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def mails(settings: Any) -> list[Any]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def reached(leads: Viewer, noon: datetime) -> Viewer:
    """Lena, who wants every warning by e-mail."""
    User.objects.filter(pk=leads.user.pk).update(email="lena@midshift.test")
    leads.user.email = "lena@midshift.test"
    services.wish(by=leads, mail_from=2, quiet_from=None, quiet_until=None, at=noon)
    return leads


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is posted outside; the answer is the status at its head."""
    seen: list[dict[str, Any]] = []

    def post(url: str, *, body: bytes, headers: dict[str, str]) -> int:
        seen.append({"url": url, "body": body, "headers": headers})
        answer = ANSWERS[0] if ANSWERS else 200
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    ANSWERS.clear()
    monkeypatch.setattr(outgoing, "post", post)
    return seen


ANSWERS: list[Any] = []


def pager(by: Viewer, at: datetime, **values: Any) -> Endpoint:
    return Endpoint.objects.create(
        **{
            "name": "Pager",
            "url": "https://example.org/hook",
            "least_severity": 1,
            "made_by": by.user,
            "made_at": at,
            **values,
        }
    )


def rings(queue: Queue, at: datetime, **values: Any) -> Episode:
    """A queue that is too long, looked at."""
    rule(f"rule-{Rule.objects.count()}", **values)
    for n in range(3):
        waiting(queue, at, 60 + n)
    services.watch(at=at)
    return Episode.objects.latest("fired_at")


def test_a_mail_goes_out_after_half_a_minute_and_once(
    billing: Queue, reached: Viewer, noon: datetime, mails: list[Any]
) -> None:
    one = rings(billing, noon)
    services.deliver(at=noon + timedelta(seconds=29))
    assert mails == []
    for seconds in (30, 32, 600):
        services.deliver(at=noon + timedelta(seconds=seconds))
    [told] = mails
    assert (told.to, told.subject) == (["lena@midshift.test"], "Warning: The queue is long, Billing chat")
    assert f"/alerts/{one.pk}" in told.body
    assert told.extra_headers["Message-ID"] == f"<{Sending.objects.get().pk.hex}@midshift>"


def test_fifty_queues_break_at_once_and_one_mail_holds_all_of_them(
    reached: Viewer, noon: datetime, mails: list[Any]
) -> None:
    """Case 102."""
    made = rule()
    for n in range(20):  # as many as a rule may have open
        queue = queue_named(f"Queue {n}")
        granted(reached, queue=queue)
        for k in range(3):
            waiting(queue, noon, 60 + k)
    services.watch(at=noon)
    assert made.episodes.count() == 20
    services.deliver(at=noon + HALF_A_MINUTE)
    [told] = mails
    assert told.body.count("/alerts/") == 20
    assert told.subject.endswith("and 19 more")


def test_a_notice_holds_no_word_that_somebody_typed(
    billing: Queue, reached: Viewer, adam: Viewer, noon: datetime, mails: list[Any], posted: list[dict[str, Any]]
) -> None:
    """Case 34: rule and queue only, whatever the conversation says."""
    pager(adam, noon)
    talk = conversation(billing, noon - timedelta(minutes=10))
    says(talk, noon - timedelta(minutes=5), "agent please, I am Anna Vogt", asks=True)
    rule("nobody-came", reader="asked", params={"seconds": 90, "unit": "seconds"}, family="conversation", severity=3)
    services.watch(at=noon)
    services.deliver(at=noon + HALF_A_MINUTE)
    everything = mails[0].subject + mails[0].body + posted[0]["body"].decode()
    assert "Vogt" not in everything
    assert "please" not in everything


def test_who_lost_the_queue_between_fire_and_send_gets_nothing(
    billing: Queue, reached: Viewer, noon: datetime, mails: list[Any]
) -> None:
    """Case 106, I17."""
    rings(billing, noon)
    User.objects.filter(pk=reached.user.pk).update(role="agent")
    services.deliver(at=noon + HALF_A_MINUTE)
    assert mails == []
    assert (Sending.objects.get().state, Sending.objects.get().why) == ("dropped", "not_allowed")


@pytest.mark.parametrize(
    ("stage", "why"), [("acknowledged", "acknowledged"), ("snoozed", "snoozed"), ("resolved", "over")]
)
def test_what_somebody_has_or_is_over_is_not_sent(
    stage: str, why: str, billing: Queue, reached: Viewer, noon: datetime, mails: list[Any]
) -> None:
    rings(billing, noon)
    Episode.objects.update(stage=stage, resolved_at=noon if stage == "resolved" else None)
    services.deliver(at=noon + HALF_A_MINUTE)
    assert mails == []
    assert Sending.objects.get().why == why


def test_a_mail_server_that_is_down_for_an_hour_is_given_one_mail_after(
    billing: Queue, reached: Viewer, noon: datetime, mails: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 107."""
    rings(billing, noon)
    is_down, tried = [True], []

    def send(self: Any, messages: Any) -> int:
        tried.append(1)
        if is_down[0]:
            raise ConnectionRefusedError
        mail.outbox += messages
        return len(messages)

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send)
    at = noon
    while at < noon + timedelta(hours=1):
        at += timedelta(seconds=5)
        services.deliver(at=at)
    assert 6 <= len(tried) <= 12
    assert "did not take it" in Sending.objects.get().why
    is_down[0] = False
    for minutes in range(61, 80):
        services.deliver(at=noon + timedelta(minutes=minutes))
    assert len(mail.outbox) == 1
    assert Sending.objects.get().state == "sent"


def test_what_cannot_be_sent_for_six_hours_is_put_aside_with_its_reason_and_can_be_tried_again(
    billing: Queue, adam: Viewer, noon: datetime, posted: list[dict[str, Any]]
) -> None:
    pager(adam, noon)
    rings(billing, noon)
    ANSWERS[:] = [500]
    for minutes in range(0, 7 * 60, 10):
        services.deliver(at=noon + timedelta(minutes=minutes))
    one = Sending.objects.get()
    assert (one.state, one.why) == ("aside", "it answered 500")
    assert len({told["headers"]["webhook-id"] for told in posted}) == 1
    ANSWERS[:] = [200]
    assert services.send_again(by=adam, at=noon + timedelta(hours=8)) == 1
    services.deliver(at=noon + timedelta(hours=8))
    assert Sending.objects.get().state == "sent"


def test_a_webhook_is_signed_so_that_the_public_library_accepts_it(
    billing: Queue, adam: Viewer, posted: list[dict[str, Any]]
) -> None:
    from django.utils import timezone

    now = timezone.now()
    endpoint = pager(adam, now)
    one = rings(billing, now)
    services.deliver(at=now)
    [told] = posted
    data = Webhook(delivering.secret_of(endpoint)).verify(told["body"], told["headers"])
    assert data["data"]["alert_id"] == str(one.pk)
    assert set(json.loads(told["body"])["data"]) == {
        "alert_id", "rule", "title", "step", "severity", "queue_id", "fired_at", "link",
    }  # fmt: skip
    with pytest.raises(Exception, match=r"[Ss]ignature"):
        Webhook(delivering.secret_of(pager(adam, now + timedelta(days=1)))).verify(told["body"], told["headers"])


def test_an_endpoint_that_is_gone_is_switched_off(
    billing: Queue, adam: Viewer, noon: datetime, posted: list[dict[str, Any]]
) -> None:
    """Case 76."""
    endpoint = pager(adam, noon)
    ANSWERS[:] = [410]
    rings(billing, noon)
    services.deliver(at=noon)
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.off_reason) == (False, "It answered that it is gone (410).")
    assert Sending.objects.get().state == "aside"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_anything_but_a_yes_is_tried_again(
    status: int, billing: Queue, adam: Viewer, noon: datetime, posted: list[dict[str, Any]]
) -> None:
    pager(adam, noon)
    ANSWERS[:] = [status]
    rings(billing, noon)
    services.deliver(at=noon)
    one = Sending.objects.get()
    assert (one.state, one.tries, one.due_at) == ("waiting", 1, noon + timedelta(seconds=5))


def test_a_name_that_turns_out_to_mean_us_is_put_aside(
    billing: Queue, adam: Viewer, noon: datetime, posted: list[Any]
) -> None:
    pager(adam, noon)
    ANSWERS[:] = [outgoing.RefusedAddress("its name means a machine that is not in the public internet")]
    rings(billing, noon)
    services.deliver(at=noon)
    assert (Sending.objects.get().state, Sending.objects.get().tries) == ("aside", 0)


def test_in_quiet_hours_only_what_is_critical_is_sent(
    billing: Queue, reached: Viewer, noon: datetime, mails: list[Any]
) -> None:
    services.wish(by=reached, mail_from=2, quiet_from=time(11, 0), quiet_until=time(13, 0), at=noon)
    rings(billing, noon)
    services.deliver(at=noon + HALF_A_MINUTE)
    assert mails == []
    assert Sending.objects.get().due_at == noon + timedelta(hours=1)
    rings(billing, noon + timedelta(minutes=1), severity=3)
    services.deliver(at=noon + timedelta(minutes=2))
    assert len(mails) == 1


def test_mails_to_one_person_are_five_minutes_apart(
    billing: Queue, reached: Viewer, noon: datetime, mails: list[Any]
) -> None:
    sales = queue_named("Sales chat")
    granted(reached, queue=sales)
    rings(billing, noon)
    services.deliver(at=noon + HALF_A_MINUTE)
    rings(sales, noon + timedelta(minutes=1))
    services.deliver(at=noon + timedelta(minutes=2))
    assert len(mails) == 1
    services.deliver(at=noon + timedelta(minutes=5, seconds=30))
    assert len(mails) == 2


def test_what_is_critical_again_and_again_is_one_mail_in_five_minutes_and_another_queue_does_not_wait(
    billing: Queue, reached: Viewer, noon: datetime, mails: list[Any]
) -> None:
    sales = queue_named("Sales chat")
    granted(reached, queue=sales)
    for n in range(6):
        at = noon + timedelta(seconds=40 * n)
        rings(billing, at, severity=3)
        services.deliver(at=at + HALF_A_MINUTE)
    assert [told.body.count("/alerts/") for told in mails] == [1]
    rings(sales, noon + timedelta(seconds=240), severity=3)
    services.deliver(at=noon + timedelta(seconds=271))
    # Everything that waits goes with it, each queue's alerts together.
    assert [told.body.count("/alerts/") for told in mails] == [1, 6 + 7]
    places = [line.rpartition(", ")[2] for line in mails[1].body.splitlines() if ", " in line]
    assert sorted(places) in (places, places[::-1])
    rings(billing, noon + timedelta(seconds=300), severity=3)
    services.deliver(at=noon + timedelta(seconds=331))
    assert len(mails) == 2
    services.deliver(at=noon + timedelta(seconds=571))
    assert len(mails) == 3


@pytest.mark.parametrize(("severity", "minutes"), [(2, 60), (3, 15)])
def test_what_nobody_takes_on_is_told_again_and_no_more_once_somebody_did(
    severity: int, minutes: int, billing: Queue, reached: Viewer, adam: Viewer, noon: datetime, mails: list[Any],
    posted: list[dict[str, Any]],
) -> None:  # fmt: skip
    pager(adam, noon)
    one = rings(billing, noon, severity=severity)
    told_at = noon + HALF_A_MINUTE
    services.deliver(at=told_at)
    services.deliver(at=told_at + timedelta(minutes=minutes, seconds=-1))
    assert (len(mails), len(posted)) == (1, 1)
    for n in (1, 2):
        for _ in range(2):
            services.deliver(at=told_at + timedelta(minutes=n * minutes))
        assert (len(mails), len(posted)) == (1 + n, 1 + n)
    assert len({told.extra_headers["Message-ID"] for told in mails}) == 3
    assert len({told["headers"]["webhook-id"] for told in posted}) == 3
    services.take_on(by=reached, pk=one.pk, at=told_at + timedelta(minutes=2 * minutes, seconds=1))
    services.deliver(at=told_at + timedelta(minutes=3 * minutes))
    assert (len(mails), len(posted)) == (3, 3)
    assert {sending.state for sending in Sending.objects.all()} == {"sent"}


def test_a_silence_that_begins_later_keeps_what_was_told_as_told(
    billing: Queue, reached: Viewer, noon: datetime, mails: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = rings(billing, noon)
    services.deliver(at=noon + HALF_A_MINUTE)
    monkeypatch.setattr(delivering.episodes, "held_now", lambda *_: {one.pk: Held.SILENCED})
    services.deliver(at=noon + timedelta(minutes=61))
    assert (len(mails), Sending.objects.get().state) == (1, "sent")
    monkeypatch.undo()
    services.deliver(at=noon + timedelta(minutes=62))
    assert len(mails) == 2


def test_who_wants_nothing_is_sent_nothing(billing: Queue, leads: Viewer, noon: datetime) -> None:
    rings(billing, noon)
    assert not Sending.objects.exists()


def test_quiet_hours_over_midnight(leads: Viewer, noon: datetime) -> None:
    from apps.alerts.telling import quiet_until

    wish = Wish(user=leads.user, quiet_from=time(22, 0), quiet_until=time(6, 30))
    zone = leads.zone
    for hours, expected in ((9.9, None), (10, 18.5), (18.4, 18.5), (18.5, None)):
        ends = quiet_until(wish, zone, noon + timedelta(hours=hours))
        assert ends == (None if expected is None else noon + timedelta(hours=expected)), hours


def test_who_may_set_what(adam: Viewer, leads: Viewer, asha: Viewer, noon: datetime) -> None:
    with pytest.raises(NotAllowed):
        services.wish(by=asha, mail_from=1, quiet_from=None, quiet_until=None, at=noon)
    with pytest.raises(Refusal, match="a beginning and an end"):
        services.wish(by=leads, mail_from=1, quiet_from=time(9), quiet_until=None, at=noon)
    with pytest.raises(NotAllowed):
        services.make_endpoint(by=leads, name="x", url="https://example.org/", least_severity=1, at=noon)
    with pytest.raises(Refusal, match="inside"):
        services.make_endpoint(by=adam, name="x", url="https://127.0.0.1/", least_severity=1, at=noon)


def test_pages_of_wishes_and_webhooks(client: Client, plain_static: None, leads: Viewer, adam: Viewer) -> None:
    client.force_login(leads.user)
    page = reverse("how_i_am_told")
    assert "No mail server is named yet" in client.get(page).content.decode()
    assert client.post(page, {"mail_from": "3", "quiet_from": "22:00", "quiet_until": "06:00"}).status_code == 302
    assert Wish.objects.get(user=leads.user).quiet_from == time(22, 0)
    assert client.post(page, {"mail_from": "3", "quiet_from": "22:00", "quiet_until": ""}).status_code == 422
    assert client.post(page, {"mail_from": "9"}).status_code == 422
    client.force_login(adam.user)
    hooks = reverse("endpoints")
    refused = client.post(hooks, {"name": "Pager", "url": "https://10.0.0.1/", "least_severity": "3"})
    assert (refused.status_code, "inside" in refused.content.decode()) == (422, True)
    made = client.post(hooks, {"name": "Pager", "url": "https://example.org/", "least_severity": "3"}).content.decode()
    assert delivering.secret_of(Endpoint.objects.get()) in made
    assert "whsec_" not in client.get(hooks).content.decode()
    assert client.post(reverse("endpoint_switch", args=[Endpoint.objects.get().pk]), {"on": "0"}).status_code == 302
    assert Endpoint.objects.get().is_on is False
