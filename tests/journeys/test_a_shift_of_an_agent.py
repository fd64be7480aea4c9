"""One agent's shift from signing in to closing it: goals, a live note, a number down to its rows, a doubted review."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from apps.access.models import User
from apps.agents.models import Agent, AgentIdentity, Team
from apps.metrics.models import Goal
from tests.console.floors import holds
from tests.journeys.conftest import PASSWORD, Portal, sign_in
from tests.reviews.rows import judged

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]
TALKS = 3


def happened(portal: Portal, agent: str) -> None:
    """Three conversations of today that she answered within half a minute, delivered as a source does."""
    now, told = timezone.now(), []
    for n in range(TALKS):
        at, who = now - timedelta(minutes=4 * (n + 1)), {"kind": "agent", "id": agent}
        talk = {"conversation_id": f"c{n}"}
        for seconds, kind, data in (
            (0, "conversation.started", {"channel": "webchat", "direction": "inbound", "queue": "billing"}),
            (1, "message.created", {"message_id": f"m{n}", "author": {"kind": "customer", "id": f"k{n}"}, "visibility": "public",
                                    "text": "I was charged twice"}),
            (5, "conversation.assigned", {"to": who, "queue": "billing"}),
            (25, "message.created", {"message_id": f"r{n}", "author": who, "visibility": "public", "text": "Let me look at that"}),
        ):  # fmt: skip
            moment = (at + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
            told.append({"specversion": "1.0", "id": f"e{n}.{seconds}", "source": "/connections/shop", "type": f"midshift.{kind}.v1",
                         "time": moment, "data": {**talk, **data}})  # fmt: skip
    key = {"Authorization": f"Bearer {portal.token}", "Content-Type": "application/cloudevents-batch+json"}
    answer = httpx.post(f"{portal.address}/api/v1/events", headers=key, json=told, timeout=20)
    assert answer.status_code == 202, answer.text


def shown(page: Page, link: str) -> Locator:
    """A number's link, once it is counted: numbers of a card are as of when it is opened."""
    for _ in range(60):
        found = page.get_by_role("link", name=link)
        if found.count():
            return found.first
        page.reload()
    pytest.fail(f"{link!r} was never counted")


def test_an_agent_works_a_shift(clean: Page, browser: Browser, portal: Portal) -> None:
    now = timezone.now()
    asha = User.objects.create_user(username="asha", password=PASSWORD, role="agent", display_name="Asha Verma")
    quentin = User.objects.create_user(username="quentin", password=PASSWORD, role="qa", display_name="Quentin Moore")
    agent = Agent.objects.create(
        kind="human", name="Asha Verma", team=Team.objects.get(name="Billing"), user=asha, is_listed=True
    )
    AgentIdentity.objects.create(source="shop", external_id="a-17", agent=agent)
    Goal.objects.create(
        metric="csat", scope_kind="person", scope_key=str(agent.pk), period="day", target=0.8, from_on=now.date() - timedelta(days=2),
        zone="UTC", made_by=quentin, made_at=now,
    )  # fmt: skip
    happened(portal, "a-17")
    judged(agent, holds(agent, portal.queue, now), quentin, now - timedelta(minutes=2), note="Name a date.")

    # The shift begins: the first page is hers, with what is to be reached.
    sign_in(clean, portal.address, "asha")
    clean.wait_for_url("**/me")
    clean.get_by_role("button", name="I have seen them").click()
    expect(clean.get_by_text("You saw these goals")).to_be_visible()
    expect(clean.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")

    # Her lead writes; it stands on her open page without a reload.
    hers = browser.new_page()
    sign_in(hers, portal.address)
    hers.goto(f"{portal.address}/agents/{agent.pk}/coach")
    hers.get_by_label("One point, and what to do next").fill("Say when the money is there.")
    hers.get_by_role("button", name="Send the note").click()
    expect(clean.get_by_text("Say when the money is there.")).to_be_visible(timeout=10_000)
    clean.get_by_role("link", name="Read and answer").click()
    clean.get_by_role("button", name="Got it").click()
    expect(clean.get_by_text("acknowledged")).to_be_visible()

    # A number, down to the conversations it is made of.
    clean.get_by_role("link", name="My scorecard").first.click()
    shown(clean, f"{TALKS} conversations").click()
    expect(clean.locator("#n")).to_have_text(str(TALKS))
    expect(clean.locator("#rows tbody tr")).to_have_count(TALKS)
    clean.locator("#rows tbody th a").first.click()
    expect(clean.locator(".c-message__text").first).to_have_text("I was charged twice")

    # A review she does not agree with.
    clean.get_by_role("link", name="My reviews").first.click()
    clean.locator("main table tbody th a").first.click()
    expect(clean.get_by_text("Name a date.")).to_be_visible()
    line = clean.locator("#line-3")
    line.get_by_text("Ask for a second look at this line").click()
    line.get_by_label("Why?").fill("The answer is right, see message 2.")
    line.get_by_role("button", name="Ask for a second look").click()
    expect(clean.locator(".s-looks")).to_contain_text("promised by")

    # And the end, in her own words, which her lead reads beside her numbers.
    clean.get_by_role("link", name="My shift").first.click()
    clean.get_by_text("Close the shift").first.click()
    clean.get_by_label("What went well").fill("Two refunds sorted at once")
    clean.get_by_role("button", name="Close the shift").click()
    expect(clean.get_by_text("How this shift was")).to_be_visible()
    hers.goto(f"{portal.address}/agents/{agent.pk}/scorecard")
    expect(hers.get_by_text("Two refunds sorted at once")).to_be_visible()
    hers.close()
