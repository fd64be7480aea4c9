"""From an event at the door to the alert that it sets off, painted on an open alerts page in a real browser.

Two kinds of rule: about one conversation (a customer asks for a person and nobody comes; here after nought seconds, because
how long it waits is the rule's own business) and about a queue (how many wait). One probe at a time; each in a conversation or
a queue of its own, so that it is a new alert. The time runs from just before the request to the frame after the alert stands on
the page. The limit of the same run is the same way without a rule: the event itself, on the floor page.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page

from tests.bench import world
from tests.bench.figures import Figure, latency
from tests.bench.pixel import QUEUES, Probe, _floor_probes, browser

PROBES = 30


def run(seconds: float | None) -> list[Figure]:
    """So many alerts of each kind, then as many bare events."""
    now = datetime.now(UTC)
    probes = PROBES if seconds is None else max(5, int(seconds))
    world.open_past_days(now)
    token, keys = world.source(now), world.queues(max(2 * probes, QUEUES + 1))
    _rules()
    session = world.session_of(world.account("bench-lead", "lead", queue_keys=keys))
    with browser() as chromium, world.portal() as port:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://127.0.0.1:{port}"}])
        probe = Probe(port=port, token=token)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/alerts")
        page.wait_for_selector("[data-freshness=live]")
        talks = _asked(page, probe, probes)
        gauges = _waiting(page, probe, probes)
        page.close()
        bare = _floor_probes(context.new_page(), port, probe, keys[QUEUES], probes)
    limit = "the event alone on the floor page"
    return [
        latency(
            name=f"event to {name} on the alerts page", seconds=found, word="p95", target_ms=2000, limit_name=limit, limit_seconds=bare,
            note="One probe at a time, each a new alert, through door, workers, socket and browser.",
        )
        for name, found in (("an alert about one conversation", talks), ("an alert about a queue", gauges))
    ]  # fmt: skip


def _rules() -> None:
    """One rule of each kind and no other; neither waits, and both end with what they were about."""
    from apps.alerts import services
    from apps.alerts.models import Rule, RuleVersion

    at = datetime.now(UTC)
    services.seed(at=at)  # a worker would bring the pack in again otherwise
    Rule.objects.update(is_on=False)
    for key, reader, params in (
        ("bench-asked", "asked", {"seconds": 0.001, "unit": "seconds"}),
        (
            "bench-waiting",
            "gauge",
            {"metric": "queue_length", "op": ">", "enter": 0.5, "leave": 1.0, "unit": "waiting"},
        ),
    ):
        made = Rule.objects.create(key=key, is_prompt=True)
        RuleVersion.objects.create(
            rule=made, n=1, name=key, reader=reader, params=params, severity=2, family="none", action="open_queue", made_at=at,
            wait_seconds=0, keep_seconds=0,
        )  # fmt: skip


def _started(name: str, queue: int) -> tuple[tuple[str, dict[str, Any]], ...]:
    customer = {"kind": "customer", "id": name, "identity": "anonymous"}
    told = {"conversation_id": name, "channel": "webchat", "direction": "inbound", "customer": customer}
    return (("conversation.started", told), ("conversation.queued", {"conversation_id": name, "queue": f"q{queue}"}))


def _until_alert(page: Page, probe: Probe, queue: int, name: str, *events: tuple[str, dict[str, Any]]) -> float:
    """Send, wait for the alert in that queue, and end it: a rule keeps twenty open ones at most."""
    took = probe.until_painted(page, ".c-alert__where b", f"Queue {queue + 1:02d}", *events)
    probe.send(("conversation.status_changed", {"conversation_id": name, "to": "resolved"}))
    return took


def _waiting(page: Page, probe: Probe, count: int) -> list[float]:
    """A customer comes to an empty queue."""
    rng, found = random.Random("waiting"), []
    for n in range(count):
        found.append(_until_alert(page, probe, n, f"w-{n}", *_started(f"w-{n}", n)))
        time.sleep(rng.uniform(0.4, 1.4))
    return found


def _asked(page: Page, probe: Probe, count: int) -> list[float]:
    """A customer asks for a person, in a conversation that an AI agent holds."""
    rng, found = random.Random("asked"), []
    for n in range(count, 2 * count):
        name = f"a-{n}"
        talk = {"conversation_id": name}
        bot = {"kind": "bot", "id": "bench-bot"}
        probe.send(*_started(name, n), ("conversation.assigned", {**talk, "to": bot}))
        time.sleep(rng.uniform(0.4, 1.4))
        asks = {
            **talk, "message_id": f"m-{n}", "visibility": "public", "text": "I want to talk to a real person please",
            "author": {"kind": "customer", "id": name, "identity": "anonymous"},
        }  # fmt: skip
        found.append(_until_alert(page, probe, n, name, ("message.created", asks)))
    return found
