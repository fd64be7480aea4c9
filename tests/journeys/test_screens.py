"""Every screen on one fixed afternoon: readable for all in both themes, never wider than the window, quiet in the console.

`pytest tests/journeys/test_screens.py --write-pictures` writes the pictures of the README anew; an ordinary run does not.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from apps.access.models import User
from apps.access.roles import Role
from apps.access.services import make_wall_link
from apps.access.viewer import viewer_for
from apps.agents.models import Agent
from apps.alerts.models import Rule
from apps.coaching import services as coaching
from apps.demo import acting, feedback, learning, quality, sampled
from apps.interactions.models import Conversation, Message, Queue
from apps.reviews import services as reviews
from apps.reviews.models import Review, Rubric, SecondLook
from apps.shared.models import Outbox
from apps.shared.outbox import dispatch
from tests.journeys.afternoon import AT, play
from tests.journeys.numbers import silent
from tests.ui.test_in_the_browser import findings

pytestmark = [pytest.mark.django_db(transaction=True)]

PICTURES = Path(__file__).parents[1] / "pictures"
LARGEST = 150_000
WIDTHS = (390, 1440)
MORE_WIDTHS = (834, 1920)
A4_PIXELS = 794  # 210 mm at 96 to the inch


@dataclass(frozen=True)
class Screen:
    """One screen: who looks at it, and where it is, once there is a shop."""

    name: str
    person: str
    address: Callable[[], str]


def person_named(name: str) -> str:
    return reverse("person", args=[Agent.objects.get(name=name).pk])


def scorecard_of(name: str) -> str:
    return reverse("scorecard", args=[Agent.objects.get(name=name).pk]) + "?window=today"


def noted() -> str:
    """The notes of somebody who was sent one about a conversation of theirs."""
    agent = Agent.objects.get(name="Asha Verma")
    talk = Conversation.objects.filter(holder=agent, is_open=True, customer_messages__gt=0).order_by("started_at")[0]
    said = Message.objects.filter(conversation_id=talk.pk, author_kind="customer").latest("sent_at")
    coaching.send(
        by=viewer_for(User.objects.get(username="lena")), agent=agent.pk, key=uuid4(), conversation=talk.pk, message=said.pk,
        text="Say back what the customer told you, then name the next step.", at=AT - timedelta(minutes=2),
    )  # fmt: skip
    return reverse("my_notes")


def handed_over() -> str:
    """A finished billing conversation that went from the AI agent to a person and holds masked data."""
    found = Conversation.objects.filter(
        queue__name="Billing chat", handoffs__gt=0, is_open=False, human_messages__gt=3, human_messages__lt=8,
        outcome="handled", language__startswith="en",
    )  # fmt: skip
    return reverse("conversation", args=[found.order_by("-resolved_at", "pk")[0].pk])


def judged(place: str) -> str:
    """A page of quality, once there are reviews: of a draft of Quentin's, or of a review of Asha's that she doubted."""
    reviews.seed(at=AT)
    assert quality.fill(at=AT)
    if place == "review":
        found = Review.objects.filter(submitted_at=None, reviewer__username="quentin").order_by("begun_at")[0]
        return reverse(place, args=[found.pk])
    return reverse(place, args=[SecondLook.objects.filter(outcome="accepted")[0].review_id])


def once(fill: Callable[..., bool], place: str) -> Callable[[], str]:
    """A page that shows what the demo's `fill` leaves, which does its work once."""

    def address() -> str:
        assert fill(at=AT)
        return reverse(place)

    return address


def acted(*, at: datetime) -> bool:
    """What leads did, with the steps that follow it."""
    # What the day's events were followed by is there already.
    Outbox.objects.filter(dispatched_at=None).update(dispatched_at=at)
    done = acting.act(at=at, on=f"{at:%F}")
    while dispatch(at=at):
        pass
    return done > 5


def wallboard() -> str:
    """A wallboard, by a link of its own."""
    adam = viewer_for(User.objects.get(username="adam"))
    return reverse("wall", args=[make_wall_link(by=adam, name="Care room", at=AT)])


