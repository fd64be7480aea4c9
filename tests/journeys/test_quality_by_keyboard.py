"""Calibration and second looks by keyboard: marks walked line by line and reviewer by reviewer, a decision without the mouse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.reviews.drafts import Entry
from apps.reviews.models import SecondLook
from tests.journeys.test_a_review import address as address
from tests.journeys.test_a_review import press, signed_in
from tests.reviews.conftest import GOOD, Floor, submitted
from tests.reviews.conftest import floor as floor
from tests.reviews.rows import doubted
from tests.reviews.test_calibration import called, scored

pytestmark = [pytest.mark.django_db(transaction=True)]
FOCUSED = "() => document.activeElement.textContent.trim()"


def test_a_session_is_walked_by_line_and_by_reviewer_and_a_note_is_written(
    clean: Page, address: str, floor: Floor
) -> None:
    now = timezone.now()
    session = called(floor, now)
    scored(session, floor.mona, now)
    scored(session, floor.quentin, now, {"right-answer": Entry(step=3)})
    with signed_in(clean, address, floor.quentin):
        clean.goto(f"{address}{reverse('calibration', args=[session.pk])}")
        rows = clean.locator("table[data-grid] tbody tr")
        place = [one.split()[0] for one in rows.all_inner_texts()].index(
            rows.filter(has_text="differs").inner_text().split()[0]
        )
        press(clean, *["j"] * (place + 1))
        expect(rows.nth(place).locator("th")).to_be_focused()
        expect(rows.nth(place)).to_have_class("is-warn is-current")
        # From reviewer to reviewer; the column says whose it is.
        press(clean, "ArrowRight", "ArrowRight")
        assert clean.evaluate(FOCUSED).startswith("3 Met")
        expect(clean.locator("thead th.is-current")).to_contain_text("Quentin")
        press(clean, "k")
        expect(rows.nth(place - 1).locator("td").nth(1)).to_be_focused()
        press(clean, "ArrowDown", "End", "ArrowRight", "Home")
        expect(rows.nth(place).locator("th")).to_be_focused()
        # Enter goes on to what holds about this line, and typed letters are letters.
        press(clean, "Enter")
        expect(clean.locator("#note-text")).to_be_focused()
        clean.keyboard.type("jk: a date must be named")
        expect(clean.locator("#note-text")).to_have_value("jk: a date must be named")
        press(clean, "Tab", "Enter")
        expect(rows.nth(place)).to_contain_text("Agreed: jk: a date must be named")
        # One cell is in the order of Tab, however many there are.
        expect(clean.locator("table[data-grid] [tabindex='0']")).to_have_count(1)
        press(clean, "n")
        expect(clean.locator("#note-text")).to_be_focused()


@pytest.mark.parametrize(("key", "outcome"), [("u", "rejected"), ("x", "accepted")])
def test_a_second_look_is_decided_by_keyboard(key: str, outcome: str, clean: Page, address: str, floor: Floor) -> None:
    now = timezone.now()
    low = {"next-step": Entry(step=1, causes=("No date",), evidence=(floor.said[3],))}
    one = submitted(floor, now - timedelta(hours=2), {**GOOD, **low})
    look = doubted(one, floor.asha.user, now, line="next-step")
    clean.route("**/js/live.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    with signed_in(clean, address, floor.mona):
        clean.goto(f"{address}{reverse('second_looks')}")
        press(clean, "j", "Enter")
        expect(clean.get_by_role("heading", name="Decide")).to_be_visible()
        clean.wait_for_load_state("load")
        press(clean, key)
        expect(clean.locator(f"input[value={outcome}]")).to_be_checked()
        if outcome == "accepted":
            clean.locator("#new-6").focus()
            press(clean, "ArrowDown", "ArrowDown")
            clean.locator("input[value=accepted]").focus()
        press(clean, "Tab")
        clean.keyboard.type("It stands in message four.")
        press(clean, "Tab", "Enter")
        clean.wait_for_url("**/second-looks")
    assert SecondLook.objects.get(pk=look.pk).outcome == outcome
