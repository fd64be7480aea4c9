"""The page of alerts without a mouse: J and K walk, Enter opens the message, A acts, E takes on, S puts aside. And a bell that rings once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access.viewer import Viewer
from apps.alerts.models import Episode, Rule
from apps.interactions.models import Queue
from tests.alerts.conftest import fired, rule, says
from tests.console.floors import conversation, granted, queue_named
from tests.journeys.test_sealed_in_the_browser import address as address  # the portal in this process
from tests.journeys.test_sealed_in_the_browser import visit as visit  # opens a page as somebody

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def floor(lena: Viewer) -> tuple[Viewer, list[Episode]]:
    """Three alerts, worst and oldest first, each with the message that set it off."""
    now = timezone.now()
    told = []
    viewer = lena
    for n in range(3):
        queue: Queue = queue_named(f"Queue {n}")
        viewer = granted(viewer, queue=queue)
        talk = conversation(queue, now - timedelta(minutes=30))
        says(talk, now - timedelta(minutes=29), "hello")
        told.append(
            fired(
                queue,
                now - timedelta(minutes=20 - n),
                talk=talk,
                message=says(talk, now - timedelta(minutes=25), f"word {n}"),
            )
        )
    return viewer, told


def stage(pk: UUID) -> str:
    return Episode.objects.values_list("stage", flat=True).get(pk=pk)


def test_every_key_of_the_page_of_alerts(
    floor: tuple[Viewer, list[Episode]], clean: Page, visit: Callable[..., None]
) -> None:
    lena, (first, second, third) = floor
    visit(lena, reverse("alerts"))
    expect(clean.locator("[data-alert]")).to_have_count(3)
    clean.keyboard.press("j")
    expect(clean.locator(f"#alert-{first.pk} :focus, #alert-{first.pk}:focus")).to_have_count(1)
    clean.keyboard.press("j")
    clean.keyboard.press("j")
    clean.keyboard.press("k")
    expect(clean.locator(f"#alert-{second.pk} :focus, #alert-{second.pk}:focus")).to_have_count(1)

    clean.keyboard.press("e")
    expect(clean.locator(".c-toast")).to_contain_text("You took on")
    assert (stage(first.pk), stage(second.pk), stage(third.pk)) == ("open", "acknowledged", "open")

    visit(lena, reverse("alerts"))
    clean.keyboard.press("j")
    clean.keyboard.press("s")
    menu = clean.locator(f"#alert-{first.pk} details[open]")
    expect(menu.locator("button").first).to_be_focused()
    clean.keyboard.press("Enter")
    expect(clean.locator(".c-toast")).to_contain_text("Put aside")
    assert stage(first.pk) == "snoozed"

    visit(lena, reverse("alerts"))
    clean.keyboard.press("j")
    clean.keyboard.press("Enter")
    expect(clean).to_have_url(
        f"{clean.url.split('/alerts')[0].split('/conversations')[0]}/conversations/{third.conversation_id}#m2"
    )
    expect(clean.locator("#m2")).to_be_focused()

    visit(lena, reverse("alerts"))
    clean.keyboard.press("j")
    clean.keyboard.press("a")
    expect(clean).to_have_url(f"{clean.url.split('/queues')[0].split('/alerts')[0]}/queues/{third.queue_id}")
    assert Episode.objects.get(pk=third.pk).acted_at is not None


@pytest.mark.parametrize("key", ["e", "s"])
def test_z_takes_back_what_was_done_last(
    key: str, floor: tuple[Viewer, list[Episode]], clean: Page, visit: Callable[..., None]
) -> None:
    lena, (first, _, _) = floor
    before = Episode.objects.filter(pk=first.pk).values("stage", "by", "acknowledged_at", "snoozed_until").get()
    visit(lena, reverse("alerts"))
    clean.keyboard.press("j")
    clean.keyboard.press(key)
    if key == "s":
        clean.keyboard.press("Enter")
    expect(clean.locator(".c-toast [data-undo]")).to_have_text("Undo")
    assert stage(first.pk) != "open"
    clean.keyboard.press("z")
    expect(clean.locator(".c-toast")).to_contain_text("As before")
    expect(clean.locator(".c-toast [data-undo]")).to_have_count(0)
    assert Episode.objects.filter(pk=first.pk).values("stage", "by", "acknowledged_at", "snoozed_until").get() == before


def test_keys_do_nothing_while_somebody_types_or_has_them_off(
    floor: tuple[Viewer, list[Episode]], clean: Page, visit: Callable[..., None]
) -> None:
    lena, (first, _, _) = floor
    visit(lena, reverse("alerts"))
    clean.evaluate("localStorage.setItem('midshift-single-keys', 'off')")
    clean.keyboard.press("e")
    clean.wait_for_timeout(200)
    assert stage(first.pk) == "open"


def test_a_new_critical_alert_is_told_once_and_one_that_was_there_is_not(
    floor: tuple[Viewer, list[Episode]], clean: Page, visit: Callable[..., None]
) -> None:
    lena, _ = floor
    rule("critical", severity=3, name="Somebody waits too long")
    clean.add_init_script("""
        window.noticed = [];
        window.Notification = class { constructor(title, more) { window.noticed.push(`${title} / ${more.body}`); } };
        window.Notification.permission = "granted";
    """)
    visit(lena, reverse("alerts"))
    clean.evaluate("localStorage.setItem('midshift-desktop', 'on')")
    now = timezone.now()
    fired(Queue.objects.get(name="Queue 1"), now, key="critical")
    assert Rule.objects.count() == 2

    def renewed() -> None:
        """What the socket would do: the region as the server draws it now takes the place of the last one."""
        clean.evaluate(
            """async (address) => {
                const html = await (await fetch(address)).text();
                await window.midshift.morph(document.querySelector(".c-alerts"), html);
            }""",
            reverse("region", args=["alerts.open"]),
        )

    renewed()
    expect(clean.locator("[data-alert]")).to_have_count(4)
    expect(clean.locator(".c-toast")).to_contain_text("Critical: Somebody waits too long, Queue 1")
    renewed()
    clean.wait_for_timeout(300)
    assert clean.evaluate("window.noticed") == ["Somebody waits too long / Queue 1"]
