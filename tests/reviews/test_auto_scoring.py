"""The automatic quality score: apart from people's, used only where it agrees with them, made once whoever rings."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.agents.models import AgentKind
from apps.agents.reach import Reach
from apps.analysis import tone
from apps.analysis.models import Reading
from apps.interactions.models import Conversation, Participation
from apps.reviews import auto_scoring, queries, rubrics
from apps.reviews.automatic import AutoScore
from apps.reviews.models import Mark, Pick, Review
from apps.reviews.spec import Family
from apps.shared.errors import NotAllowed
from tests.console.floors import holds
from tests.reviews.conftest import Floor, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_static")]
COLD, WARM = "As I already told you, that is not our problem.", "I am so sorry to hear that."


def over(floor: Floor, at: datetime, text: str = WARM, *, is_open: bool = False, messages: int = 2) -> Conversation:
    """A conversation of Asha's that was over at a moment, its reply read as the worker reads it."""
    talk = holds(floor.agent, floor.queue, at - timedelta(minutes=30))
    words(talk, at - timedelta(minutes=20))
    key = words(talk, at - timedelta(minutes=10), by=floor.agent, text=text)
    Conversation.objects.filter(pk=talk.pk).update(is_open=is_open, last_event_at=at)
    Participation.objects.filter(conversation=talk).update(messages=messages)
    read = tone.read(text)
    Reading.objects.create(
        message_id=key, part=read.part, conversation_id=talk.pk, sent_at=at, label=read.label, score=read.score, model=read.model,
        version=read.version, text_checksum=0, read_at=at,
    )  # fmt: skip
    return talk


def judged_first(floor: Floor, talk: Conversation, at: datetime, *, first: int, step: int) -> None:
    """A review of a part in which the tone was marked `first`, and `step` after."""
    version = rubrics.default_version(Family.PEOPLE)
    assert version is not None
    review = Review.objects.create(
        conversation=talk, agent=floor.agent, version=version, reviewer=floor.quentin.user, pick=Pick.RANDOM, begun_at=at, saved_at=at,
        submitted_at=at, releases_at=at, score=60, raw_score=60,
    )  # fmt: skip
    Mark.objects.create(
        review=review, line=version.lines.get(key="warm-and-plain"), step=step, first_step=None if first < 0 else first
    )


def tone_of(mona: Viewer, at: datetime) -> auto_scoring.LineTrust:
    people = next(one for one in auto_scoring.panels(viewer=mona, at=at) if one.family == Family.PEOPLE)
    return next(one for one in people.lines if one.line.key == "warm-and-plain")


def test_what_is_over_and_eligible_is_marked_once(floor: Floor, noon: datetime) -> None:
    Conversation.objects.filter(pk=floor.talk.pk).update(is_open=True)
    talk = over(floor, noon - timedelta(hours=1), COLD)
    over(floor, noon - timedelta(hours=2), is_open=True)
    over(floor, noon - timedelta(hours=3), messages=1)
    over(floor, noon - timedelta(minutes=5))  # not settled yet
    over(floor, noon - timedelta(weeks=9))
    assert auto_scoring.score_due(at=noon) == 1
    (made,) = AutoScore.objects.all()
    assert (made.conversation_id, made.agent_id, made.marks["warm-and-plain"]) == (talk.pk, floor.agent.pk, 2)
    assert auto_scoring.score_due(at=noon) == 0
    Conversation.objects.filter(pk=talk.pk).update(last_event_at=noon - timedelta(minutes=30))
    assert auto_scoring.score_due(at=noon) == 1
    assert AutoScore.objects.count() == 1


