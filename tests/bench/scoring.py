"""Scoring in a real browser: from a key press to the painted score, and from Ctrl Enter to the next conversation's form.

The limit of the first is the frame that any key is painted in, measured on the same page with a key that changes a title only;
that of the second is opening a review's page by its address, which is what comes after the submit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from playwright.sync_api import Page

from tests.bench import world
from tests.bench.figures import Figure, latency
from tests.bench.pixel import browser

REVIEWS, MESSAGES = 14, 40
KEYS_A_FORM = 6  # lines of the form that a portal begins with
# From the event's own time to the clock after the frame was painted that followed it.
FELT = """() => {
  window.benchKeys = [];
  addEventListener("keydown", (event) => {
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => window.benchKeys.push(performance.now() - event.timeStamp);
      after.port2.postMessage(0);
    });
  }, { capture: true });
}"""


# Resolves once so many keys were painted; it looks by itself, for the page forbids what is made from a text.
PAINTED = "n => new Promise((done) => { const look = () => (window.benchKeys.length >= n ? done() : setTimeout(look, 5)); look(); })"


def run(seconds: float | None) -> list[Figure]:
    """Score conversations one after the other, by keys alone, and submit each."""
    now = datetime.now(UTC)
    world.open_past_days(now)
    world.source(now)
    queues = world.queues(1)
    user = world.account("bench-reviewer", "qa", queue_keys=queues)
    first = _drafts(user, queues[0], now)
    count = REVIEWS if seconds is None else max(4, int(seconds))
    with browser() as chromium, world.portal() as port:
        address = f"http://127.0.0.1:{port}"
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": world.session_of(user), "url": address}])
        page = context.new_page()
        opened = [_timed(page, lambda: page.goto(f"{address}/reviews/{first}")) for _ in range(5)]
        page.evaluate(FELT)
        for _ in range(30):
            page.keyboard.press("F8")
        bare = _felt(page, 30)
        page.goto(f"{address}/reviews/{first}")
        keys, nexts = [], []
        for _ in range(count - 1):
            keys += _score(page)
            nexts.append(_timed(page, partial(_submit, page, page.url)))
    return [
        latency(name="scoring key to painted score", seconds=keys, word="p95", target_ms=100, limit_name="a key that marks nothing",
                limit_seconds=bare, note=f"{MESSAGES} messages in the transcript, each key marks a line and the draft is saved beside."),
        latency(name="submit and open the next", seconds=nexts, word="p95", target_ms=1000, limit_name="opening a review's page",
                limit_seconds=opened, note="until the next form answers keys."),
    ]  # fmt: skip


def _drafts(user: object, queue: str, now: datetime) -> str:
    """Drafts of one reviewer, each of a conversation with messages; return the key of the oldest."""
    from apps.access.viewer import viewer_for
    from apps.agents.models import Agent, Team
    from apps.interactions.models import Conversation, Message, Participation
    from apps.reviews import services

    services.seed(at=now)
    agent = Agent.objects.create(kind="human", name="Asha Verma", team=Team.objects.create(name="Bench"))
    keys = []
    for n in range(REVIEWS):
        began = now - timedelta(hours=3, minutes=n)
        talk = Conversation.objects.create(
            id=uuid4(), source=world.SOURCE, external_id=f"s{n}", channel="webchat", queue_id=queue, started_at=began,
            last_event_at=began + timedelta(minutes=MESSAGES), is_open=False,
        )  # fmt: skip
        Participation.objects.create(conversation=talk, n=1, agent=agent, joined_at=began, messages=MESSAGES // 2)
        Message.objects.bulk_create(
            Message(
                id=uuid4(), conversation_id=talk.pk, author_kind="agent" if m % 2 else "customer", agent_id=agent.pk if m % 2 else None,
                kind="text", text=f"This is sentence number {m} of a talk about a parcel.", sent_at=began + timedelta(minutes=m),
                recorded_at=now, sequence="",
            )
            for m in range(MESSAGES)
        )  # fmt: skip
        viewer = viewer_for(user)  # type: ignore[arg-type]
        keys.append(services.begin(by=viewer, conversation=talk.pk, agent=agent.pk, at=now + timedelta(seconds=n)).pk)
    return str(keys[0])


def _felt(page: Page, n: int) -> list[float]:
    page.evaluate(PAINTED, n)
    return [float(one) / 1000 for one in page.evaluate("window.benchKeys")]


def _score(page: Page) -> list[float]:
    """Mark every line of a form by its key; return how long each took to be painted."""
    page.wait_for_selector("form.is-scripted [data-line].is-current")
    page.evaluate(FELT)
    for n in range(KEYS_A_FORM):
        line = page.evaluate("document.querySelector('[data-line].is-current').dataset.line")
        page.keyboard.press("p" if line == "follows-policy" else "4")
        page.evaluate(PAINTED, n + 1)
    page.wait_for_selector("[data-submit]:not([disabled])")
    return _felt(page, KEYS_A_FORM)


def _submit(page: Page, here: str) -> None:
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != here)
    page.wait_for_selector("form.is-scripted [data-line].is-current")


def _timed(page: Page, work: Callable[[], object]) -> float:
    began = page.evaluate("performance.timeOrigin + performance.now()")
    work()
    return (float(page.evaluate("performance.timeOrigin + performance.now()")) - float(began)) / 1000
