"""Several people score the same blind, an expert is the master, and nothing of it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.reviews import calibrating, comparing, rubrics, services
from apps.reviews.calibrating import CalibrationRefused
from apps.reviews.drafts import Entry
from apps.reviews.models import Assignment, Calibration, Draw, Line, Pick, Review, SamplingPlan
from apps.reviews.spec import Family
from apps.shared.errors import NotAllowed, OutOfScope
from tests.console.floors import holds
from tests.reviews.conftest import GOOD, Floor

pytestmark = pytest.mark.django_db


def called(floor: Floor, at: datetime, *graders: Viewer) -> Calibration:
    """A session about Asha whose expert is Mona."""
    keys = [one.user.pk for one in graders or (floor.quentin, floor.mona)]
    return calibrating.call(
        by=floor.mona, conversation=floor.talk.pk, agent=floor.agent.pk, graders=keys, expert=floor.mona.user.pk, at=at
    )


def scored(session: Calibration, by: Viewer, at: datetime, more: Mapping[str, Entry] | None = None) -> Review:
    """A grader's marks in a session, submitted."""
    begun = calibrating.begin(by=by, pk=session.pk, at=at)
    saved, _ = services.save(
        by=by, pk=begun.pk, based_on=begun.revision, key=uuid4(), entries={**GOOD, **(more or {})}, at=at
    )
    return services.submit(by=by, pk=saved.pk, based_on=saved.revision, at=at)


def test_nobody_sees_what_others_marked_before_they_have_submitted(floor: Floor, noon: datetime) -> None:
    session = called(floor, noon)
    scored(session, floor.mona, noon)
    before = comparing.comparison(viewer=floor.quentin, pk=session.pk)
    assert before.is_blind
    assert before.lines == []
    assert {(one.score, one.same) for one in before.graders} == {(None, None)}
    with pytest.raises(OutOfScope):
        calibrating.note(by=floor.quentin, pk=session.pk, line=None, text="We agree on this.", at=noon)
    scored(session, floor.quentin, noon, {"right-answer": Entry(step=3)})
    after = comparing.comparison(viewer=floor.quentin, pk=session.pk)
    assert not after.is_blind
    (row,) = [one for one in after.lines if one.is_apart]
    assert (row.line.key, [cell.says for cell in row.cells], row.cells[1].off) == (
        "right-answer",
        ["4 Strong", "3 Met"],
        -1,
    )
    assert [(one.name, one.is_expert, one.same) for one in after.graders] == [
        ("Mona", True, None),
        ("Quentin", False, 5),
    ]
    assert (after.percent.value, after.percent.n) == (pytest.approx(5 / 6), 6)


def test_nothing_of_it_counts_and_its_agent_never_reads_it(floor: Floor, noon: datetime) -> None:
    session = called(floor, noon)
    for who in (floor.mona, floor.quentin):
        assert scored(session, who, noon).pick == Pick.CALIBRATION
    assert not Review.objects.counted().exists()
    assert not Review.objects.released(noon + timedelta(days=90)).exists()


def test_what_is_submitted_after_it_was_closed_is_not_blind_and_does_not_count(floor: Floor, noon: datetime) -> None:
    session = called(floor, noon)
    scored(session, floor.mona, noon)
    calibrating.begin(by=floor.quentin, pk=session.pk, at=noon)
    calibrating.close(by=floor.mona, pk=session.pk, at=noon + timedelta(minutes=1))
    scored(session, floor.quentin, noon + timedelta(minutes=2))
    found = comparing.comparison(viewer=floor.mona, pk=session.pk)
    assert found.row.missing == ("Quentin",)
    assert [one.is_in for one in found.graders] == [True, False]
    assert all(cell.says == "" for row in found.lines for cell in row.cells[1:])


def test_who_has_not_begun_when_it_is_closed_does_not_begin(floor: Floor, noon: datetime) -> None:
    session = called(floor, noon)
    calibrating.close(by=floor.mona, pk=session.pk, at=noon)
    with pytest.raises(CalibrationRefused, match="closed"):
        calibrating.begin(by=floor.quentin, pk=session.pk, at=noon)