def test_another_form_or_reading_is_another_answer(
    floor: Floor, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    Conversation.objects.filter(pk=floor.talk.pk).update(is_open=True)
    over(floor, noon - timedelta(hours=1))
    assert auto_scoring.score_due(at=noon) == 1
    monkeypatch.setattr(auto_scoring, "SIGNATURE", "o2")
    assert [auto_scoring.score_due(at=noon) for _ in range(2)] == [1, 0]


def test_a_batch_is_bounded_and_the_rest_is_taken_next(
    floor: Floor, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    Conversation.objects.filter(pk=floor.talk.pk).update(is_open=True)
    for n in range(5):
        over(floor, noon - timedelta(hours=n + 1))
    monkeypatch.setattr(auto_scoring, "BATCH", 2)
    monkeypatch.setattr(auto_scoring, "MOST_BATCHES", 2)
    assert [auto_scoring.score_due(at=noon) for _ in range(3)] == [4, 1, 0]


def test_what_is_suggested_is_in_no_persons_score(floor: Floor, noon: datetime) -> None:
    Conversation.objects.filter(pk=floor.talk.pk).update(is_open=True)
    over(floor, noon - timedelta(hours=1))
    auto_scoring.score_due(at=noon)
    told = queries.quality_of(
        person=Reach.whole([floor.agent.pk]), since=noon - timedelta(days=30), until=noon + timedelta(days=1)
    )
    assert (told.n, Review.objects.count(), Mark.objects.count()) == (0, 0, 0)


def test_few_marks_are_not_to_be_used_however_equal(floor: Floor, noon: datetime, mona: Viewer) -> None:
    for n in range(19):
        judged_first(
            floor,
            over(floor, noon - timedelta(hours=n + 1), WARM if n % 2 else COLD),
            noon,
            first=4 if n % 2 else 2,
            step=3,
        )
    auto_scoring.score_due(at=noon)
    found = tone_of(mona, noon)
    assert (found.kappa.n, found.percent.value, found.is_used) == (19, 1.0, False)
    assert found.why_not == "19 of 20 marks to compare"


def test_what_agrees_surely_has_a_trend_of_its_own(floor: Floor, noon: datetime, mona: Viewer) -> None:
    """What was marked first is compared, whatever was marked after the suggestion was seen."""
    for n in range(24):
        judged_first(
            floor,
            over(floor, noon - timedelta(hours=n + 1), WARM if n % 2 else COLD),
            noon,
            first=4 if n % 2 else 2,
            step=1,
        )
    auto_scoring.score_due(at=noon)
    assert tone_of(mona, noon).is_used
    people = next(one for one in auto_scoring.panels(viewer=mona, at=noon) if one.family == Family.PEOPLE)
    assert [one.line.key for one in people.used] == ["warm-and-plain"]
    # Half Strong (100) and half Partly (33.3).
    assert sum(week.n for week in people.weeks) == 24
    assert sum(week.mean * week.n for week in people.weeks) / 24 == pytest.approx(100 * 2 / 3)


def test_what_disagrees_is_not_to_be_used_however_often_compared(
    client: Client, floor: Floor, noon: datetime, mona: Viewer
) -> None:
    now = timezone.now()
    for n in range(24):
        first = 2 if n % 3 else 4
        judged_first(
            floor, over(floor, now - timedelta(hours=n + 1), WARM if n % 2 else COLD), now, first=first, step=first
        )
    auto_scoring.score_due(at=now)
    found = tone_of(mona, now)
    assert (found.kappa.n, found.is_used, found.why_not) == (24, False, "agrees too little")
    client.force_login(mona.user)
    html = client.get("/automatic").content.decode()
    assert "Not to be used yet." in html
    assert "Automatic score by week" not in html


def test_calibrations_and_what_does_not_apply_are_not_compared(floor: Floor, noon: datetime, mona: Viewer) -> None:
    talk = over(floor, noon - timedelta(hours=1))
    judged_first(floor, talk, noon, first=0, step=1)
    judged_first(floor, over(floor, noon - timedelta(hours=2)), noon, first=-1, step=1)
    judged_first(floor, over(floor, noon - timedelta(hours=3)), noon, first=4, step=4)
    Review.objects.filter(conversation__last_event_at=noon - timedelta(hours=3)).update(
        pick=Pick.CALIBRATION, releases_at=None
    )
    auto_scoring.score_due(at=noon)
    assert tone_of(mona, noon).kappa.n == 0


def test_who_does_not_look_after_quality_is_refused(floor: Floor, noon: datetime) -> None:
    with pytest.raises(NotAllowed):
        auto_scoring.panels(viewer=floor.quentin, at=noon)


def test_an_ai_agent_is_marked_by_its_own_form_and_what_is_old_goes(floor: Floor, noon: datetime) -> None:
    talk = over(floor, noon - timedelta(hours=1))
    Participation.objects.create(
        conversation=talk, n=9, agent=floor.ai, joined_at=noon - timedelta(hours=1), messages=2
    )
    assert auto_scoring.score_due(at=noon) >= 2
    made = AutoScore.objects.get(agent__kind=AgentKind.AI, conversation_id=talk.pk)
    assert made.version.rubric.family == Family.AI
    old = AutoScore.objects.create(
        conversation_id=uuid4(),
        agent=floor.agent,
        version=made.version,
        over_at=noon - timedelta(weeks=27),
        read_by="",
        made_at=noon,
    )
    auto_scoring.forget(at=noon)
    assert not AutoScore.objects.filter(pk=old.pk).exists()
    assert AutoScore.objects.filter(pk=made.pk).exists()
