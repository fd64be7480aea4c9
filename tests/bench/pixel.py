"""From an event at the door to the changed frame of an open page in a real browser, while the floor is busy.

200 single events a second come in and 200 sockets of 30 people watch the whole floor. A probe is an event of our own; its
time runs from just before its request until the page's DOM shows it and the frame after that has been painted. Both ends
read the same machine's clock.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench import world
from tests.bench.figures import Figure, latency
from tests.bench.sender import MEDIA_TYPE, Sender
from tests.bench.watchers import Watchers
from tests.conftest import BROWSERS, CHROMIUM_FLAGS

RATE = 200
SOCKETS = 200
PEOPLE = 30
QUEUES = 7
PROBES = 40
WARM_SECONDS = 5
FLOOR = ("verdict", "shiftline", "figures", "queues", "people", "ai", "alerts", "waiting", "sources")
ROOM_SECONDS = 15.0  # for one probe; a page that shows nothing by then fails the bench

# Resolves to the clock after the frame was painted in which `shows` first held: an animation frame runs just before its
# frame is painted, and a message sent from it is handled after that.
WATCH = """([selector, text]) => {
  const shows = () => [...document.querySelectorAll(selector)].some((one) => one.textContent.trim() === text);
  const now = () => performance.timeOrigin + performance.now();
  window.benchProbe = new Promise((resolve) => {
    const painted = () => requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => resolve(now());
      after.port2.postMessage(0);
    });
    const observer = new MutationObserver(() => { if (shows()) { observer.disconnect(); painted(); } });
    observer.observe(document.documentElement, { subtree: true, childList: true, characterData: true });
  });
}"""


class Probe:
    """Sends events of one conversation and waits for a page to show them."""

    def __init__(self, *, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": MEDIA_TYPE}
        self._sent = 0

    def send(self, *events: tuple[str, dict[str, Any]]) -> None:
        """Send events in one request."""
        body = []
        for kind, data in events:
            self._sent += 1
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            body.append(
                {"specversion": "1.0", "id": f"probe-{self._sent}", "source": f"/connections/{world.SOURCE}",
                 "type": f"midshift.{kind}.v1", "time": now, "data": data}
            )  # fmt: skip
        self._connection.request("POST", "/api/v1/events", body=json.dumps(body), headers=self._headers)
        answer = self._connection.getresponse()
        told = answer.read()
        self._connection.close()  # the server ends it after five idle seconds; the next probe opens another
        if answer.status != 202 or told.count(b'"accepted"') != len(events):
            raise RuntimeError(f"A probe was answered {answer.status}: {told[:200]!r}")

    def until_painted(self, page: Page, selector: str, text: str, *events: tuple[str, dict[str, Any]]) -> float:
        """Send, and return the seconds until the page shows the text."""
        page.evaluate(WATCH, [selector, text])
        began = time.time()
        self.send(*events)
        painted = page.evaluate(
            f"Promise.race([window.benchProbe, new Promise((_, no) => setTimeout(() => no(Error('not shown')), {ROOM_SECONDS * 1000}))])"
        )
        return float(painted) / 1000 - began


@contextmanager
def browser() -> Iterator[Any]:
    """A browser for a bench."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit(f"No browser was found. Expected one of: {', '.join(BROWSERS)}.")
    # Playwright keeps an event loop running, for which Django takes this process for an async one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        try:
            yield launched
        finally:
            launched.close()


