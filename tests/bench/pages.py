"""The main pages of a lead and of an agent in a real browser, as Lighthouse looks at them: first paint, largest paint, long tasks.

Every page is opened cold, in a context of its own with an empty cache, from the portal's own server, a week of a busy floor
stored. The limit is the bare frame: the sign-in page, which loads the same style, font and script and reads nothing. What no
machine changes (bytes, requests, elements, layout shift) is tested in tests/journeys/test_light_pages.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from playwright.sync_api import Browser

from tests.bench import floor_rows, world
from tests.bench.figures import Figure, milliseconds
from tests.bench.pixel import browser

MESSAGES, QUEUES, ROUNDS, WARM = 20_000, 7, 12, 2
MOST_PAINT_MS, LONG_TASK_MS = 1000, 50
# What the browser noted since the page was begun; observers with `buffered` are told of the past.
NOTED = """() => new Promise((done) => {
  const told = { long: 0, longest: 0, largest: 0 };
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch("longtask", (one) => { told.long += 1; told.longest = Math.max(told.longest, one.duration); });
  watch("largest-contentful-paint", (one) => { told.largest = one.startTime; });
  setTimeout(() => {
    told.paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
    done(told);
  }, 1500);
})"""


def run(seconds: float | None) -> list[Figure]:
    """Each page as often as the others, in turn; the sign-in page between them."""
    from apps.agents.models import Agent

    at = datetime.now(UTC)
    world.open_past_days(at, days=floor_rows.DAYS + 1)
    queues = world.queues(QUEUES)
    teams, people, ais = floor_rows.staff(queues)
    lead = world.account("bench-lead", "lead", queue_keys=queues, team_keys=teams)
    agent = world.account("bench-agent", "agent")
    Agent.objects.filter(pk=people[0]).update(user=agent)
    floor_rows.fill(at=at, messages=MESSAGES, queues=queues, people=people, ais=ais)
    sessions = {"lead": world.session_of(lead), "agent": world.session_of(agent)}
    pages = {
        "floor": ("lead", "/"), "scorecards": ("lead", "/scorecards"), "my shift": ("agent", "/me"),
        "my scorecard": ("agent", "/me/scorecard"), "my reviews": ("agent", "/me/reviews"),
    }  # fmt: skip
    rounds = ROUNDS if seconds is None else max(2, int(seconds))
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ("bare", *pages)}
    with browser() as chromium, world.portal() as port:
        address = f"http://127.0.0.1:{port}"
        for _ in range(WARM + rounds):
            found["bare"].append(_opened(chromium, f"{address}/signin", None))
            for name, (who, path) in pages.items():
                found[name].append(_opened(chromium, address + path, sessions[who]))
    told = {name: one[WARM:] for name, one in found.items()}
    return [figure for name in pages for figure in _figures(name, told[name], told["bare"])]


def _opened(chromium: Browser, address: str, session: str | None) -> dict[str, Any]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    if session is not None:
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    answer = page.goto(address)
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{address} answered {answer and answer.status}.")
    found: dict[str, Any] = page.evaluate(NOTED)
    context.close()
    return found


def _figures(name: str, told: list[dict[str, float]], bare: list[dict[str, float]]) -> list[Figure]:
    def of(key: str, rows: list[dict[str, float]], middle: Callable[[list[float]], float] = median) -> float:
        return middle([one[key] for one in rows])

    paints, limits = (milliseconds([one["paint"] / 1000 for one in rows]) for rows in (told, bare))
    common = {"n": len(told), "limit_name": "the sign-in page"}
    return [
        Figure(
            name=f"{name}: first paint", unit="ms", value=paints["p95"], target=MOST_PAINT_MS, limit=limits["p95"], word="p95",
            detail={"p50": paints["p50"], "largest p50": of("largest", told)}, **common,
        ),
        Figure(
            name=f"{name}: longest task", unit="ms", value=of("longest", told), target=2 * LONG_TASK_MS, limit=max(of("longest", bare), LONG_TASK_MS),
            word="p50", detail={"tasks over 50 ms": of("long", told)}, note="A task under 50 ms is none.", **common,
        ),
    ]  # fmt: skip