EMPTY = (
    Screen("sign-in", "", lambda: reverse("signin")),
    Screen("first-steps", "adam", lambda: reverse("welcome")),
)
FILLED = (
    Screen("floor", "lena", lambda: reverse("home")),
    Screen("queue", "lena", lambda: reverse("queue", args=[Queue.objects.get(name="Billing chat").pk])),
    Screen("people", "lena", lambda: reverse("people")),
    Screen("person", "lena", lambda: person_named("Tomás Reyes")),
    Screen("alerts", "lena", lambda: reverse("alerts")),
    Screen("how-i-am-told", "lena", lambda: reverse("how_i_am_told")),
    Screen("webhooks", "adam", lambda: reverse("endpoints")),
    Screen("silences", "lena", lambda: reverse("silences")),
    Screen("alert-quality", "lena", lambda: reverse("alert_quality")),
    Screen("thresholds", "adam", lambda: reverse("thresholds")),
    Screen("threshold", "adam", lambda: reverse("threshold", args=[Rule.objects.get(key="first-reply").pk])),
    Screen("my-shift", "asha", lambda: reverse("my_shift")),
    Screen("scorecards", "lena", lambda: reverse("scorecards")),
    Screen("scorecard", "lena", lambda: scorecard_of("Asha Verma")),
    Screen("coaching-notes", "asha", noted),
    Screen("number", "lena", lambda: reverse("metric_page", args=["service_level"])),
    Screen("operations", "olu", lambda: reverse("ops")),
    Screen("ai-agents", "olu", lambda: reverse("ai")),
    Screen(
        "ai-agent",
        "olu",
        lambda: reverse("ai_agent", args=[Agent.objects.filter(kind="ai").order_by("name")[0].pk]),
    ),
    Screen("conversations", "mona", lambda: reverse("conversations")),
    Screen("conversation", "quentin", handed_over),
    Screen("review", "quentin", lambda: judged("review")),
    Screen("reviews", "quentin", lambda: reverse("reviews")),
    Screen("my-review", "asha", lambda: judged("my_review")),
    Screen("second-looks", "mona", lambda: reverse("second_looks")),
    Screen("rubric", "mona", lambda: reverse("rubric", args=[Rubric.objects.get(key="people").pk])),
    Screen("patterns", "mona", lambda: reverse("patterns")),
    Screen("automatic-scores", "mona", once(sampled.fill, "automatic")),
    Screen("calibration", "mona", lambda: reverse("calibrations")),
    Screen("good-examples", "mona", once(learning.fill, "exemplars")),
    Screen("feedback", "lena", once(feedback.fill, "feedback")),
    Screen("did-it-work", "lena", once(acted, "interventions")),
    Screen("routing", "lena", lambda: reverse("routing")),
    Screen("shift-report", "lena", lambda: reverse("shift_report", args=[AT.date().isoformat()])),
    Screen("hand-over", "lena", lambda: reverse("handover")),
    Screen("shifts", "adam", lambda: reverse("shifts")),
    Screen("reply-rules", "adam", lambda: reverse("phrases")),
    Screen("what-reads-messages", "lena", lambda: reverse("what_reads_messages")),
    Screen("sources", "adam", lambda: reverse("sources")),
    Screen("people-and-access", "adam", lambda: reverse("accounts")),
    Screen("health", "adam", lambda: reverse("health")),
    Screen("wallboard", "", wallboard),
)


