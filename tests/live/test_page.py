"""live.js in a real browser against a real web process: what changes, what stays, and what a page says when it is cut off."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.live.services import hint
from tests.live import page as screen
from tests.live.page import State
from tests.live.server import Server, serving
from tests.live.test_consumers import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def state() -> State:
    return screen.reset()


@pytest.fixture
def server(
    settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, state: State, plain_static: None
) -> Iterator[Server]:
    settings.ROOT_URLCONF = "tests.live.page"
    settings.LIVE_REGIONS = "tests.live.page.REGIONS"
    with serving(settings, tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def lead(page: Page, server: Server) -> Iterator[Page]:
    """Lena with the page open and its socket connected; errors, warnings and breaches of the policy fail the test."""
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective));"
        "window.painted = 0; window.addEventListener('midshift:frame', () => { window.painted += 1; })"
    )
    _, key = sign_in("lena", "lead")
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": server.url}])
    page.goto(f"{server.url}/test")
    until(page, "painted > 0")
    yield page
    # a page that is cut off may say that its socket or its poll failed; nothing else may go wrong
    assert [text for text in troubles if "WebSocket" not in text and "Failed to load resource" not in text] == []


def until(page: Page, expression: str, seconds: float = 10) -> None:
    """Wait for something that only script can see. The policy forbids Playwright's own way, which uses eval."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"{expression} did not become true in {seconds} s"
        page.wait_for_timeout(30)


def change(page: Page, state: State, **values: Any) -> None:
    """Change what the region shows, say so, and wait until the page has painted it."""
    for name, value in values.items():
        setattr(state, name, value)
    before = page.evaluate("painted")
    hint(topics=["floor"])
    until(page, f"painted > {before}", 3)


def rows(page: Page) -> list[str]:
    return page.locator("[data-row]").all_inner_texts()


def test_a_change_is_on_the_screen_within_a_second(lead: Page, state: State) -> None:
    waits = []
    for number in range(20):
        page_ready = time.monotonic()
        change(lead, state, title=f"title {number}")
        waits.append(time.monotonic() - page_ready)
        assert lead.locator("#title").inner_text() == f"title {number}"
    assert statistics.quantiles(waits, n=20)[18] < 1


def test_focus_typed_text_open_details_selection_and_scroll_stay(lead: Page, state: State) -> None:
    # the policy forbids style tags and attributes; a sheet made by script is none of them
    lead.evaluate(
        "() => { const sheet = new CSSStyleSheet(); sheet.replaceSync('#box { height: 60px; overflow: auto }');"
        " document.adoptedStyleSheets = [sheet]; }"
    )
    lead.locator("summary").get_by_text("More").click()
    lead.locator("#long").fill("half a sent")
    lead.locator("#note").fill("half typed")
    lead.locator("#note").evaluate("field => field.setSelectionRange(2, 5)")
    lead.evaluate("document.getElementById('box').scrollTop = 200")
    change(lead, state, title="second", rows=["ada", "bo", "cleo", "dan"])
    expect(lead.locator("#title")).to_have_text("second")
    assert rows(lead)[-1] == "dan"
    assert lead.evaluate("document.activeElement.id") == "note"
    assert lead.locator("#note").input_value() == "half typed"
    assert lead.locator("#note").evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 5]
    assert lead.locator("#long").input_value() == "half a sent"
    assert lead.evaluate("document.getElementById('box').scrollTop") == 200
    assert lead.locator("#more").get_attribute("open") is not None
    lead.evaluate(
        "() => { document.activeElement.blur(); const text = document.getElementById('said').firstChild;"
        " getSelection().setBaseAndExtent(text, 5, text, 13); }"
    )
    change(lead, state, title="third")
    assert lead.evaluate("getSelection().toString()") == "sentence"


def test_rows_keep_their_order_under_the_pointer_and_take_their_places_when_it_leaves(lead: Page, state: State) -> None:
    lead.locator("#row-bo").hover()
    change(lead, state, rows=["cleo", "dan", "bo", "ada"])
    assert rows(lead) == ["ada", "bo", "cleo", "dan"]
    expect(lead.locator("#test-list")).to_contain_text("New order")
    lead.mouse.move(2, 2)
    until(lead, "document.querySelector('[data-row]').id === 'row-cleo'")
    assert rows(lead) == ["cleo", "dan", "bo", "ada"]
    expect(lead.locator("#test-list")).not_to_contain_text("New order")


def test_rows_keep_their_order_while_the_focus_is_among_them(lead: Page, state: State) -> None:
    lead.mouse.move(2, 2)
    lead.locator("#row-cleo a").focus()
    change(lead, state, rows=["cleo", "bo", "ada"])
    assert rows(lead) == ["ada", "bo", "cleo"]
    assert lead.evaluate("document.activeElement.textContent") == "cleo"
    lead.evaluate("document.activeElement.blur()")
    until(lead, "document.querySelector('[data-row]').id === 'row-cleo'")


