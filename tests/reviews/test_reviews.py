"""A review from its beginning to its agent: kept, submitted, released, acknowledged; each once, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import Reach
from apps.reviews import queries, rubrics, services
from apps.reviews.drafts import Entry
from apps.reviews.marks import entries_of
from apps.reviews.models import Pick, Review, Rubric
from apps.reviews.pack import PACK
from apps.reviews.services import DraftChanged, ReviewRefused, ReviewTaken
from apps.reviews.spec import Family
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.models import Outbox
from tests.reviews.conftest import GOOD, Floor, another_talk, draft, submitted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def begin(floor: Floor, at: datetime, **more: Any) -> Review:
    return services.begin(
        by=more.pop("by", floor.quentin),
        conversation=floor.talk.pk,
        agent=more.pop("agent", floor.agent).pk,
        at=at,
        **more,
    )


def save(floor: Floor, one: Review, at: datetime, **more: Any) -> Any:
    given = {"entries": GOOD, "key": uuid4(), "based_on": one.revision, **more}
    return services.save(by=floor.quentin, pk=one.pk, at=at, **given)


def test_a_review_begins_with_the_rubric_of_its_family(floor: Floor, noon: datetime) -> None:
    person, ai = begin(floor, noon), begin(floor, noon, agent=floor.ai)
    assert (person.version.rubric.family, ai.version.rubric.family) == (Family.PEOPLE, Family.AI)
    assert begin(floor, noon + HOUR).pk == person.pk
    with pytest.raises(Refusal, match="is for people"):
        begin(floor, noon, agent=floor.ai, by=floor.mona, version=person.version)


def test_what_one_scores_is_what_one_may_read_and_never_oneself(
    floor: Floor, nils: Viewer, asha: Viewer, noon: datetime
) -> None:
    with pytest.raises(OutOfScope):
        begin(floor, noon, by=nils)
    with pytest.raises(NotAllowed):
        begin(floor, noon, by=asha)
    with pytest.raises(OutOfScope):
        services.begin(
            by=floor.quentin, conversation=floor.talk.pk, agent=Agent.objects.create(kind="human", name="X").pk, at=noon
        )
    Agent.objects.filter(pk=floor.agent.pk).update(user=floor.lena.user)
    with pytest.raises(NotAllowed, match="Nobody scores their own work"):
        begin(floor, noon, by=floor.lena)
    assert Review.objects.count() == 0


def test_a_lead_scores_the_people_they_lead(floor: Floor, noon: datetime) -> None:
    assert begin(floor, noon, by=floor.lena).reviewer == floor.lena.user
    floor.agent.team = None
    floor.agent.save()
    with pytest.raises(OutOfScope):
        services.begin(by=floor.lena, conversation=another_talk(floor, noon).pk, agent=floor.agent.pk, at=noon)


def test_two_reviewers_do_not_score_the_same_work(floor: Floor, noon: datetime) -> None:
    one = begin(floor, noon)
    with pytest.raises(ReviewTaken, match="Quentin is scoring this"):
        begin(floor, noon, by=floor.mona)
    services.discard(by=floor.quentin, pk=one.pk, at=noon)
    assert begin(floor, noon, by=floor.mona).reviewer == floor.mona.user


def test_for_calibration_each_grader_scores_it(floor: Floor, noon: datetime) -> None:
    begin(floor, noon)
    other = begin(floor, noon, by=floor.mona, pick=Pick.CALIBRATION)
    assert other.reviewer == floor.mona.user
    assert Review.objects.count() == 2


def test_a_draft_is_kept_with_its_score_so_far(floor: Floor, noon: datetime) -> None:
    one = begin(floor, noon)
    entries = {
        "right-answer": Entry(step=2, causes=("Guessed",), evidence=(floor.said[3],), comment="Mail me: a@b.example")
    }
    kept, told = save(floor, one, noon, entries=entries, note="  Name a date.\n\n ", active_seconds=40)
    assert (kept.revision, kept.note, kept.active_seconds, str(told.score)) == (1, "Name a date.", 40, "100/3")
    found = entries_of(kept)["right-answer"]
    assert (found.step, found.causes, found.evidence) == (2, ("Guessed",), (floor.said[3],))
    assert found.comment == "Mail me: [email 1]"


def test_a_second_window_does_not_overwrite_the_first(floor: Floor, noon: datetime) -> None:
    one = begin(floor, noon)
    save(floor, one, noon)
    with pytest.raises(DraftChanged):
        save(floor, one, noon, entries={}, based_on=0)
    assert len(entries_of(one)) == len(GOOD)


def test_a_save_whose_answer_was_lost_is_recognised_when_it_comes_again(floor: Floor, noon: datetime) -> None:
    one, key = begin(floor, noon), uuid4()
    first, told = save(floor, one, noon, key=key, active_seconds=10)
    again, same = save(floor, one, noon, key=key, active_seconds=10, based_on=0)
    assert (again.revision, again.active_seconds, same.score) == (first.revision, 10, told.score)


def test_a_break_is_not_time_spent_on_a_review(floor: Floor, noon: datetime) -> None:
    one = begin(floor, noon)
    kept, _ = save(floor, one, noon, active_seconds=7200)
    kept, _ = save(floor, kept, noon, active_seconds=-50)
    assert kept.active_seconds == 300


@pytest.mark.parametrize(("entry", "said"), [
    ({"nothing": Entry(step=1)}, "This form has no line “nothing”."),
    ({"follows-policy": Entry(step=3)}, "“Follows the policy” cannot be marked 3. Choose from 1 to 2."),
    ({"right-answer": Entry(step=1, causes=("Lazy",))}, "“Gives the right answer” does not know this cause."),
    ({"right-answer": Entry(step=1, evidence=(UUID(int=7),))}, "“Gives the right answer” names a message that is not in this"),
    ({"right-answer": Entry(step=1, comment="x" * 201)}, "Saw 201 characters at “Gives the right answer”."),
])  # fmt: skip
def test_what_a_form_cannot_hold_is_not_kept(floor: Floor, noon: datetime, entry: dict[str, Entry], said: str) -> None:
    one = begin(floor, noon)
    with pytest.raises(ReviewRefused, match=said):
        save(floor, one, noon, entries=entry)


@pytest.mark.parametrize(("note", "said"), [("a\nb\nc", "Saw 3 points"), ("x" * 401, "Saw 401 characters in the note")])
def test_a_note_makes_two_points_at_most(floor: Floor, noon: datetime, note: str, said: str) -> None:
    one = begin(floor, noon)
    with pytest.raises(ReviewRefused, match=said):
        save(floor, one, noon, note=note)


def test_a_low_mark_needs_evidence_and_a_cause_and_every_line_a_mark(floor: Floor, noon: datetime) -> None:
    one = draft(floor, noon, {**GOOD, "right-answer": Entry(step=2), "next-step": Entry()})
    with pytest.raises(ReviewRefused) as refused:
        services.submit(by=floor.quentin, pk=one.pk, based_on=one.revision, at=noon)
    assert refused.value.mistakes == (
        "“Gives the right answer” is marked Partly: name the message that shows it.",
        "“Gives the right answer” is marked Partly: say why it was so.",
        "“Agrees a next step with a date” is not marked yet.",
    )
    assert not Review.objects.get().is_submitted


def test_a_review_is_submitted_once_with_its_score_and_released_after_the_delay(floor: Floor, noon: datetime) -> None:
    one = submitted(floor, noon)
    again = services.submit(by=floor.quentin, pk=one.pk, based_on=99, at=noon + HOUR)
    # 15·100 + 10·66.6 + 25·100 + 15·100 + 20·66.6, of 85
    assert (again.score, again.raw_score, again.is_failed) == (Decimal("88.24"), Decimal("88.24"), False)
    assert (again.submitted_at, again.releases_at) == (noon, noon + HOUR)
    assert AuditEntry.objects.get(verb="review.submitted").concerns == [floor.asha.user.pk]


def test_a_failed_must_pass_line_makes_the_score_nought_and_keeps_the_raw_one(floor: Floor, noon: datetime) -> None:
    fail = Entry(step=1, causes=("Promised too much",), evidence=(floor.said[3],))
    one = submitted(floor, noon, {**GOOD, "follows-policy": fail})
    assert (one.score, one.raw_score, one.is_failed) == (Decimal(0), Decimal("70.59"), True)


def test_a_review_where_nothing_applies_has_no_score_and_counts_nowhere(floor: Floor, noon: datetime) -> None:
    one = submitted(floor, noon, {key: Entry(is_na=True) for key in GOOD})
    assert (one.score, Review.objects.counted().count()) == (None, 0)


def test_a_version_that_is_changed_mid_draft_leaves_the_draft_with_its_own(floor: Floor, noon: datetime) -> None:
    one = draft(floor, noon)
    rubric = Rubric.objects.get(key="people")
    spec = PACK[0].spec
    longer = replace(
        spec.sections[0], lines=(*spec.sections[0].lines, replace(spec.lines[0], key="new", text="New", weight=0))
    )
    services.save_rubric(
        by=floor.mona, rubric=rubric, name="People", family=Family.PEOPLE, spec=replace(spec, sections=(longer, *spec.sections[1:])),
        based_on=1, at=noon,
    )  # fmt: skip
    done = services.submit(by=floor.quentin, pk=one.pk, based_on=one.revision, at=noon)
    assert (done.version.n, done.score, rubrics.current(rubric).n) == (1, Decimal("88.24"), 2)
    later = services.begin(by=floor.quentin, conversation=another_talk(floor, noon).pk, agent=floor.agent.pk, at=noon)
    assert later.version.n == 2


def test_a_review_may_be_taken_back_until_its_agent_is_given_it(floor: Floor, noon: datetime) -> None:
    one = submitted(floor, noon)
    back = services.take_back(by=floor.quentin, pk=one.pk, at=noon + HOUR / 2)
    assert (back.is_submitted, back.score, back.releases_at) == (False, None, None)
    services.submit(by=floor.quentin, pk=one.pk, based_on=back.revision, at=noon + HOUR)
    with pytest.raises(Refusal, match="A second look is what changes it now"):
        services.take_back(by=floor.quentin, pk=one.pk, at=noon + 2 * HOUR)


def test_what_was_submitted_is_neither_saved_nor_discarded(floor: Floor, noon: datetime) -> None:
    one = submitted(floor, noon)
    with pytest.raises(Refusal, match="Take it back"):
        save(floor, one, noon)
    with pytest.raises(Refusal, match="stays"):
        services.discard(by=floor.quentin, pk=one.pk, at=noon)


def test_an_agent_reads_and_acknowledges_a_review_once_it_is_released(floor: Floor, noon: datetime) -> None:
    one = submitted(floor, noon)
    with pytest.raises(OutOfScope):
        queries.get_review(viewer=floor.asha, pk=one.pk, at=noon + HOUR / 2)
    with pytest.raises(OutOfScope):
        services.acknowledge(to=floor.asha, pk=one.pk, at=noon + HOUR / 2)
    found = queries.get_review(viewer=floor.asha, pk=one.pk, at=noon + HOUR)
    services.read(to=floor.asha, review=found, at=noon + HOUR)
    services.acknowledge(to=floor.asha, pk=one.pk, at=noon + 2 * HOUR)
    services.acknowledge(to=floor.asha, pk=one.pk, at=noon + 3 * HOUR)
    found.refresh_from_db()
    assert (found.read_at, found.acknowledged_at) == (noon + HOUR, noon + 2 * HOUR)
    assert AuditEntry.objects.filter(verb="review.acknowledged").count() == 1


@pytest.mark.parametrize(("who", "as_draft", "in_delay", "released"), [
    ("quentin", True, True, True), ("mona", False, True, True), ("lena", False, False, True), ("asha", False, False, True),
    ("nils", False, False, False), ("olu", False, False, False), ("adam", False, False, False),
])  # fmt: skip
def test_who_reads_a_review_and_when(
    floor: Floor,
    noon: datetime,
    request: pytest.FixtureRequest,
    who: str,
    as_draft: bool,
    in_delay: bool,
    released: bool,
) -> None:
    viewer = getattr(floor, who, None) or request.getfixturevalue(who)

    def seen(at: datetime) -> bool:
        return Review.objects.visible_to(viewer, at).exists()

    one = draft(floor, noon)
    got = [seen(noon)]
    services.submit(by=floor.quentin, pk=one.pk, based_on=one.revision, at=noon)
    assert [*got, seen(noon), seen(noon + HOUR)] == [as_draft, in_delay, released]


def test_calibration_is_read_by_its_writer_alone_and_counts_nowhere(floor: Floor, noon: datetime) -> None:
    submitted(floor, noon, pick=Pick.CALIBRATION)
    seen = {
        who: Review.objects.visible_to(getattr(floor, who), noon + 9 * HOUR).count()
        for who in ("quentin", "mona", "lena", "asha")
    }
    assert seen == {"quentin": 1, "mona": 0, "lena": 0, "asha": 0}
    assert Review.objects.counted().count() == 0


def test_only_what_chance_picked_makes_a_score_about_a_person(floor: Floor, noon: datetime) -> None:
    submitted(floor, noon, pick=Pick.RISK)
    submitted(floor, noon, pick=Pick.RANDOM, talk=another_talk(floor, noon))
    found = queries.quality_of(person=Reach.whole([floor.agent.pk]), since=noon - HOUR, until=noon + 2 * HOUR)
    assert (
        queries.quality_of(person=Reach.whole([floor.agent.pk]), since=noon - HOUR, until=noon + HOUR).n == 0
    )  # not released yet
    assert (found.n, found.mean, found.low) == (1, 88.24, None)


def test_each_step_is_announced_without_a_word_of_it(floor: Floor, noon: datetime) -> None:
    one = submitted(floor, noon, note="Name a date.")
    services.acknowledge(to=floor.asha, pk=one.pk, at=noon + HOUR)
    told = [row.payload for row in Outbox.objects.filter(fact="ReviewChanged")]
    assert len(told) == 3
    assert all((t["reviewer_id"], t["agent_user_id"]) == (floor.quentin.user.pk, floor.asha.user.pk) for t in told)
    assert "date" not in str(told)


def test_saving_costs_the_same_at_three_marks_and_at_all(floor: Floor, noon: datetime) -> None:
    one = begin(floor, noon)
    with CaptureQueriesContext(connection) as few:
        one, _ = save(floor, one, noon, entries=dict(list(GOOD.items())[:3]))
    with CaptureQueriesContext(connection) as many:
        save(floor, one, noon, entries=GOOD)
    assert len(few) == len(many)


def test_keeping_and_submitting_reads_the_review_and_its_form_once(floor: Floor, noon: datetime) -> None:
    """Submit and next is what a reviewer waits for: one lock, one reading of the form, however many sections it has."""
    one = begin(floor, noon)
    with CaptureQueriesContext(connection) as seen:
        services.finish(
            by=floor.quentin, pk=one.pk, based_on=one.revision, key=uuid4(), entries=GOOD, note="", active_seconds=60, at=noon
        )  # fmt: skip
    read = [
        sum(f'FROM "{table}"' in one["sql"] for one in seen)
        for table in ("reviews_review", "reviews_section", "reviews_line")
    ]
    assert read == [1, 1, 1]
    assert len(seen) <= 18


def test_what_cannot_be_submitted_yet_is_kept_and_the_same_save_again_changes_nothing(
    floor: Floor, noon: datetime
) -> None:
    one, key = begin(floor, noon), uuid4()

    def finish() -> Review:
        return services.finish(
            by=floor.quentin, pk=one.pk, based_on=0, key=key, entries={"right-answer": Entry(step=4)}, note="", active_seconds=0, at=noon
        )  # fmt: skip

    for _ in range(2):
        with pytest.raises(ReviewRefused, match="not marked yet"):
            finish()
        one.refresh_from_db()
        assert (one.revision, set(entries_of(one)), one.submitted_at) == (1, {"right-answer"}, None)
