"""Red at 2:17 p.m.: an incident comes in, an alert fires, one click to the message, a note to who holds it, people moved to help;
the agent sees the note and acknowledges it, the platform follows, and later there is a verdict. Every person by their own role."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm
from playwright.sync_api import Browser, Page, expect

from apps.access.models import User
from apps.agents.models import Agent, AgentIdentity, Team
from apps.interactions.models import Queue, QueueIdentity
from apps.interventions import services as interventions
from apps.interventions.models import Intervention, Look
from apps.metrics.models import Observation
from apps.routing.models import Diversion
from tests.console.floors import on_shift
from tests.journeys.conftest import PASSWORD, Portal, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]
ASHA = {"kind": "agent", "id": "asha", "name": "Asha Verma"}
CUSTOMER = {"kind": "customer", "id": "c1", "identity": "anonymous"}


def send(portal: Portal, *events: tuple[float, str, dict[str, Any]]) -> None:
    """Send events of (minutes ago, type, data) through the door, as the chat does."""
    now = datetime.now(UTC)
    body = [
        {"specversion": "1.0", "id": str(uuid4()), "source": "/connections/shop", "type": f"midshift.{kind}.v1", "data": data,
         "time": (now - timedelta(minutes=ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        for ago, kind, data in events
    ]  # fmt: skip
    answer = httpx.post(
        f"{portal.address}/api/v1/events", json=body, headers={"Authorization": f"Bearer {portal.token}"}, timeout=20
    )
    assert [one["status"] for one in answer.json()["results"]] == ["accepted"] * len(body), answer.text


@pytest.fixture
def shift(portal: Portal) -> Agent:
    """Asha answers Billing; Noor and Mei answer WhatsApp, and Lena leads all of them."""
    lena, now = User.objects.get(username="lena"), timezone.now()
    billing, care = Team.objects.get(name="Billing"), Team.objects.create(name="Care")
    whatsapp = Queue.objects.create(name="WhatsApp", channel="messaging", reply_target_seconds=90)
    QueueIdentity.objects.create(source="shop", external_id="whatsapp", queue=whatsapp)
    portal.queue.teams.add(billing)
    whatsapp.teams.add(care)
    assign_perm("agents.lead_team", lena, care)
    assign_perm("interactions.work_queue", lena, whatsapp)
    for name in ("Noor Aziz", "Mei Tan"):
        one = on_shift(name, care, now)
        AgentIdentity.objects.create(source="shop", external_id=name.split()[0].lower(), agent=one)
    user = User.objects.create_user(username="asha", password=PASSWORD, role="agent", display_name="Asha Verma")
    asha = on_shift("Asha Verma", billing, now)
    asha.user = user
    asha.save()
    AgentIdentity.objects.create(source="shop", external_id="asha", agent=asha)
    return asha


def incident(portal: Portal) -> None:
    """A customer of Asha's has waited for an answer for ten minutes."""
    talk = {"conversation_id": "k1"}
    send(
        portal,
        (16, "conversation.started", {**talk, "channel": "webchat", "direction": "inbound", "customer": CUSTOMER, "queue": "billing"}),
        (16, "conversation.queued", {**talk, "queue": "billing"}),
        (15, "conversation.assigned", {**talk, "to": ASHA, "queue": "billing"}),
        (14, "message.created", {**talk, "message_id": "m1", "author": ASHA, "visibility": "public", "text": "Hello, let me look."}),
        (10, "message.created", {**talk, "message_id": "m2", "author": CUSTOMER, "visibility": "public",
                                 "text": "I was charged twice and nobody answers me."}),
    )  # fmt: skip


def days_before(queue: Queue, at: datetime) -> None:
    """What the numbers were on the 28 days before, at these hours; and slow just now, faster from the action on."""
    rows = []
    moments = [(day, minutes) for day in range(1, 29) for minutes in (-90, -60, -30, 0, 30, 60)]
    for day, minutes in [*moments, (0, -30), (0, 0)]:
        slow = 240 if day % 2 else 50
        seconds = 240 if (day, minutes) == (0, -30) else 70 if day == 0 else slow * (1 + 0.02 * (day % 3))
        rows += [
            Observation(
                conversation_id=uuid4(), measure="first_reply_time", n=1, queue_id=queue.pk, channel="webchat",
                at=at - timedelta(days=day) + timedelta(minutes=minutes + n), value=int(seconds * 1_000_000),
            )
            for n in range(25)
        ]  # fmt: skip
    Observation.objects.bulk_create(rows)


