"""From an empty portal to a first event: what somebody meets who starts with `make run DEMO=0`."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest
from playwright.sync_api import Page, expect

from apps.access.models import User
from apps.access.viewer import viewer_for
from apps.agents.models import Team
from apps.interactions.models import Conversation, Queue
from tests.journeys.conftest import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]


def sent_by(command: str) -> str:
    """Run the command that the page shows, word for word, and return what the door answered."""
    assert shutil.which("curl"), "The page shows a curl command: install curl to try it."
    words = shlex.split(command.replace("\\\n", " "))
    assert words[0] == "curl"
    return subprocess.run([*words, "--silent", "--show-error"], capture_output=True, check=True, text=True).stdout


def test_an_admin_comes_from_an_empty_portal_to_a_first_event_seen_arriving(clean: Page, empty_portal: str) -> None:
    sign_in(clean, empty_portal, "adam")
    expect(clean).to_have_url(f"{empty_portal}/welcome")
    steps = clean.locator(".s-steps__step")
    expect(steps.locator("[aria-label='Not done yet']")).to_have_count(5)

    clean.locator("#team-name").fill("Billing")
    clean.get_by_role("button", name="Make the team").click()
    expect(steps.nth(0).locator("[aria-label='Done']")).to_be_visible()

    clean.locator("#queue-name").fill("Billing chat")
    clean.locator("#queue-target").fill("60")
    clean.get_by_label("Billing", exact=True).check()
    clean.get_by_role("button", name="Open the queue").click()
    expect(steps.nth(1).locator("[aria-label='Done']")).to_be_visible()
    queue = Queue.objects.get()
    assert (queue.name, queue.channel, list(queue.teams.all())) == ("Billing chat", "webchat", [Team.objects.get()])

    # The lead: an account, and what it sees.
    clean.get_by_role("link", name="Go to people and access").click()
    clean.get_by_label("User name").fill("lea")
    clean.get_by_label("Name", exact=True).fill("Lea Lindt")
    clean.get_by_label("Role").select_option("lead")
    clean.get_by_label("Time zone").fill("Europe/Berlin")
    clean.get_by_role("button", name="Make it and show its password").click()
    clean.get_by_role("link", name="Say what Lea Lindt sees").click()
    clean.get_by_label("Billing", exact=True).check()
    clean.get_by_label("Billing chat", exact=True).check()
    clean.get_by_role("button", name="Save what they see").click()
    lea = viewer_for(User.objects.get(username="lea"))
    assert (lea.granted(Team), lea.granted(Queue)) == ({Team.objects.get().pk}, {queue.pk})
    clean.goto(f"{empty_portal}/welcome")
    expect(steps.nth(2).locator("[aria-label='Done']")).to_be_visible()

    # Somebody keeps the first steps open in another window while the source is connected in this one.
    watching = clean.context.new_page()
    watching.goto(f"{empty_portal}/welcome")
    expect(watching.locator("[data-freshness]")).to_have_attribute("data-freshness", "live")
    clean.get_by_role("link", name="Go to the sources").click()
    clean.get_by_label("Name", exact=True).fill("Shop")
    clean.get_by_label("Short name").fill("shop")
    clean.get_by_role("button", name="Make it and show its token").click()
    command = clean.locator("pre", has_text="curl").inner_text()

    answer = sent_by(command)
    assert re.search(r'"status":\s*"accepted"', answer), answer
    last = watching.locator(".s-steps__step").nth(4)
    expect(last).to_contain_text("The first conversation came from shop.", timeout=10_000)
    assert (Conversation.objects.get().source, Conversation.objects.get().queue) == ("shop", queue)
    # The same command again changes nothing: the token and the id are the same.
    assert re.search(r'"status":\s*"duplicate"', sent_by(command))

    watching.get_by_role("link", name="Open the floor").click()
    expect(watching.locator("h1")).to_have_text("The shift is inside its targets")
    expect(watching.locator(f"#queue-{queue.pk}")).to_contain_text("Billing chat")
