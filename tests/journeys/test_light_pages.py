"""The main pages of an agent, a lead and quality are light and do not jump: bytes, requests and layout shift (UI.md, check 35).

How fast they paint depends on the machine: `make bench ARGS=pages` measures that.
"""

from __future__ import annotations

import gzip

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Response

from tests.journeys.afternoon import play
from tests.journeys.test_screens import Screen, judged, looked_at_by, noted
from tests.journeys.test_screens import address as address

pytestmark = [pytest.mark.django_db(transaction=True)]
MOST_KB, MOST_SHIFT = 200, 0.02
# What a page asks for in the first second, once; UI.md names no figure, and a new file should be noticed.
MOST_REQUESTS = 60
SCREENS = (
    Screen("floor", "lena", lambda: reverse("home")),
    Screen("scorecards", "lena", lambda: reverse("scorecards")),
    Screen("people", "lena", lambda: reverse("people")),
    Screen("my-shift", "asha", lambda: reverse("my_shift")),
    Screen("my-scorecard", "asha", lambda: reverse("my_scorecard")),
    Screen("coaching-notes", "asha", noted),
    Screen("my-reviews", "asha", lambda: reverse("my_reviews")),
    Screen("my-review", "asha", lambda: judged("my_review")),
    Screen("reviews", "quentin", lambda: reverse("reviews")),
    Screen("review", "quentin", lambda: judged("review")),
)
SHIFTED = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 200);
})"""
ASKED = "() => [location.href, ...performance.getEntriesByType('resource').map((one) => one.name)]"


def test_main_pages_are_light_and_stand_still(page: Page, address: str) -> None:
    # There is no socket in this process: the pages poll, which is not what is weighed.
    play()
    sizes: dict[str, int] = {}
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one))  # playwright marks what it calls
    told, wrong = [], []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for screen in SCREENS:
            with looked_at_by(page, address, screen.person):
                path = screen.address()
                page.goto(f"{address}{path}{'&' if '?' in path else '?'}still", wait_until="load")
                page.evaluate("() => document.fonts.ready.then(() => true)")
                shift = page.evaluate(SHIFTED)
                asked = [one for one in page.evaluate(ASKED) if "/live/" not in one and "/ws/" not in one]
                for one in answers:
                    if one.ok and one.url not in sizes:
                        sizes[one.url] = len(gzip.compress(one.body()))
                answers.clear()
                weight = sum(sizes.get(one, 0) for one in asked) / 1000
                told.append(f"{screen.name} {width}: {weight:.1f} kB gz, {len(asked)} requests, shift {shift:.3f}")
                if weight > MOST_KB or len(asked) > MOST_REQUESTS or shift >= MOST_SHIFT:
                    wrong.append(told[-1])
                assert all(one.startswith(address) for one in asked), "a page asks somebody else"
                assert weight > 20, "what is weighed is the page"
    print("\n".join(told))
    assert wrong == []