class TestCalling:
    """Who can be asked to score what."""

    def test_called_twice_it_is_one_session(self, floor: Floor, noon: datetime) -> None:
        assert called(floor, noon) == called(floor, noon + timedelta(hours=1))

    def test_one_grader_is_refused(self, floor: Floor, noon: datetime) -> None:
        with pytest.raises(CalibrationRefused, match="One grader"):
            called(floor, noon, floor.mona)

    def test_who_has_scored_it_would_not_be_blind(self, floor: Floor, noon: datetime) -> None:
        services.begin(by=floor.quentin, conversation=floor.talk.pk, agent=floor.agent.pk, at=noon)
        with pytest.raises(CalibrationRefused, match="blind"):
            called(floor, noon)

    def test_who_may_not_read_it_is_refused(self, floor: Floor, noon: datetime, nils: Viewer) -> None:
        with pytest.raises(CalibrationRefused, match="may not read"):
            called(floor, noon, floor.mona, nils)

    def test_what_was_drawn_to_count_is_refused(self, floor: Floor, noon: datetime) -> None:
        plan = SamplingPlan.objects.create(name="Weekly", zone="UTC", made_at=noon)
        made = Draw.objects.create(
            plan=plan, first_on=noon.date(), from_at=noon - timedelta(days=7), until_at=noon, seed="a"
        )
        Assignment.objects.create(
            draw=made, conversation=floor.talk, agent=floor.agent, part="random", given_at=noon, due_at=noon
        )
        with pytest.raises(CalibrationRefused, match="drawn"):
            called(floor, noon)

    @pytest.mark.parametrize("who", ["quentin", "lena", "asha"])
    def test_only_who_manages_quality_calls(self, floor: Floor, noon: datetime, who: str) -> None:
        with pytest.raises(NotAllowed):
            calibrating.call(
                by=getattr(floor, who), conversation=floor.talk.pk, agent=floor.agent.pk, graders=[], expert=1, at=noon
            )

    def test_a_session_is_its_graders_and_the_managers_alone(self, floor: Floor, noon: datetime) -> None:
        session = called(floor, noon)
        assert [one.session for one in comparing.sessions(viewer=floor.quentin)] == [session]
        assert comparing.sessions(viewer=floor.lena) == []
        with pytest.raises(OutOfScope):
            comparing.comparison(viewer=floor.lena, pk=session.pk)


def test_what_was_agreed_is_masked_and_stands_at_its_line(floor: Floor, noon: datetime) -> None:
    session = called(floor, noon)
    for who in (floor.mona, floor.quentin):
        scored(session, who, noon)
    line = Line.objects.get(version=session.version, key="right-answer")
    calibrating.note(by=floor.quentin, pk=session.pk, line=line.pk, text="Not for anna@example.com either", at=noon)
    row = next(one for one in comparing.comparison(viewer=floor.mona, pk=session.pk).lines if one.line == line)
    assert "anna@example.com" not in row.notes[0].text
    for text in (" ", "x" * 301):
        with pytest.raises(CalibrationRefused):
            calibrating.note(by=floor.quentin, pk=session.pk, line=None, text=text, at=noon)


def test_agreement_by_line_is_over_closed_sessions_alone(floor: Floor, noon: datetime) -> None:
    session = called(floor, noon)
    scored(session, floor.mona, noon)
    scored(session, floor.quentin, noon, {"right-answer": Entry(step=3)})
    assert comparing.by_line(viewer=floor.quentin, at=noon) == []
    calibrating.close(by=floor.mona, pk=session.pk, at=noon + timedelta(minutes=1))
    found = comparing.by_line(viewer=floor.quentin, at=noon + timedelta(hours=1))
    assert (found[0].line, found[0].percent.value, found[0].sessions) == ("Gives the right answer", 0, 1)
    assert {one.percent.value for one in found[1:]} == {1.0}


def test_reviewers_see_their_own_severity_and_managers_everybodys(floor: Floor, noon: datetime) -> None:
    for who, score in ((floor.quentin, 70), (floor.mona, 80)):
        talk = holds(floor.agent, floor.queue, noon)
        made = services.begin(by=who, conversation=talk.pk, agent=floor.agent.pk, pick=Pick.RANDOM, at=noon)
        Review.objects.filter(pk=made.pk).update(submitted_at=noon, score=score)
    everybody = {row.name: row.severity.points for row in comparing.graders(viewer=floor.mona, at=noon)}
    assert everybody == {"Mona": pytest.approx(5), "Quentin": pytest.approx(-5)}
    assert [row.name for row in comparing.graders(viewer=floor.quentin, at=noon)] == ["Quentin"]


def test_drift_is_lately_less_before_adjusted_for_the_mix_and_nothing_of_a_few(floor: Floor, noon: datetime) -> None:
    version, other = rubrics.default_version(Family.PEOPLE), Agent.objects.create(kind="human", name="Harder")

    def marked(who: Viewer, agent: Agent, score: int, weeks: int, n: int) -> None:
        at = noon - timedelta(weeks=weeks)
        Review.objects.bulk_create(
            Review(
                conversation=holds(agent, floor.queue, noon), agent=agent, version=version, reviewer=who.user, pick="random",
                begun_at=at, saved_at=at, submitted_at=at, score=score,
            )
            for _ in range(n)
        )  # fmt: skip

    # Both marked alike; lately Quentin is ten points stricter, and is given the harder person more often than before.
    for who in (floor.quentin, floor.mona):
        marked(who, floor.agent, 80, 8, 6)
        marked(who, other, 50, 8, 6)
    marked(floor.mona, floor.agent, 80, 1, 5)
    marked(floor.mona, other, 50, 1, 5)
    marked(floor.quentin, floor.agent, 70, 1, 1)
    marked(floor.quentin, other, 40, 1, 8)

    def drifts() -> dict[str, float | None]:
        return {row.name: row.drift for row in comparing.graders(viewer=floor.mona, at=noon)}

    assert drifts() == {"Mona": pytest.approx(5), "Quentin": None}
    marked(floor.quentin, other, 40, 1, 1)
    assert drifts() == {"Mona": pytest.approx(5), "Quentin": pytest.approx(-5)}
