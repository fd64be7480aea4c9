"""The screens of quality on a small floor whose every row is known: readable for all in both themes, never wider than the window."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.coaching import sheets
from apps.coaching.facts import FeedbackChanged
from apps.coaching.models import Sheet
from apps.coaching.sheets import Said
from apps.interactions.models import BotTurn, Message
from apps.interventions import services as interventions
from apps.interventions.models import Look
from apps.learning import lists
from apps.learning import services as learning
from apps.learning.models import Exemplar, ReadingList
from apps.learning.services import Asked
from apps.reviews import calibrating, draws, planning
from apps.reviews.drafts import Entry
from apps.reviews.models import Assignment, Calibration, Draw, Line, Mark, Review, Rubric, SamplingPlan
from tests.conftest import person
from tests.console.floors import conversation, on_shift
from tests.journeys.test_screens import Screen, address, looked_at_by, troubles_of
from tests.reviews.conftest import Floor, floor
from tests.reviews.rows import judged
from tests.reviews.test_calibration import called, scored
from tests.reviews.test_draws import LAST_WEEK, NOW, asked, closed, drawn

__all__ = ["address", "floor"]
pytestmark = [pytest.mark.django_db(transaction=True)]
# A folder for pictures to look at; nothing is written without it.
LOOK = os.environ.get("MIDSHIFT_LOOK", "")


@pytest.fixture
def noon() -> object:
    """The moment at which this floor stands still."""
    return NOW


def draws_of(floor: Floor) -> None:
    """A plan that has drawn for a small team, one person of which had nothing; one pick was replaced, and a plan that failed."""
    people = [floor.agent, *(on_shift(name, floor.team, NOW) for name in ("Ben Ode", "Chloe Tan", "Dina Berg"))]
    Agent.objects.filter(team=floor.team).update(is_listed=True)
    for one in people[:3]:
        for n in range(12):
            closed(
                one,
                floor.queue,
                LAST_WEEK + timedelta(hours=11 * n),
                stars=1 if n % 4 == 0 else 5 if n % 4 == 1 else None,
            )
    plan = planning.save(by=floor.mona, pk=None, asked=asked(floor.quentin, floor.mona, name="People, weekly"), at=NOW)
    drawn(plan)
    lost = Assignment.objects.filter(reviewer=floor.quentin.user, part="random").first()
    assert lost is not None
    draws.replace(by=floor.quentin, pk=lost.pk, because="language", at=NOW)
    drawn(planning.save(by=floor.mona, pk=None, asked=asked(floor.mona, name="AI agents, weekly", family="ai"), at=NOW))


def judged_weeks(floor: Floor) -> None:
    """Five weeks of reviews of people and of an AI agent, some lines missed more than others, and a change of the prompt."""
    chance = Random(7)
    people = [
        floor.agent,
        *(on_shift(name, floor.team, NOW) for name in ("Ben Ode", "Chloe Tan", "Dina Berg", "Emil Fox")),
    ]
    for family, agents in (("people", people), ("ai", [floor.ai])):
        lines = list(Line.objects.filter(version__rubric__family=family).select_related("version"))
        for week in range(5):
            at = NOW - timedelta(days=7 * week, hours=2)
            talks = [
                conversation(floor.queue, at, tags=[chance.choice(["refund", "delivery_late"])])
                for _ in range(26 if week else 12)
            ]
            made = Review.objects.bulk_create(
                Review(
                    conversation=talk, agent=chance.choice(agents), version=lines[0].version, reviewer=floor.mona.user, pick="random",
                    begun_at=at, saved_at=at, submitted_at=at, score=chance.randint(60, 98),
                )
                for talk in talks
            )  # fmt: skip
            Mark.objects.bulk_create(
                Mark(
                    review=one, line=line, step=((low := chance.random() < 0.06 * line.place) and 1) or 2, causes=list(line.causes[:1] if low else ()),
                    comment="It was not what the customer had asked." if low else "",
                )
                for one in made
                for line in lines
            )  # fmt: skip
    BotTurn.objects.create(
        id=uuid4(), event_id=uuid4(), conversation_id=floor.talk.pk, happened_at=NOW - timedelta(days=15), agent_id=floor.ai.pk,
        prompt_version="returns 14",
    )  # fmt: skip


def sessions_of(floor: Floor) -> None:
    """A session that two have scored and talked over, and one that waits for Quentin."""
    session = called(floor, NOW)
    scored(
        session,
        floor.mona,
        NOW,
        {"shows-heard": Entry(step=2, evidence=(floor.said[3],), causes=("Script only",), comment="Not heard")},
    )
    scored(session, floor.quentin, NOW, {"right-answer": Entry(step=3)})
    calibrating.note(
        by=floor.mona, pk=session.pk, line=Line.objects.get(version=session.version, key="shows-heard").pk,
        text="Saying the order number back is not yet hearing.", at=NOW,
    )  # fmt: skip
    calibrating.close(by=floor.mona, pk=session.pk, at=NOW + timedelta(minutes=1))
    floor.talk = closed(floor.agent, floor.queue, LAST_WEEK)
    called(floor, NOW)
    closed(floor.agent, floor.queue, LAST_WEEK)


def examples_of(floor: Floor) -> None:
    """Three examples, of which one waits for Asha's answer, and a list that she has begun."""
    Message.objects.filter(pk=floor.said[0]).update(
        text="I ordered on Monday, my card is [card 1], and it is not here yet."
    )
    rubric = Rubric.objects.get(family="people").pk
    made = []
    for topic, line in (("refunds", "right-answer"), ("a date", "next-step"), ("tone of voice", "warm-and-plain")):
        asked_for = Asked(
            conversation=floor.talk.pk, why="The day by which it is done stands there before the customer asks.", topic=topic,
            rubric=rubric, lines=[line],
        )  # fmt: skip
        made.append(learning.share(by=floor.quentin, key=uuid4(), asked=asked_for, at=NOW))
    for one in made[:2]:
        learning.answer(by=floor.asha, pk=one.pk, is_given=True, at=NOW)
    listed = lists.make(by=floor.lena, name="Your first week", team=floor.team.pk, at=NOW)
    for one in made[:2]:
        lists.add(by=floor.lena, pk=listed.pk, exemplar=one.pk, at=NOW)
    on_shift("Ben Ode", floor.team, NOW)
    lists.give(by=floor.lena, pk=listed.pk, agent=None, at=NOW)
    learning.mark_read(by=floor.asha, pk=made[0].pk, at=NOW)