@pytest.fixture
def address(settings: Any, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The portal in this process, with a clock that stands still."""
    settings.STATIC_ROOT = settings.DATA_DIR = tmp_path
    settings.MIDSHIFT_PUBLIC_URL = "http://127.0.0.1:8321"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    monkeypatch.setattr(timezone, "now", lambda: AT)
    return str(request.getfixturevalue("live_server").url)


@contextmanager
def looked_at_by(page: Page, address: str, name: str) -> Iterator[None]:
    """Be signed in as somebody of the shop."""
    page.context.clear_cookies()
    if name:
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    yield


def troubles_of(page: Page, screen: Screen) -> list[str]:
    """What is wrong with a screen, in either theme and at each width."""
    found = []
    # Colours do not depend on the width: the narrow window is looked at in one theme, each in turn. And a theme changes nothing but
    # colours: in the second one of a window the rules of colour are asked again.
    narrow = ("light", "dark")[len(screen.name) % 2]
    for width, themes in ((390, (narrow,)), (1440, ("light", "dark"))):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in themes:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            of_colour = theme != themes[0]
            found += [f"{screen.name} {width} {theme}: {one}" for one in findings(page, of_colour=of_colour)]
    for width in WIDTHS + MORE_WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{screen.name} is {wide} px wide at {width}"] if wide > width else []
    return found


def troubles_on_paper(page: Page, screen: Screen) -> list[str]:
    """What is wrong with a screen on a sheet of A4, of somebody who works in the dark theme."""
    page.set_viewport_size({"width": A4_PIXELS, "height": 1123})
    page.emulate_media(media="print", color_scheme="dark", reduced_motion="reduce")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = [f"{screen.name} is {wide} px wide on paper"] if wide > A4_PIXELS else []
    for part in (".l-rail", ".l-top", ".s-noprint"):
        found += [f"{screen.name} prints {part}"] if page.locator(part).locator("visible=true").count() else []
    ink = page.evaluate("getComputedStyle(document.querySelector('h1')).color.match(/\\d+/g).slice(0, 3).map(Number)")
    found += [f"{screen.name} is printed in light ink: {ink}"] if max(ink) > 100 else []
    found += [] if page.pdf(format="A4").startswith(b"%PDF") else [f"{screen.name} cannot be printed"]
    page.evaluate("delete document.documentElement.dataset.theme")
    page.emulate_media(media="screen")
    return found


def write(page: Page, name: str) -> None:
    """Write a picture of what is in the window, in few colours."""
    # A wallboard hangs on a screen of its own size.
    size = {"width": 1920, "height": 1080} if name == "wallboard" else {"width": 1440, "height": 900}
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.evaluate("document.fonts.ready")
    picture = (
        Image.open(io.BytesIO(page.screenshot()))
        .convert("RGB")
        .quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    PICTURES.mkdir(exist_ok=True)
    picture.save(PICTURES / f"{name}.png", optimize=True)


def test_every_screen_is_for_everybody_and_fits_every_window(
    clean: Page, address: str, request: pytest.FixtureRequest
) -> None:
    # The socket has tests of its own; here nothing must move.
    clean.route("**/js/live.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    User.objects.create_user("adam", password="x", role=Role.ADMIN, display_name="Adam Holt")
    found: list[str] = []
    for screens in (EMPTY, FILLED):
        if screens is FILLED:
            User.objects.all().delete()
            play()
        for screen in screens:
            with looked_at_by(clean, address, screen.person):
                path = screen.address()
                answer = clean.goto(f"{address}{path}{'&' if '?' in path else '?'}still")
                assert answer is not None
                assert answer.status == 200, screen
                expect(clean.locator("h1").first).to_be_visible()
                if screen.name == "queue":
                    expect(clean.locator("[data-trend] canvas")).to_be_visible()
                found += troubles_of(clean, screen)
                found += [f"{screen.name}: {one}" for one in silent(clean)]
                if screen.name == "shift-report":
                    found += troubles_on_paper(clean, screen)
                if request.config.getoption("--write-pictures"):
                    clean.emulate_media(color_scheme="light", reduced_motion="reduce")
                    write(clean, screen.name)
                    if screen.name == "floor":
                        clean.emulate_media(color_scheme="dark", reduced_motion="reduce")
                        write(clean, "floor-dark")
    assert found == []


SAYS = '<section title="{title}"><h2>Replies</h2><p>{number}</p></section>'


@pytest.mark.parametrize(
    ("fresh", "title", "lacks"),
    [("", "", "window, cases, moment"), ("data-freshness", "", "window, cases"), ("data-freshness", "last hour", "cases"),
     ("data-freshness", "n 12", "window"), ("", "n 12, last hour", "moment"), ("data-freshness", "12 replies in the last hour", "")],
)  # fmt: skip
def test_a_number_that_keeps_something_to_itself_is_found(page: Page, fresh: str, title: str, lacks: str) -> None:
    page.set_content(f"<i {fresh}></i><main><h1>Floor</h1>{SAYS.format(title=title, number='41%')}</main>")
    assert silent(page) == ([f"41% in “41%” of “Replies” says no {lacks}"] if lacks else [])


def test_every_screen_has_its_small_picture_in_the_readme() -> None:
    readme = (Path(django_settings.BASE_DIR) / "README.md").read_text(encoding="utf-8")
    for screen in EMPTY + FILLED:
        picture = PICTURES / f"{screen.name}.png"
        assert picture.stat().st_size < LARGEST, picture
        assert f"(tests/pictures/{screen.name}.png)" in readme
    assert {f"{screen.name}.png" for screen in EMPTY + FILLED} | {"floor-dark.png"} == {
        path.name for path in PICTURES.iterdir()
    }
