"""What is missed, week by week: only what chance picked, people apart from AI agents, and no share of a few."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import BotTurn, Conversation
from apps.reviews import patterns, rubrics, scoring
from apps.reviews.few_people import withheld
from apps.reviews.means import internal_quality_score
from apps.reviews.models import Line, Mark, Review, RubricVersion
from apps.reviews.patterns import Panel
from apps.reviews.shares import Missed
from apps.reviews.spec import Family
from apps.shared.errors import NotAllowed, OutOfScope
from tests.console.floors import conversation
from tests.reviews.conftest import Floor

pytestmark = pytest.mark.django_db


def judged(
    floor: Floor, at: datetime, *, step: int, key: str = "right-answer", agent: Agent | None = None, pick: str = "random",
    causes: tuple[str, ...] = (), talk: Conversation | None = None,
) -> Review:  # fmt: skip
    """A submitted review with one mark."""
    who = agent or floor.agent
    family = Family.AI if who.kind == "ai" else Family.PEOPLE
    version = rubrics.default_version(family)
    assert version is not None
    made = Review.objects.create(
        conversation=talk or conversation(floor.queue, at), agent=who, version=version, reviewer=floor.mona.user, pick=pick,
        begun_at=at, saved_at=at, submitted_at=at, score=50 if step < 3 else 90,
    )  # fmt: skip
    Mark.objects.create(review=made, line=Line.objects.get(version=version, key=key), step=step, causes=list(causes))
    return made


def panel(found: patterns.Patterns, family: Family = Family.PEOPLE) -> Panel:
    return next(one for one in found.panels if one.family == family)


def test_a_line_is_counted_by_week_and_shares_begin_at_twenty(floor: Floor, noon: datetime) -> None:
    for n in range(20):
        judged(floor, noon, step=1 if n < 5 else 4)
    for n in range(19):
        judged(floor, noon - timedelta(days=7), step=1 if n < 5 else 4)
    (row,) = panel(patterns.patterns(viewer=floor.mona, at=noon + timedelta(hours=1))).rows
    cells = dict(row.cells)
    assert cells[date(2026, 11, 23)] == Missed(5, 20)
    assert cells[date(2026, 11, 16)] == Missed(5, 19)
    assert (cells[date(2026, 11, 23)].share, cells[date(2026, 11, 16)].share) == (0.25, None)
    assert row.whole == Missed(10, 39)
    assert len(row.cells) == patterns.WEEKS


def test_only_what_chance_picked_is_counted(floor: Floor, noon: datetime) -> None:
    for pick in ("risk", "chosen", "calibration"):
        judged(floor, noon, step=1, pick=pick)
    assert panel(patterns.patterns(viewer=floor.mona, at=noon + timedelta(hours=1))).rows == []


def test_people_and_ai_agents_never_share_a_panel(floor: Floor, noon: datetime) -> None:
    line = Line.objects.filter(version__rubric__family="ai").earliest("place")
    judged(floor, noon, step=1)
    judged(floor, noon, step=1, agent=floor.ai, key=line.key)
    found = patterns.patterns(viewer=floor.mona, at=noon + timedelta(hours=1))
    assert [one.family for one in found.panels] == [Family.PEOPLE, Family.AI]
    assert [[row.text for row in one.rows] for one in found.panels] == [["Gives the right answer"], [line.text]]
    assert [one.score.n for one in found.panels] == [1, 1]


def test_the_week_is_that_of_who_looks(floor: Floor, mona: Viewer) -> None:
    sunday_evening = datetime.fromisoformat("2026-11-22T20:00:00+00:00")
    judged(floor, sunday_evening, step=1)
    mona.user.time_zone = "Asia/Tokyo"
    at = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
    assert dict(panel(patterns.patterns(viewer=mona, at=at)).rows[0].cells)[date(2026, 11, 23)].n == 1
    mona.user.time_zone = "UTC"
    assert dict(panel(patterns.patterns(viewer=mona, at=at)).rows[0].cells)[date(2026, 11, 16)].n == 1


def test_causes_topics_and_channels_stand_beside(floor: Floor, noon: datetime) -> None:
    talk = conversation(floor.queue, noon, tags=["refund"])
    judged(floor, noon, step=1, causes=("Guessed",), talk=talk)
    judged(floor, noon, step=1, causes=("Guessed", "Did not know"))
    found = panel(patterns.patterns(viewer=floor.mona, at=noon + timedelta(hours=1)))
    assert found.causes == [("Gives the right answer", "Guessed", 2), ("Gives the right answer", "Did not know", 1)]
    assert [(one.name, one.score.n, one.is_shown) for one in found.channels] == [("webchat", 2, False)]
    assert {(one.name, one.score.n) for one in found.topics} == {("refund", 1), ("", 1)}


def test_sections_of_the_form_have_the_scores_that_scoring_gives_them(floor: Floor, noon: datetime) -> None:
    version = rubrics.default_version(Family.PEOPLE)
    assert version is not None
    lines = list(Line.objects.filter(version=version))
    expected: dict[str, list[float]] = {}
    for n in range(12):
        made = judged(floor, noon, step=1)
        Mark.objects.filter(review=made).delete()
        answers = {line.key: (n + place) % line.spec().scale.steps + 1 for place, line in enumerate(lines)}
        answers[lines[n % len(lines)].key] = None
        Mark.objects.bulk_create(Mark(review=made, line=line, step=answers[line.key]) for line in lines)
        for one in scoring.score(version.spec(), answers).sections:
            if one.raw is not None:
                expected.setdefault(one.name, []).append(float(one.raw))
    found = panel(patterns.patterns(viewer=floor.mona, at=noon + timedelta(hours=1))).sections
    assert {one.name: one.score.n for one in found} == {name: len(told) for name, told in expected.items()}
    for one in found:
        whole = internal_quality_score(expected[one.name])
        assert (one.score.mean, one.score.low, one.score.high) == pytest.approx((whole.mean, whole.low, whole.high))


def test_what_changed_is_marked_and_holds_before_against_after(floor: Floor, noon: datetime) -> None:
    change = noon - timedelta(days=10)
    BotTurn.objects.create(
        id=uuid4(),
        event_id=uuid4(),
        conversation_id=floor.talk.pk,
        happened_at=change,
        agent_id=floor.ai.pk,
        prompt_version="v7",
    )
    for n in range(40):
        judged(floor, change - timedelta(days=1), step=1 if n < 20 else 4)
        judged(floor, change + timedelta(days=1), step=1 if n < 4 else 4)
    found = patterns.patterns(viewer=floor.mona, at=noon, since="prompt-v7")
    (row,) = panel(found).rows
    assert row.since is not None
    assert (row.since.before, row.since.after, row.since.verdict) == (Missed(20, 40), Missed(4, 40), "better")
    assert [week.changes for week in found.weeks if week.changes] == [("Prompt v7",)]
    assert found.since is not None
    assert found.since.name == "Prompt v7"
    with pytest.raises(OutOfScope):
        patterns.patterns(viewer=floor.mona, at=noon, since="prompt-none")


def test_a_version_of_a_form_is_a_change_too(floor: Floor, noon: datetime) -> None:
    first = RubricVersion.objects.get(rubric__family="people")
    second = RubricVersion.objects.create(rubric=first.rubric, n=2, made_at=noon - timedelta(days=3))
    found = patterns.patterns(viewer=floor.mona, at=noon)
    assert [one.key for one in found.changes] == [f"form-{second.pk}"]


def test_low_marks_are_found_behind_a_cell_by_who_may_read_reviews(floor: Floor, noon: datetime, olu: Viewer) -> None:
    low = judged(floor, noon, step=2, causes=("Guessed",))
    judged(floor, noon, step=3)
    words, rows = patterns.behind(
        viewer=floor.mona, family="people", line="right-answer", week=date(2026, 11, 24), at=noon
    )
    assert words == "Gives the right answer"
    assert [(one.review, one.words, one.causes) for one in rows] == [(low.pk, "Partly", ("Guessed",))]
    with pytest.raises(OutOfScope):
        patterns.behind(viewer=floor.mona, family="people", line="nothing", week=date(2026, 11, 24), at=noon)
    with pytest.raises(NotAllowed):
        patterns.behind(viewer=olu, family="people", line="right-answer", week=date(2026, 11, 24), at=noon)


def test_who_sees_numbers_alone_sees_none_of_fewer_than_five_people(floor: Floor, noon: datetime, olu: Viewer) -> None:
    later = noon + timedelta(hours=1)
    people = [floor.agent, *(Agent.objects.create(kind="human", name=f"P{n}") for n in range(4))]
    for one in people[:4]:
        judged(floor, noon, step=1, agent=one)
    assert panel(patterns.patterns(viewer=olu, at=later)).is_withheld
    assert not panel(patterns.patterns(viewer=floor.mona, at=later)).is_withheld
    judged(floor, noon, step=1, agent=people[4])
    found = patterns.patterns(viewer=olu, at=later)
    assert not panel(found).is_withheld
    assert not found.may_drill


def test_no_part_of_fewer_than_five_people_is_shown_and_none_follows_from_the_others(
    floor: Floor, noon: datetime, olu: Viewer
) -> None:
    people = [floor.agent, *(Agent.objects.create(kind="human", name=f"P{n}") for n in range(5))]
    week = timedelta(days=7)
    for one in people:
        judged(floor, noon, step=1, agent=one)
        judged(floor, noon - week, step=4, agent=one)
    call = conversation(floor.queue, noon, tags=["refund"])
    Conversation.objects.filter(pk=call.pk).update(channel="voice")
    judged(floor, noon - 2 * week, step=1, talk=call)
    later = noon + timedelta(hours=1)
    (row,) = panel(hers := patterns.patterns(viewer=olu, at=later)).rows
    # Two weeks ago there was one; either of the other weeks would leave that one over from the whole.
    assert [n for n, (_, cell) in enumerate(row.cells) if cell is None] == [1, 2]
    assert (row.whole, dict(row.cells)[date(2026, 11, 23)]) == (Missed(7, 13), Missed(6, 6))
    assert panel(hers).left_out
    assert (panel(hers).channels, panel(hers).topics) == ([], [])
    assert [one.score.n for one in panel(hers).sections] == [13]
    whole = panel(patterns.patterns(viewer=floor.mona, at=later))
    assert not whole.left_out
    assert None not in dict(whole.rows[0].cells).values()
    assert {one.name for one in whole.channels} == {"webchat", "voice"}


def test_before_and_after_a_change_are_each_of_five_people(floor: Floor, noon: datetime, olu: Viewer) -> None:
    people = [floor.agent, *(Agent.objects.create(kind="human", name=f"P{n}") for n in range(4))]
    BotTurn.objects.create(
        id=uuid4(), event_id=uuid4(), conversation_id=floor.talk.pk, happened_at=noon - timedelta(days=3), agent_id=floor.ai.pk,
        prompt_version="v7",
    )  # fmt: skip
    for one in people:
        judged(floor, noon - timedelta(days=4), step=1, agent=one)
    judged(floor, noon, step=1, agent=people[0])

    def split(viewer: Viewer) -> bool:
        found = patterns.patterns(viewer=viewer, at=noon + timedelta(hours=1), since="prompt-v7")
        return panel(found).rows[0].since is not None

    assert (split(floor.mona), split(olu)) == (True, False)
    for one in people[1:]:
        judged(floor, noon, step=1, agent=one)
    assert split(olu)


@pytest.mark.parametrize(
    ("sizes", "left_out"),
    [
        ({"a": "vwxyz", "b": "vwxyz"}, ""),
        ({"a": "vwxyz", "b": "v"}, "ab"),
        ({"a": "uvwxyz", "b": "vwxyz", "c": "v"}, "bc"),
        ({"a": "uvwxyz", "b": "v", "c": "wxyz"}, "bc"),
        ({"a": "uvwxyz", "b": "v", "c": "v"}, "abc"),
        ({}, ""),
    ],
)
def test_what_is_left_out_is_together_of_five_people_or_all_there_is(sizes: dict[str, str], left_out: str) -> None:
    people = {name: UUID(int=n) for n, name in enumerate("uvwxyz")}
    parts = {part: frozenset(people[one] for one in who) for part, who in sizes.items()}
    assert withheld(parts) == frozenset(left_out)


@pytest.mark.parametrize("who", ["quentin", "lena", "asha"])
def test_others_see_no_patterns(floor: Floor, noon: datetime, who: str) -> None:
    with pytest.raises(NotAllowed):
        patterns.patterns(viewer=getattr(floor, who), at=noon)
