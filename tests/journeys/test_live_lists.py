"""Lists of reviews change while one looks at them: an agent's own at the release, a reviewer's when another takes something."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm
from playwright.sync_api import Browser, Page, expect

from apps.access.models import User
from apps.access.viewer import viewer_for
from apps.agents.models import Agent, Team
from apps.reviews import services
from apps.reviews.models import Assignment, Review
from apps.reviews.plans import Draw, SamplingPlan
from tests.console.floors import holds
from tests.journeys.conftest import PASSWORD, Portal, sign_in
from tests.reviews.rows import judged

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]
SOON_MS = 15_000


def test_lists_change_without_a_reload(clean: Page, browser: Browser, portal: Portal) -> None:
    now = timezone.now()
    asha = User.objects.create_user(username="asha", password=PASSWORD, role="agent", display_name="Asha Verma")
    quentin = User.objects.create_user(username="quentin", password=PASSWORD, role="qa", display_name="Quentin Moore")
    assign_perm("interactions.work_queue", quentin, portal.queue)
    agent = Agent.objects.create(
        kind="human", name="Asha Verma", team=Team.objects.get(name="Billing"), user=asha, is_listed=True
    )
    first, second = holds(agent, portal.queue, now), holds(agent, portal.queue, now)
    waiting = judged(agent, first, quentin, now + timedelta(days=1))
    Review.objects.filter(pk=waiting.pk).update(submitted_at=now)
    plan = SamplingPlan.objects.create(name="Weekly", zone="UTC", made_at=now)
    made = Draw.objects.create(
        plan=plan, first_on=now.date(), from_at=now - timedelta(days=7), until_at=now, seed=1, criteria={}, drawn_at=now
    )
    Assignment.objects.create(
        draw=made, conversation=second, agent=agent, part="random", reviewer=quentin, given_at=now,
        due_at=now + timedelta(days=1),
    )  # fmt: skip

    sign_in(clean, portal.address, "asha")
    clean.goto(f"{portal.address}/me/reviews")
    expect(clean.get_by_text("No review yet")).to_be_visible()
    expect(clean.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")
    desk = browser.new_page()
    sign_in(desk, portal.address, "quentin")
    desk.goto(f"{portal.address}/reviews")
    drawn = desk.locator("#drawn-title")
    expect(drawn).to_be_visible()
    expect(desk.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")

    # The release comes by the clock.
    Review.objects.filter(pk=waiting.pk).update(releases_at=timezone.now())
    expect(clean.locator("#reviews-mine tbody tr")).to_have_count(1, timeout=SOON_MS)
    expect(clean.locator("#reviews-mine tbody")).to_contain_text("new")

    # What is begun elsewhere moves to the drafts, and the title counts it.
    expect(desk.locator("#reviews-head")).to_contain_text("1 drawn for you")
    services.begin(by=viewer_for(quentin), conversation=second.pk, agent=agent.pk, at=timezone.now())
    expect(drawn).to_have_count(0, timeout=SOON_MS)
    expect(desk.locator("#reviews-head")).to_contain_text("1 begun")
    desk.close()