def conversations_with(floor: Floor) -> None:
    """Asha's conversation was held, answered and judged; the next one is prepared; with Ben one is due."""
    judged(floor.agent, floor.talk, floor.quentin.user, NOW - timedelta(days=9), step=1)
    Agent.objects.filter(pk=on_shift("Ben Ode", floor.team, NOW).pk).update(user=person("ben", "agent").user)
    for days, metric in ((8, "csat"), (0, "line:next-step")):
        at = NOW - timedelta(days=days)
        made = sheets.prepare(
            by=floor.lena, agent=floor.agent.pk, key=uuid4(), metric=metric, at=at,
            points=[Said("next-step", "Write the day in a line of its own."), Said("shows-heard", "Say it back in one line.")],
        )  # fmt: skip
        if days:
            sheets.hold(by=floor.lena, pk=made.pk, steps="The day before every close.", steps_by=NOW.date(), at=at)
            sheets.acknowledge(by=floor.asha, pk=made.pk, own_words="When it is full I leave it out.", at=at)
            interventions.feedback_changed(FeedbackChanged(sheet_id=made.pk, user_id=floor.asha.user.pk, at=at), at)
    Look.objects.filter(horizon="day1").update(
        judged_at=NOW, verdict="improved", effect=0.12, low=0.03, high=0.21, expected=0.7, before=0.68, after=0.82, n_before=34, n_after=36,
        stretches=22,
    )  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """Screens that are filled by one set-up."""

    fill: Callable[[Floor], None]
    screens: tuple[Screen, ...]


