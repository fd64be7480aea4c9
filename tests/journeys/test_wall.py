"""A wallboard keeps itself: it follows the floor, says when it cannot, and notices a new release and the end of its link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from apps.access.models import User, WallLink
from apps.access.services import make_wall_link, revoke_wall_link
from apps.access.viewer import Viewer, viewer_for
from tests.console.floors import waiting
from tests.journeys.conftest import PASSWORD, Portal

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def adam(portal: Portal) -> Viewer:
    return viewer_for(User.objects.create_user(username="adam", password=PASSWORD, role="admin"))


def test_a_wall_follows_the_floor_until_its_link_is_revoked(page: Page, portal: Portal, adam: Viewer) -> None:
    token = make_wall_link(by=adam, name="Room 2", at=timezone.now())
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{portal.address}/wall/{token}")
    row = page.locator(f"#queue-{portal.queue.pk}")
    expect(row.locator("td").first).to_have_text("0")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1920
    waiting(portal.queue, timezone.now() - timedelta(seconds=5), 60)
    expect(row.locator("td").first).to_have_text("1", timeout=10_000)
    expect(page.locator("[data-freshness]")).to_have_attribute("data-freshness", "live")
    revoke_wall_link(by=adam, pk=WallLink.objects.get().pk, at=timezone.now())
    expect(page.locator("h1")).to_contain_text("opens nothing", timeout=10_000)


def test_a_wall_says_how_old_its_figures_are_and_recovers_by_itself(page: Page, portal: Portal, adam: Viewer) -> None:
    token = make_wall_link(by=adam, name="Room 2", at=timezone.now())
    page.clock.install()
    page.goto(f"{portal.address}/wall/{token}")
    bar = page.locator("[data-stale-bar]")
    expect(page.locator("[data-freshness-word]")).to_have_text("Live")
    page.route("**/wall/*?part", lambda route: route.abort())
    for seconds, state in ((18, "late"), (20, "lost")):
        page.clock.run_for(seconds * 1000)
        expect(page.locator("[data-freshness]")).to_have_attribute("data-freshness", state)
    expect(bar).to_be_visible()
    page.unroute("**/wall/*?part")
    page.clock.run_for(12_000)
    expect(bar).to_be_hidden()
    expect(page.locator("[data-freshness-word]")).to_have_text("Live")


def test_a_wall_loads_anew_when_another_release_is_running(page: Page, portal: Portal, adam: Viewer) -> None:
    token = make_wall_link(by=adam, name="Room 2", at=timezone.now())

    def of_another_release(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "x-midshift-release": "next"})

    with page.expect_response("**/wall/*?part"):
        page.goto(f"{portal.address}/wall/{token}")
    page.route("**/wall/*?part", of_another_release)
    with page.expect_event("load", timeout=15_000):
        pass
    page.goto("about:blank")
    page.unroute_all(behavior="ignoreErrors")