def test_red_at_2_17_pm(clean: Page, browser: Browser, portal: Portal, shift: Agent) -> None:
    hers = browser.new_page()
    sign_in(hers, portal.address, "asha")
    hers.goto(f"{portal.address}/me")
    expect(hers.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")
    sign_in(clean, portal.address)
    expect(clean.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")

    # 1. The incident, and the alert: it comes by itself, with its message.
    incident(portal)
    card = clean.locator(".c-alert").filter(has_text="A reply is overdue").first
    expect(card).to_be_visible(timeout=30_000)
    expect(card).to_contain_text("I was charged twice")

    # 2. One click to the message.
    card.locator("[data-evidence]").click()
    assert clean.url.endswith("#m2")
    expect(clean.locator("#m2")).to_contain_text("charged twice")

    # 3. A note to who holds it; it is on her open page within two seconds.
    clean.locator('a[href*="/coach?conversation="]').first.click()
    clean.get_by_label("One point, and what to do next").fill("Say first that you see the double charge.")
    clean.get_by_role("button", name="Send the note").click()
    began = time.monotonic()
    expect(hers.get_by_text("Say first that you see the double charge.")).to_be_visible(timeout=10_000)
    assert time.monotonic() - began < 2
    expect(clean.get_by_text("delivered", exact=True)).to_be_visible(timeout=10_000)

    # 4. She acknowledges, and the lead's page says so without being loaded again.
    hers.get_by_role("link", name="Read and answer").click()
    hers.get_by_role("button", name="Got it").click()
    expect(clean.get_by_text("acknowledged", exact=True)).to_be_visible(timeout=10_000)
    hers.close()

    # 5. People are moved, with what it leaves behind shown before; the platform fetches it and reports.
    clean.goto(f"{portal.address}/queues/{portal.queue.pk}/bring")
    expect(clean.get_by_text("left behind")).to_be_visible()
    clean.get_by_role("button", name="Move 1 person").click()
    row = clean.locator("[id^=diversion-]").first
    expect(row).to_contain_text("1 person from WhatsApp to Billing chat")
    expect(row).to_contain_text("Planned")
    key = {"Authorization": f"Bearer {portal.token}"}
    orders: list[dict[str, Any]] = []
    while not orders:
        orders = httpx.get(f"{portal.address}/api/v1/commands", headers=key, timeout=20).json()["commands"]
    told = httpx.get(
        f"{portal.address}/api/v1/routing/decision", params={"queue": "billing"}, headers=key, timeout=20
    ).json()
    assert told["joining"] == orders[0]["agents"]
    send(portal, (0, "action.result", {"action_id": orders[0]["action_id"], "kind": "reassign", "state": "done"}))
    expect(row.get_by_text("Done", exact=True)).to_be_visible(timeout=15_000)

    # 6. Half an hour later there is a verdict; until then it is too early.
    clean.get_by_role("link", name="Did it work").first.click()
    done = clean.locator("[id^=done-]").filter(has_text="People moved")
    expect(done).to_contain_text("Too early to tell")
    one = Intervention.objects.get(kind="move")
    days_before(portal.queue, one.at)
    # Only the clock is moved: the worker's own look comes in half an hour.
    Look.objects.filter(intervention=one).exclude(horizon="30min").delete()
    assert interventions.verify_due(at=one.at + timedelta(minutes=31)) >= 1
    clean.reload()
    done.get_by_role("link").click()
    expect(clean.get_by_text("Improved", exact=True)).to_be_visible()
    expect(clean.get_by_text("usually follows here")).to_be_visible()

    # 7. The line of the shift shows the alert and what was done; it returns with one click.
    clean.goto(f"{portal.address}/")
    expect(clean.locator(".c-shift-line__episode")).to_have_count(1)
    expect(clean.locator(".c-shift-line__action")).to_have_count(2)
    clean.goto(f"{portal.address}/routing")
    clean.get_by_role("button", name="Return now").click()
    expect(clean.get_by_text("Everything goes its usual way")).to_be_visible()
    assert Diversion.objects.get().ended_at is not None