def run(seconds: float | None) -> list[Figure]:
    """40 probes of the floor and half as many of an open conversation, then the bare way for comparison."""
    now = datetime.now(UTC)
    world.open_past_days(now)
    token, keys = world.source(now), world.queues(QUEUES + 1)
    people = [
        world.account(f"bench-{n}", ("lead", "ops", "qa_manager")[n % 3], queue_keys=keys if n % 3 == 0 else None)
        for n in range(PEOPLE)
    ]
    sessions = [world.session_of(one) for one in people]
    probes = PROBES if seconds is None else max(5, int(seconds))
    with browser() as chromium:
        bare = _bare(chromium, probes)
        with world.portal() as port:
            wish = [{"region": f"floor.{name}", "params": {}} for name in FLOOR]
            watchers = Watchers(port=port, sessions=sessions, count=SOCKETS, wish=wish)
            # Longer than any run of the probes; it is ended when they are done.
            sender = Sender(
                manner="open", port=port, token=token, source=world.SOURCE, queues=QUEUES, batch=1, rate=RATE,
                seed="run", seconds=600,
            )  # fmt: skip
            try:
                time.sleep(WARM_SECONDS)
                context = chromium.new_context(viewport={"width": 1440, "height": 900})
                context.add_cookies([{"name": "sessionid", "value": sessions[0], "url": f"http://127.0.0.1:{port}"}])
                probe = Probe(port=port, token=token)
                floor = _floor_probes(context.new_page(), port, probe, keys[QUEUES], probes)
                talk = _conversation_probes(context.new_page(), port, probe, max(3, probes // 2))
            finally:
                sender.stop()
            frames = watchers.close()
    beside = f"{RATE} single events/s, {SOCKETS} sockets of three permission classes watching the floor"
    return [
        latency(
            name="event to painted pixels, floor page", seconds=floor, word="p95", target_ms=1000,
            limit_name="bus, bare ASGI, painted", limit_seconds=bare,
            note=f"beside {beside}; they were sent {frames:,} contents.",
        ),
        latency(
            name="event to painted pixels, conversation page", seconds=talk, word="p95", target_ms=1000,
            limit_name="bus, bare ASGI, painted", limit_seconds=bare, note=f"beside {beside}.",
        ),
    ]  # fmt: skip


def _pause(rng: random.Random) -> None:
    # So that probes do not fall into step with the half seconds in which regions are rendered.
    time.sleep(rng.uniform(0.4, 1.4))


def _floor_probes(page: Page, port: int, probe: Probe, queue: str, count: int) -> list[float]:
    """Each probe is one more customer who waits in a queue of its own."""
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector("[data-freshness=live]")
    rng, found = random.Random("floor"), []
    for n in range(1, count + 1):
        name = {"conversation_id": f"probe-{n}"}
        customer = {"kind": "customer", "id": f"p{n}", "identity": "anonymous"}
        found.append(
            probe.until_painted(
                page, f"#queue-{queue} td:first-of-type", str(n),
                ("conversation.started", {**name, "channel": "webchat", "direction": "inbound", "customer": customer}),
                ("conversation.queued", {**name, "queue": f"q{QUEUES}"}),
            )
        )  # fmt: skip
        _pause(rng)
    page.close()
    return found


def _conversation_probes(page: Page, port: int, probe: Probe, count: int) -> list[float]:
    """Each probe is one more message in a conversation that somebody reads."""
    from apps.interactions.keys import conversation_key

    page.goto(f"http://127.0.0.1:{port}/conversations/{conversation_key(world.SOURCE, 'probe-1')}")
    page.wait_for_selector("[data-freshness=live]")
    rng, found = random.Random("talk"), []
    for n in range(1, count + 1):
        text = f"This is word number {n} of somebody who waits."
        found.append(
            probe.until_painted(
                page, "[data-region='conversation.transcript'] p", text,
                ("message.created", {
                    "conversation_id": "probe-1", "message_id": f"w{n}", "visibility": "public", "text": text,
                    "author": {"kind": "customer", "id": "p1", "identity": "anonymous"},
                }),
            )
        )  # fmt: skip
        _pause(rng)
    page.close()
    return found


def _bare(browser: Any, count: int) -> list[float]:
    """The limit: a hint on the bus, an ASGI callable that passes a frame on, a page that writes its number."""
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    page = browser.new_page()
    rng, found = random.Random("bare"), []
    with world.web("tests.bench.live_bare:application") as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_function("document.title === 'open'")
        for n in range(1, count + 1):
            page.evaluate(WATCH, ["p", str(n)])
            began = time.time()
            client.publish("bench-bare", b"x")
            found.append(float(page.evaluate("window.benchProbe")) / 1000 - began)
            time.sleep(rng.uniform(0.1, 0.3))
    page.close()
    client.close()
    return found
