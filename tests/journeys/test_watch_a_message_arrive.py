"""The main job: a team lead watches a message arrive, opens its conversation and sees it masked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Portal, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]


def send(portal: Portal, *events: tuple[str, str, dict[str, Any]]) -> list[str]:
    """Send events of (id, type, data) that happen now; return what became of each."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body = [
        {"specversion": "1.0", "id": name, "source": "/connections/shop", "type": f"midshift.{kind}.v1", "time": now,
         "data": {"conversation_id": "k1", **data}}
        for name, kind, data in events
    ]  # fmt: skip
    answer = httpx.post(
        f"{portal.address}/api/v1/events", json=body, headers={"Authorization": f"Bearer {portal.token}"}, timeout=20
    )
    assert answer.status_code == 202, answer.text
    return [one["status"] for one in answer.json()["results"]]


def test_a_lead_watches_a_message_arrive_and_reads_it_masked(clean: Page, portal: Portal) -> None:
    sign_in(clean, portal.address)
    row = clean.locator(f"#queue-{portal.queue.pk}")
    expect(row).to_contain_text("Billing chat")
    expect(clean.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")
    customer = {"kind": "customer", "id": "c1", "identity": "known", "name": "Greta Lindqvist"}

    told = send(
        portal,
        ("e1", "conversation.started", {"channel": "webchat", "direction": "inbound", "customer": customer, "queue": "billing"}),
        ("e2", "conversation.queued", {"queue": "billing"}),
        ("e3", "message.created", {"message_id": "m1", "author": customer, "visibility": "public",
                                   "text": "Greta here, my card is 4111 1111 1111 1111"}),
    )  # fmt: skip
    assert told == ["accepted"] * 3
    # The floor changes by itself: one is waiting now.
    expect(row.locator("td").first).to_have_text("1", timeout=8000)

    row.get_by_role("link").click()
    clean.locator(".c-conversation__title a").first.click()
    expect(clean.locator("#m1")).to_contain_text("card 1")
    expect(clean.locator("#m1")).to_contain_text("name 1")
    assert "4111" not in clean.content()
    assert "Greta" not in clean.content()

    # An open conversation grows while it is looked at.
    asha = {"kind": "agent", "id": "asha", "name": "Asha Rao"}
    send(
        portal,
        ("e4", "conversation.assigned", {"to": asha}),
        (
            "e5",
            "message.created",
            {"message_id": "m2", "author": asha, "visibility": "public", "text": "I am on it, Greta."},
        ),
    )
    expect(clean.locator("#m2")).to_contain_text("I am on it", timeout=8000)
    assert "Greta" not in clean.content()

    # From anywhere to a queue by the keyboard alone: the palette asks the server, Enter opens the best match.
    clean.keyboard.press("Control+k")
    clean.get_by_role("combobox").fill("billing")
    expect(clean.locator("#palette [data-found] [role=option]").first).to_have_attribute("aria-selected", "true")
    clean.keyboard.press("Enter")
    expect(clean).to_have_url(f"{portal.address}/queues/{portal.queue.pk}")
    # Its chart is drawn from the table below it.
    expect(clean.locator("[data-trend] canvas")).to_be_visible()
