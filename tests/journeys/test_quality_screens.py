"""The screens of quality on a small floor whose every row is known: readable for all in both themes, never wider than the window."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.agents.models import Agent
from apps.reviews import draws, planning
from apps.reviews.models import Assignment, Draw, SamplingPlan
from tests.console.floors import on_shift
from tests.journeys.test_screens import Screen, address, looked_at_by, troubles_of
from tests.reviews.conftest import Floor, floor
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
    for person in people[:3]:
        for n in range(12):
            closed(
                person,
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


@dataclass(frozen=True)
class Filled:
    """Screens that are filled by one set-up."""

    fill: Callable[[Floor], None]
    screens: tuple[Screen, ...]


SCREENS = (
    Filled(draws_of, (
        Screen("plans", "mona", lambda: reverse("plans")),
        Screen("plan", "mona", lambda: reverse("plan", args=[SamplingPlan.objects.get(name="People, weekly").pk])),
        Screen("draw", "mona", lambda: reverse("draw", args=[Draw.objects.get(plan__name="People, weekly").pk])),
    )),
)  # fmt: skip


@pytest.mark.parametrize("filled", SCREENS, ids=lambda one: one.fill.__name__)
def test_a_screen_of_quality_is_for_everybody_and_fits_every_window(
    filled: Filled, clean: Page, address: str, floor: Floor, monkeypatch: pytest.MonkeyPatch
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
