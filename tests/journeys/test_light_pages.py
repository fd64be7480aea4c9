"""The main pages of an agent, a lead and quality are light, stand still and hold nothing up: the figures that no machine changes.

How fast they paint depends on the machine: `make bench ARGS=pages` measures that.
"""

from __future__ import annotations

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Response

from apps.agents.models import Agent
from apps.reviews.models import SecondLook
from tests.journeys.afternoon import play
from tests.journeys.test_screens import Screen, judged, looked_at_by, noted
from tests.journeys.test_screens import address as address

pytestmark = [pytest.mark.django_db(transaction=True)]
MOST_KB, MOST_SHIFT = 200, 0.02
# A page with more elements, one parent with more children, or more files than these should be noticed. A floor with everybody on
# it is dense by intent; the icons' symbols are some three hundred elements of every page.
MOST_ELEMENTS, MOST_CHILDREN, MOST_REQUESTS = 2200, 60, 12
# Characters of one script or style that stands in the page: none is meant to, what the pages pass to a script is data.
MOST_INLINE = 2000
# Sets the theme before the first paint, so that a dark page never flashes: the one script that a page waits for.
BEFORE_PAINT = "/js/theme.js"
MOST_BEFORE_PAINT = 1000
# How far things moved by themselves, and what did.
SHIFTED = """() => new Promise((done) => {
  let sum = 0;
  const moved = new Set();
  const named = (one) => one && (one.id ? `#${one.id}` : `${one.nodeName.toLowerCase()}.${one.className}`);
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
      if (one.hadRecentInput) continue;
      sum += one.value;
      for (const source of one.sources) moved.add(named(source.node));
    }
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done([sum, [...moved]]), 200);
})"""
ASKED = "() => [location.href, ...performance.getEntriesByType('resource').map((one) => one.name)]"
BUILT = """() => {
  const all = [...document.querySelectorAll("*")];
  const scripts = [...document.scripts];
  return {
    elements: all.length,
    children: Math.max(...all.map((one) => (one.matches("tbody, svg, ul, ol, select") ? 0 : one.childElementCount))),
    waited: scripts.filter((one) => one.src && !one.defer && !one.async && one.type !== "module").map((one) => one.src),
    inline: Math.max(0, ...[...scripts, ...document.querySelectorAll("style")].filter((one) => !one.src).map((one) => one.textContent.length)),
  };
}"""


def screens() -> list[Screen]:
    """The main pages; what makes the rows of quality is done once."""
    review, note = judged("review"), noted()
    mine = reverse("my_review", args=[SecondLook.objects.filter(outcome="accepted")[0].review_id])
    bot = reverse("ai_agent", args=[Agent.objects.filter(kind="ai").order_by("name")[0].pk])
    return [
        Screen(name, who, lambda path=path: path)  # type: ignore[misc]
        for name, who, path in (
            ("floor", "lena", reverse("home")),
            ("people", "lena", reverse("people")),
            ("scorecards", "lena", reverse("scorecards")),
            ("AI agent", "lena", bot),
            ("feedback", "lena", reverse("feedback")),
            ("conversations", "lena", reverse("conversations")),
            ("my shift", "asha", reverse("my_shift")),
            ("my scorecard", "asha", reverse("my_scorecard")),
            ("coaching notes", "asha", note),
            ("my reviews", "asha", reverse("my_reviews")),
            ("my review", "asha", mine),
            ("reviews", "quentin", reverse("reviews")),
            ("review", "quentin", review),
        )
    ]


def test_main_pages_are_light_and_stand_still(page: Page, address: str) -> None:
    play()
    # There is no socket in this process: one that stays open and says nothing, else the pages say that they are not connected.
    page.route_web_socket("**/ws/**", lambda socket: None)
    sizes: dict[str, int] = {}
    plain: dict[str, int] = {}
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # a method of a list is refused
    told, wrong = [], []
    for screen in screens():
        with looked_at_by(page, address, screen.person):
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 900})
                path = screen.address()
                page.goto(f"{address}{path}{'&' if '?' in path else '?'}still", wait_until="load")
                page.evaluate("() => document.fonts.ready.then(() => true)")
                shift, moved = page.evaluate(SHIFTED)
                asked = [one for one in page.evaluate(ASKED) if "/live/" not in one and "/ws/" not in one]
                built: dict[str, Any] = page.evaluate(BUILT)
                for one in answers:
                    if one.ok and one.url not in sizes and "/live/" not in one.url:
                        body = one.body()
                        sizes[one.url], plain[one.url] = len(gzip.compress(body)), len(body)
                answers.clear()
                weight = sum(sizes.get(one, 0) for one in asked) / 1000
                told.append(
                    f"{screen.name} {width}: {weight:.1f} kB gz, {len(asked)} requests, shift {shift:.3f}, {built['elements']} elements, "
                    f"{built['children']} children, inline {built['inline']}"
                )
                late = [one for one in built["waited"] if BEFORE_PAINT not in one or plain[one] > MOST_BEFORE_PAINT]
                if (
                    weight > MOST_KB or len(asked) > MOST_REQUESTS or shift >= MOST_SHIFT or late or built["inline"] > MOST_INLINE
                    or built["elements"] > MOST_ELEMENTS or built["children"] > MOST_CHILDREN
                ):  # fmt: skip
                    wrong.append(f"{told[-1]}, waits for {late}, moved {moved}")
                assert all(one.startswith(address) for one in asked), "a page asks somebody else"
                assert weight > 20, "what is weighed is the page"
    print("\n".join(told))
    assert not wrong, "\n".join(wrong)


def test_a_page_that_comes_slowly_does_not_jump_on_a_phone(page: Page, address: str) -> None:
    """What stands above the list on a narrow window comes after it in the page: here it comes half a second later."""
    play()
    page.route_web_socket("**/ws/**", lambda socket: None)
    page.set_viewport_size({"width": 390, "height": 900})
    with looked_at_by(page, address, "lena"):
        page.goto(f"{address}{reverse('conversations')}?still", wait_until="load")
        whole = page.request.get(f"{address}{reverse('conversations')}?still").text()
    whole = whole.replace('="/', f'="{address}/')
    early, side, late = whole.partition('<div class="l-side">')
    assert side, "the page has its two parts"
    assert "data-fold-when-narrow" in late

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(early.encode())
            self.wfile.flush()
            time.sleep(0.5)
            self.wfile.write((side + late).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is written."""

    with ThreadingHTTPServer(("localhost", 0), Slow) as slow:
        threading.Thread(target=slow.serve_forever, daemon=True).start()
        page.goto(f"http://localhost:{slow.server_port}/", wait_until="load")
        shift, moved = page.evaluate(SHIFTED)
        assert page.locator(".l-stack").is_visible()
        slow.shutdown()
    assert shift < MOST_SHIFT, moved
