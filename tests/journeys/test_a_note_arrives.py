"""A lead's note stands on the agent's page while the shift runs, and the answer comes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from apps.access.models import User
from apps.agents.models import Agent, Team
from tests.console.floors import holds
from tests.journeys.conftest import PASSWORD, Portal, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]


def test_a_note_arrives_on_the_agents_open_page_and_is_answered(clean: Page, browser: Browser, portal: Portal) -> None:
    asha = User.objects.create_user(username="asha", password=PASSWORD, role="agent", display_name="Asha Verma")
    agent = Agent.objects.create(kind="human", name="Asha Verma", team=Team.objects.get(name="Billing"), user=asha)
    holds(agent, portal.queue, datetime.now(UTC))
    hers = browser.new_page()
    sign_in(hers, portal.address, "asha")
    hers.goto(f"{portal.address}/me")
    expect(hers.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")
    sign_in(clean, portal.address)
    clean.goto(f"{portal.address}/agents/{agent.pk}")
    clean.get_by_role("link", name="Coach", exact=True).click()
    clean.get_by_label("One point, and what to do next").fill("Lead with what the summary shows.")
    clean.get_by_role("button", name="Send the note").click()
    expect(clean.get_by_text("Take it back")).to_be_visible()
    # Without a reload: the socket brought it.
    expect(hers.get_by_text("Lead with what the summary shows.")).to_be_visible(timeout=10_000)
    hers.get_by_role("link", name="Read and answer").click()
    hers.get_by_label("Answer").fill("Will do")
    hers.get_by_role("button", name="Answer", exact=True).click()
    expect(hers.get_by_text("Will do")).to_be_visible()
    hers.close()
    clean.reload()
    expect(clean.get_by_text("Will do")).to_be_visible()
    expect(clean.get_by_text("answered", exact=True)).to_be_visible()
