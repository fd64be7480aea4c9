"""What one did to the routing is taken back by Z while its toast stands: a move of people, and a diversion."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access.viewer import Viewer
from apps.agents.models import Presence
from apps.routing.models import Diversion
from tests.journeys.test_sealed_in_the_browser import address as address  # the portal in this process
from tests.journeys.test_sealed_in_the_browser import visit as visit  # opens a page as somebody
from tests.routing.conftest import Floor
from tests.routing.conftest import floor as floor

pytestmark = [pytest.mark.django_db(transaction=True)]
Visit = Callable[[Viewer, str], None]


def taken_back(page: Page, said: str) -> Diversion:
    """Press Z while the toast says what was done; return what was."""
    expect(page).to_have_url(re.compile("/routing$"))
    expect(page.locator(".c-toast")).to_contain_text(said)
    expect(page.locator(".c-toast [data-undo]")).to_have_text("Undo")
    assert not Diversion.objects.get().is_undone
    page.wait_for_load_state()  # a toast is drawn before the script that hears keys has run
    page.keyboard.press("z")
    expect(page.locator(".c-toast")).to_contain_text("Taken back: it never was.")
    expect(page.locator(".c-toast [data-undo]")).to_have_count(0)
    page.keyboard.press("z")  # nothing more is offered, and nothing more happens
    return Diversion.objects.get()


def test_z_takes_back_a_move_of_people(floor: Floor, clean: Page, visit: Visit) -> None:
    Presence.objects.update(started_at=timezone.now() - timedelta(minutes=10))
    visit(floor.lena, f"{reverse('move', args=[floor.billing.pk])}?from={floor.care.pk}")
    for box in clean.locator("input[name=people]").all():
        box.set_checked(checked=box.get_attribute("value") == str(floor.noor.pk))
    clean.get_by_role("button", name=re.compile("^Move ")).click()
    one = taken_back(clean, "They return by themselves.")
    assert (one.kind, one.is_undone, one.ended_by_id) == ("move", True, floor.lena.user.pk)
    expect(clean.get_by_text("Everything goes its usual way")).to_be_visible()


def test_z_takes_back_a_diversion(floor: Floor, clean: Page, visit: Visit) -> None:
    visit(floor.lena, reverse("divert", args=[floor.billing.pk]))
    clean.locator("input[name=kind][value=seniors]").check()
    clean.get_by_role("button", name="Divert").click()
    one = taken_back(clean, "It returns by itself.")
    assert (one.kind, one.is_undone, one.ended_by_id) == ("seniors", True, floor.lena.user.pk)
