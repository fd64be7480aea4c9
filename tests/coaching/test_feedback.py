"""Feedback conversations: when one is due and why, what it is about, who reads it, and that it only goes forwards."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.coaching import evidence, sheets
from apps.coaching.facts import FeedbackChanged
from apps.coaching.models import Sheet
from apps.coaching.sheets import Said, SheetRefused
from apps.console import feedback
from apps.console.regions import REGIONS
from apps.live import topics
from apps.reviews.drafts import Entry
from apps.reviews.models import Line, Review
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from tests.reviews.conftest import GOOD, Floor, submitted
from tests.reviews.rows import doubted

pytestmark = pytest.mark.django_db

LOW = "next-step"
SAYS = "Write the day in a line of its own."


@pytest.fixture
def missed(floor: Floor, noon: datetime) -> Review:
    """A released review in which one line was missed, with the message that shows it."""
    causes = Line.objects.filter(key=LOW).latest("version__n").causes[:1]
    low = {**GOOD, LOW: Entry(step=1, evidence=(floor.said[3],), causes=tuple(causes))}
    return submitted(floor, noon - timedelta(hours=2), low)


def prepared(floor: Floor, at: datetime, *, metric: str = f"line:{LOW}", key: UUID | None = None) -> Sheet:
    return sheets.prepare(
        by=floor.lena, agent=floor.agent.pk, key=key or uuid4(), points=[Said(LOW, SAYS)], metric=metric, at=at
    )


def held(floor: Floor, at: datetime, *, metric: str = f"line:{LOW}") -> Sheet:
    made = prepared(floor, at, metric=metric)
    return sheets.hold(by=floor.lena, pk=made.pk, steps="The day, before every close.", steps_by=None, at=at)


def test_a_point_carries_the_messages_and_reviews_that_show_it(floor: Floor, missed: Review, noon: datetime) -> None:
    [one] = evidence.candidates(viewer=floor.lena, agent=floor.agent.pk, at=noon)
    assert (one.key, one.missed, one.of, one.evidence, one.reviews) == (LOW, 1, 1, [floor.said[3]], [missed.pk])
    [point] = prepared(floor, noon).points.all()
    assert (point.text, point.evidence, point.reviews) == (SAYS, [floor.said[3]], [missed.pk])


def test_a_review_that_is_not_released_shows_a_lead_nothing(floor: Floor, missed: Review, noon: datetime) -> None:
    assert evidence.candidates(viewer=floor.lena, agent=floor.agent.pk, at=noon - timedelta(minutes=90)) == []


def test_more_than_two_points_at_once_are_none(floor: Floor, missed: Review, noon: datetime) -> None:
    for points in ([], [Said(LOW, SAYS)] * 2, [Said(key, SAYS) for key in (LOW, "shows-heard", "right-answer")]):
        with pytest.raises(SheetRefused, match="one or two different points"):
            sheets.prepare(by=floor.lena, agent=floor.agent.pk, key=uuid4(), points=points, metric="csat", at=noon)


def test_a_point_that_no_review_shows_is_refused(floor: Floor, missed: Review, noon: datetime) -> None:
    with pytest.raises(SheetRefused, match="that a review shows"):
        sheets.prepare(
            by=floor.lena, agent=floor.agent.pk, key=uuid4(), points=[Said("shows-heard", SAYS)], metric="csat", at=noon
        )


def test_what_shall_get_better_is_a_number_or_a_line_that_was_missed(
    floor: Floor, missed: Review, noon: datetime
) -> None:
    for metric in ("", "line:shows-heard", "queue_length"):
        with pytest.raises(SheetRefused, match="what is to get better"):
            prepared(floor, noon, metric=metric)
    assert prepared(floor, noon, metric="csat").metric == "csat"


def test_one_is_prepared_at_a_time_and_a_form_that_is_sent_twice_prepares_once(
    floor: Floor, missed: Review, noon: datetime
) -> None:
    key = uuid4()
    assert prepared(floor, noon, key=key) == prepared(floor, noon, key=key)
    with pytest.raises(SheetRefused, match="prepared already"):
        prepared(floor, noon)


def test_an_agent_reads_it_once_it_was_held_and_nobody_else_does(
    floor: Floor, missed: Review, nils: Viewer, noon: datetime
) -> None:
    made = prepared(floor, noon)

    def readers() -> list[str]:
        cast = {"asha": floor.asha, "lena": floor.lena, "nils": nils, "mona": floor.mona, "quentin": floor.quentin}
        return [name for name, viewer in cast.items() if Sheet.objects.visible_to(viewer).filter(pk=made.pk).exists()]

    assert readers() == ["lena"]
    sheets.hold(by=floor.lena, pk=made.pk, steps="The day, before every close.", steps_by=None, at=noon)
    assert readers() == ["asha", "lena"]


def test_it_goes_only_forwards(floor: Floor, missed: Review, noon: datetime) -> None:
    made = prepared(floor, noon)
    with pytest.raises(OutOfScope):  # not held yet
        sheets.acknowledge(by=floor.asha, pk=made.pk, own_words="", at=noon)
    held_at = noon + timedelta(hours=1)
    for _ in range(2):
        sheets.hold(
            by=floor.lena, pk=made.pk, steps="The day, before every close.", steps_by=date(2026, 12, 1), at=held_at
        )
    with pytest.raises(Refusal, match="belongs to both"):
        sheets.discard(by=floor.lena, pk=made.pk, at=held_at)
    sheets.acknowledge(by=floor.asha, pk=made.pk, own_words="I will write to wilhelmina@example.test", at=held_at)
    sheets.acknowledge(by=floor.asha, pk=made.pk, own_words="Something else", at=held_at)
    made.refresh_from_db()
    assert (made.state, made.own_words, made.held_at) == ("acknowledged", "I will write to [email 1]", held_at)
    assert list(AuditEntry.objects.filter(verb__startswith="feedback").order_by("pk").values_list("verb", flat=True)) == [
        "feedback.prepared", "feedback.held", "feedback.acknowledged",
    ]  # fmt: skip


def test_steps_are_agreed_for_a_day_to_come(floor: Floor, missed: Review, noon: datetime) -> None:
    made = prepared(floor, noon)
    with pytest.raises(SheetRefused, match="That day is over"):
        sheets.hold(
            by=floor.lena, pk=made.pk, steps="The day, before every close.", steps_by=date(2026, 11, 23), at=noon
        )
    with pytest.raises(SheetRefused, match="Expected 10 to 400"):
        sheets.hold(by=floor.lena, pk=made.pk, steps="ok", steps_by=None, at=noon)


def test_only_who_leads_somebody_prepares_and_holds(floor: Floor, missed: Review, nils: Viewer, noon: datetime) -> None:
    made = prepared(floor, noon)
    for viewer in (floor.mona, floor.quentin, floor.asha):
        with pytest.raises(NotAllowed):
            sheets.hold(by=viewer, pk=made.pk, steps="The day, before every close.", steps_by=None, at=noon)
    with pytest.raises(OutOfScope):
        sheets.hold(by=nils, pk=made.pk, steps="The day, before every close.", steps_by=None, at=noon)
    with pytest.raises(OutOfScope):
        sheets.prepare(by=nils, agent=floor.agent.pk, key=uuid4(), points=[Said(LOW, SAYS)], metric="csat", at=noon)


def test_the_next_is_due_as_often_as_the_team_says(floor: Floor, missed: Review, noon: datetime) -> None:
    people = list(Agent.objects.filter(pk=floor.agent.pk))
    assert feedback.next_of(agents=people, at=noon)[floor.agent.pk].is_due  # none so far
    held(floor, noon)
    two_weeks = noon + timedelta(weeks=2)
    assert not feedback.next_of(agents=people, at=two_weeks - timedelta(seconds=1))[floor.agent.pk].is_due
    assert feedback.next_of(agents=people, at=two_weeks)[floor.agent.pk].is_due
    sheets.set_cadence(by=floor.lena, team=floor.team.pk, weeks=4, at=noon)
    found = feedback.next_of(agents=people, at=two_weeks)[floor.agent.pk]
    assert (found.is_due, found.due_at) == (False, noon + timedelta(weeks=4))


def test_how_often_is_set_by_who_leads_the_team_or_looks_after_quality(
    floor: Floor, nils: Viewer, noon: datetime
) -> None:
    sheets.set_cadence(by=floor.mona, team=floor.team.pk, weeks=3, at=noon)
    with pytest.raises(OutOfScope):
        sheets.set_cadence(by=nils, team=floor.team.pk, weeks=3, at=noon)
    for viewer in (floor.quentin, floor.asha):
        with pytest.raises(NotAllowed):
            sheets.set_cadence(by=viewer, team=floor.team.pk, weeks=3, at=noon)
    for weeks in (0, 13):
        with pytest.raises(SheetRefused, match="Expected 1 to 12"):
            sheets.set_cadence(by=floor.lena, team=floor.team.pk, weeks=weeks, at=noon)


def test_a_leads_list_changes_when_a_conversation_was_held(
    floor: Floor, missed: Review, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = {"user": str(floor.lena.user.pk)}

    def shown() -> str:
        parts = (REGIONS[name].render(floor.lena, params, noon) for name in ("feedback.head", "feedback.team"))
        return " ".join(" ".join(parts).split())

    assert "1 feedback conversation is due" in shown()
    made = held(floor, noon)
    assert "No feedback conversation is due" in shown()
    assert f'id="sheet-{made.pk}"' in shown()
    heard: list[str] = []
    monkeypatch.setattr(topics, "hint", lambda *, topics: heard.extend(topics))
    topics.feedback_changed(FeedbackChanged(sheet_id=made.pk, user_id=floor.asha.user.pk, at=noon), noon)
    for name in ("feedback.head", "feedback.team"):
        assert set(REGIONS[name].topics(floor.lena, params)) & set(heard)
        # Nobody is sent the list of somebody else who leads the same team.
        assert not REGIONS[name].permitted(floor.lena, {"user": str(floor.mona.user.pk)})


def test_why_now_is_said_in_words(floor: Floor, missed: Review, noon: datetime) -> None:
    doubted(missed, floor.asha.user, noon - timedelta(hours=1))
    [row] = feedback.feedback(viewer=floor.lena, at=noon).waiting
    assert list(row.reasons) == ["1 of 10 reviews in four weeks: no score yet", "1 score doubted"]
    held(floor, noon)  # the doubt was talked about
    [row] = feedback.feedback(viewer=floor.lena, at=noon).later
    assert list(row.reasons) == ["1 of 10 reviews in four weeks: no score yet"]


def test_a_qa_manager_sees_who_is_due_and_no_word_of_what_was_said(
    floor: Floor, missed: Review, noon: datetime
) -> None:
    made = held(floor, noon)
    found = feedback.feedback(viewer=floor.mona, at=noon)
    assert [row.due.agent.name for row in found.later] == ["Asha Verma"]
    assert list(found.held) == []
    with pytest.raises(NotAllowed):
        feedback.get_told(viewer=floor.mona, pk=made.pk, at=noon)