SCREENS = (
    Filled(sessions_of, (
        Screen("calibrations", "mona", lambda: reverse("calibrations")),
        Screen("calibration", "quentin", lambda: reverse("calibration", args=[Calibration.objects.earliest("closed_at").pk])),
        Screen("calibration-blind", "quentin", lambda: reverse("calibration", args=[Calibration.objects.get(closed_at=None).pk])),
    )),
    Filled(judged_weeks, (
        Screen("patterns", "mona", lambda: reverse("patterns") + "?since=prompt-returns+14"),
        Screen("automatic", "mona", lambda: reverse("automatic")),
        Screen("patterns-ops", "olu", lambda: reverse("patterns")),
        Screen("pattern", "mona", lambda: reverse("pattern_behind", args=["people", "next-step", "2026-11-16"])),
    )),
    Filled(examples_of, (
        Screen("examples", "asha", lambda: reverse("exemplars")),
        Screen("examples-lead", "lena", lambda: reverse("exemplars") + "?topic=refunds"),
        Screen("example-asked", "asha", lambda: reverse("exemplar", args=[Exemplar.objects.get(opened_at=None).pk])),
        Screen("example", "quentin", lambda: reverse("exemplar", args=[Exemplar.objects.get(topic="refunds").pk])),
        Screen("example-share", "mona", lambda: reverse("exemplar_share", args=[Exemplar.objects.earliest("pk").conversation_id])),
        Screen("reading-lists", "lena", lambda: reverse("reading_lists")),
        Screen("reading-list", "lena", lambda: reverse("reading_list", args=[ReadingList.objects.get().pk])),
    )),
    Filled(conversations_with, (
        Screen("feedback", "lena", lambda: reverse("feedback")),
        Screen("feedback-quality", "mona", lambda: reverse("feedback")),
        Screen("feedback-new", "lena", lambda: reverse("feedback_new", args=[Agent.objects.get(name="Asha Verma").pk])),
        Screen("feedback-prepared", "lena", lambda: reverse("feedback_sheet", args=[Sheet.objects.get(held_at=None).pk])),
        Screen("feedback-own", "asha", lambda: reverse("feedback_sheet", args=[Sheet.objects.exclude(held_at=None).get().pk])),
        Screen("my-feedback", "asha", lambda: reverse("my_feedback")),
    )),
    Filled(draws_of, (
        Screen("to-review", "quentin", lambda: reverse("reviews")),
        Screen("plans", "mona", lambda: reverse("plans")),
        Screen("plan", "mona", lambda: reverse("plan", args=[SamplingPlan.objects.get(name="People, weekly").pk])),
        Screen("draw", "mona", lambda: reverse("draw", args=[Draw.objects.get(plan__name="People, weekly").pk])),
    )),
)  # fmt: skip


@pytest.mark.parametrize("filled", SCREENS, ids=lambda one: one.fill.__name__)
def test_a_screen_of_quality_is_for_everybody_and_fits_every_window(
    filled: Filled, clean: Page, address: str, floor: Floor, olu: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean.route("**/js/live.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    filled.fill(floor)
    found: list[str] = []
    for screen in filled.screens:
        with looked_at_by(clean, address, screen.person):
            answer = clean.goto(f"{address}{screen.address()}")
            assert answer is not None
            assert answer.status == 200, screen
            expect(clean.locator("h1").first).to_be_visible()
            found += troubles_of(clean, screen)
            if LOOK:
                _write(clean, screen.name)
    assert found == []


def _write(page: Page, name: str) -> None:
    for width, theme in ((1440, "light"), (1440, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.screenshot(path=Path(LOOK) / f"{name}-{width}-{theme}.png", full_page=width == 390)