def test_rows_take_their_places_at_once_when_nobody_is_there(lead: Page, state: State) -> None:
    lead.mouse.move(2, 2)
    change(lead, state, rows=["cleo", "bo", "ada"])
    assert rows(lead) == ["cleo", "bo", "ada"]


def test_a_part_that_failed_keeps_its_figures_and_says_so(
    lead: Page, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError("a bug")

    lead.wait_for_timeout(600)
    with monkeypatch.context() as patch:
        patch.setitem(screen.REGIONS, "test.list", dataclasses.replace(screen.REGIONS["test.list"], render=broken))
        hint(topics=["floor"])
        expect(lead.locator("#test-list")).to_contain_text("could not be renewed")
    expect(lead.locator("#title")).to_have_text("first")
    expect(lead.locator("#test-list")).to_contain_text("Reference ")
    lead.wait_for_timeout(600)
    change(lead, state, title="works again")
    expect(lead.locator("#test-list")).not_to_contain_text("could not be renewed")


def test_an_idle_page_ticks_and_stays_live_without_any_content(lead: Page, state: State) -> None:
    lead.wait_for_timeout(600)
    before, clock = lead.evaluate("painted"), lead.locator(".c-elapsed").last
    first = clock.inner_text()
    lead.wait_for_timeout(12_000)  # longer than the server's own refresh
    assert lead.evaluate("painted") == before
    assert state.renders >= 2  # it was rendered again, and was the same but for its clock
    assert clock.inner_text() != first
    expect(lead.locator("[data-freshness]")).to_have_attribute("data-freshness", "live")


def test_without_a_server_the_page_says_so_keeps_its_figures_and_comes_back(
    lead: Page, state: State, server: Server
) -> None:
    server.stop()
    expect(lead.locator("[data-freshness]")).to_have_attribute("data-freshness", "lost", timeout=5000)
    expect(lead.locator("[data-freshness-word]")).to_contain_text("Not connected")
    expect(lead.locator("[data-stale-bar]")).to_be_visible()
    expect(lead.locator("#title")).to_have_text("first")
    state.title = "while you were away"
    server.start()
    expect(lead.locator("#title")).to_have_text("while you were away", timeout=15_000)
    expect(lead.locator("[data-freshness]")).to_have_attribute("data-freshness", "live", timeout=15_000)
    expect(lead.locator("[data-stale-bar]")).to_be_hidden()


def test_without_a_socket_the_page_polls_and_says_so(page: Page, server: Server, state: State) -> None:
    _, key = sign_in("lena", "lead")
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": server.url}])
    page.route_web_socket("**/ws/live", lambda socket: socket.close())
    page.goto(f"{server.url}/test")
    expect(page.locator("[data-freshness-word]")).to_have_text("Not connected, polling", timeout=5000)
    state.title = "by a poll"
    expect(page.locator("#title")).to_have_text("by a poll", timeout=12_000)


def test_what_one_may_no_longer_see_is_taken_out_of_the_page(lead: Page, state: State) -> None:
    state.is_granted = False
    expect(lead.locator("#test-list")).not_to_contain_text("first", timeout=5000)
    expect(lead.locator("#test-list")).to_contain_text("no longer covers")


def test_an_ended_session_empties_the_page_and_says_signed_out(lead: Page) -> None:
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()
    expect(lead.locator("[data-freshness-word]")).to_have_text("Signed out", timeout=6000)


def test_a_gap_in_the_numbers_leads_to_one_refetch(page: Page, server: Server, state: State) -> None:
    import json

    sent: list[Any] = []
    lost = {"next": False}

    def between(route: Any) -> None:
        upstream = route.connect_to_server()
        route.on_message(upstream.send)

        def down(text: str) -> None:
            if lost["next"] and "html" in json.loads(text):
                lost["next"] = False
                return
            route.send(text)

        upstream.on_message(down)

    _, key = sign_in("lena", "lead")
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": server.url}])
    page.route_web_socket("**/ws/live", between)
    page.on("request", lambda request: sent.append(request.url) if "/live/regions/" in request.url else None)
    page.goto(f"{server.url}/test")
    page.wait_for_timeout(1000)
    assert sent == []
    lost["next"] = True
    state.title = "lost on the way"
    hint(topics=["floor"])
    # the next sign of life carries the number of the frame that never came
    expect(page.locator("#title")).to_have_text("lost on the way", timeout=7000)
    page.wait_for_timeout(500)
    assert len(sent) == 1
