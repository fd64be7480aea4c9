"""What an AI agent's confidence is worth, by the verdicts of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.agents.models import Agent
from apps.interactions.models import BotTurn
from apps.reviews import rubrics
from apps.reviews.confidence import OfModel, confidence_curves
from apps.reviews.models import Line, Mark, Review
from apps.reviews.reliability import Judged, curve
from apps.reviews.spec import Family
from tests.console.floors import conversation
from tests.reviews.conftest import Floor


def verdicts(*told: tuple[float, int, int]) -> list[Judged]:
    """Verdicts told as (confidence, right, of so many)."""
    return [Judged(sure, n < right) for sure, right, of in told for n in range(of)]


def test_each_tenth_says_how_often_it_was_right_with_its_n_and_its_interval() -> None:
    found = curve(verdicts((0.95, 6, 10), (0.45, 5, 10)))
    low, high = found.bins
    assert [(one.low, one.high, one.n, one.share) for one in (low, high)] == [(0.4, 0.5, 10, 0.5), (0.9, 1.0, 10, 0.6)]
    assert high.interval == (pytest.approx(0.3127, abs=1e-4), pytest.approx(0.8318, abs=1e-4))
    # 0.95 lies outside of what chance explains, 0.45 does not.
    assert (low.is_off, high.is_off) == (False, True)


def test_the_error_is_the_mean_distance_and_the_gap_says_that_it_promises_too_much() -> None:
    found = curve(verdicts((0.95, 6, 10), (0.45, 5, 10)))
    assert found.error == pytest.approx((0.35 + 0.05) / 2)
    assert found.gap == pytest.approx((0.95 + 0.45) / 2 - 0.55)


def test_the_fit_never_falls_and_a_full_confidence_stands_in_the_last_tenth() -> None:
    found = curve(verdicts((0.3, 4, 8), (0.6, 2, 8), (0.8, 7, 8), (1.0, 8, 8)))
    assert found.steps == ((0.3, 6 / 16), (0.8, 7 / 8), (1.0, 1.0))
    assert [found.worth(sure) for sure in (0.1, 0.7, 0.85, 1.0)] == [6 / 16, 6 / 16, 7 / 8, 1.0]
    assert (found.bins[-1].low, found.bins[-1].high) == (0.9, 1.0)


def test_below_twenty_verdicts_nothing_is_said_but_their_number() -> None:
    found = curve(verdicts((0.9, 10, 19)))
    assert (found.n, found.error, found.gap, found.worth(0.9), found.is_enough) == (19, None, None, None, False)
    assert curve([]).steps == ()


@pytest.fixture
def ai(floor: Floor) -> Agent:
    return Agent.objects.create(kind="ai", name="Bo")


def reviewed(
    floor: Floor, ai: Agent, at: datetime, *turns: dict[str, object], step: int = 4, pick: str = "random", evidence: tuple[UUID, ...] = (),
    key: str = "understands",
) -> Review:  # fmt: skip
    """A released review with one mark, of a conversation with these turns of the agent."""
    talk = conversation(floor.queue, at)
    for n, values in enumerate(turns):
        BotTurn.objects.create(
            **{"id": uuid4(), "event_id": uuid4(), "conversation_id": talk.pk, "agent_id": ai.pk, "model": "m-1",
               "happened_at": at + timedelta(seconds=n), **values}
        )  # fmt: skip
    version = rubrics.default_version(Family.AI)
    assert version is not None
    made = Review.objects.create(
        conversation=talk, agent=ai, version=version, reviewer=floor.mona.user, pick=pick, begun_at=at, saved_at=at, submitted_at=at,
        releases_at=at, score=90,
    )  # fmt: skip
    Mark.objects.create(
        review=made, line=Line.objects.get(version=version, key=key), step=step, evidence=list(evidence)
    )
    return made


def curves(ai: Agent, at: datetime) -> tuple[OfModel, ...]:
    return confidence_curves(agent=ai.pk, since=at - timedelta(days=1), until=at + timedelta(days=1))


@pytest.mark.django_db
def test_a_review_is_one_verdict_on_how_sure_the_agent_was_in_it(floor: Floor, ai: Agent, noon: datetime) -> None:
    reviewed(floor, ai, noon, {"confidence": 0.9}, {"confidence": 0.7})
    reviewed(floor, ai, noon, {"confidence": 0.94}, step=1)
    reviewed(floor, ai, noon, {"confidence": 0.94}, step=1, key="true-answer")
    (found,) = curves(ai, noon)
    assert (found.model, found.curve.n, found.curve.right) == ("m-1", 3, 1)
    assert [(one.n, one.right, round(one.confidence, 3)) for one in found.curve.bins] == [(1, 1, 0.8), (2, 0, 0.94)]


@pytest.mark.django_db
def test_a_mark_speaks_of_the_turns_that_its_evidence_names(floor: Floor, ai: Agent, noon: datetime) -> None:
    wrong = uuid4()
    reviewed(
        floor, ai, noon, {"confidence": 0.2}, {"confidence": 0.94, "reply_message_id": wrong}, step=1, evidence=(wrong,)
    )
    (found,) = curves(ai, noon)
    assert [one.confidence for one in found.curve.bins] == [0.94]


@pytest.mark.django_db
def test_the_printed_confidence_of_a_fallback_is_never_trusted(floor: Floor, ai: Agent, noon: datetime) -> None:
    threshold = {"confidence": 0.85, "is_fallback": True}
    reviewed(floor, ai, noon, threshold)
    assert curves(ai, noon) == ()
    reviewed(
        floor, ai, noon, threshold | {"details": {"alternatives": [{"intent": "nlu_fallback", "confidence": 0.85}, {"intent": "refund", "confidence": 0.4}]}}
    )  # fmt: skip
    (found,) = curves(ai, noon)
    assert [one.confidence for one in found.curve.bins] == [0.4]


@pytest.mark.django_db
def test_only_what_chance_picked_counts_and_models_are_kept_apart(floor: Floor, ai: Agent, noon: datetime) -> None:
    reviewed(floor, ai, noon, {"confidence": 0.9}, pick="risk")
    for _ in range(2):
        reviewed(floor, ai, noon, {"confidence": 0.9, "model": "m-2"})
    reviewed(floor, ai, noon, {"confidence": 0.9})
    reviewed(floor, ai, noon, {"confidence": 0.9}, {"confidence": 0.9, "model": "m-2"})  # both answered: whose is it?
    assert [(one.model, one.curve.n) for one in curves(ai, noon)] == [("m-2", 2), ("m-1", 1)]
