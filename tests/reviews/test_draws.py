"""Plans draw by themselves, once a period; what was drawn becomes somebody's, and can be drawn again."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import attrgetter
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import AuditEntry, User
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.alerts import services as alerts
from apps.alerts.facts import AlertsChanged
from apps.alerts.models import Episode
from apps.analysis.models import Reading
from apps.interactions.models import BotTurn, Conversation, Message, Participation, Queue, Rating
from apps.reviews import draws, frames, planning, sampling, services, work
from apps.reviews.models import Assignment, Draw, Flag, Pick, Review, Rubric, SamplingPlan
from apps.reviews.periods import last_ended
from apps.reviews.planning import Asked, PlanRefused
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.models import Outbox
from tests.alerts.conftest import fired
from tests.console.floors import granted, on_shift, queue_named
from tests.reviews.conftest import Floor, words

pytestmark = pytest.mark.django_db

# A Tuesday; the plan's last week is the one before.
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LAST_WEEK = datetime(2026, 11, 16, 9, tzinfo=UTC)
_minutes = count()


def asked(*reviewers: Viewer, **more: object) -> Asked:
    """A weekly plan in UTC with two by chance and one by risk."""
    plain = Asked(
        name="Weekly", family="people", cadence="week", zone="UTC", draws_at_hour=6, chance_n=2, risk_n=1, strata=("channel", "csat"),
        risks=("csat", "alert"), fewest_messages=1, due_days=5, is_on=True, reviewers=[one.user.pk for one in reviewers],
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def closed(
    agent: Agent, queue: Queue, at: datetime, *, messages: int = 3, stars: int | None = None, **more: object
) -> Conversation:
    """A conversation of a person that ended about then, perhaps rated with so many of five stars."""
    at += timedelta(minutes=next(_minutes) % 900)
    one = Conversation.objects.create(
        id=uuid4(), source="shop", external_id=str(uuid4()), channel="webchat", queue=queue, started_at=at, last_event_at=at,
        is_open=False, human_messages=messages, customer_messages=messages, **more,
    )  # fmt: skip
    Participation.objects.create(conversation=one, n=1, agent=agent, joined_at=at, left_at=at, messages=messages)
    if stars is not None:
        Rating.objects.create(
            id=uuid4(), event_id=uuid4(), conversation_id=one.pk, happened_at=at, score=stars, lowest=1, highest=5
        )
    return one


def replied(talk: Conversation, agent: Agent, roughness: float | None) -> UUID:
    """A reply in a conversation, and how roughly it reads."""
    message = words(talk, talk.started_at, by=agent, text="Have a look yourself.")
    Reading.objects.create(
        message_id=message, part="safety", conversation_id=talk.pk, sent_at=talk.started_at, label="clean", score=0.0,
        confidence=1.0, model="lists", version=1, text_checksum=0, read_at=NOW, roughness=roughness, roughness_version=1,
    )  # fmt: skip
    return message


@pytest.fixture
def plan(floor: Floor) -> SamplingPlan:
    """Quentin and Mona review two by chance and one by risk of everybody, each week."""
    return planning.save(by=floor.mona, pk=None, asked=asked(floor.quentin, floor.mona), at=NOW)


@pytest.fixture
def week(floor: Floor) -> Iterator[list[Conversation]]:
    """Twenty conversations of Asha's last week, three of them rated with one star."""
    return [
        closed(floor.agent, floor.queue, LAST_WEEK + timedelta(hours=7 * n), stars=1 if n % 6 == 3 else None)
        for n in range(20)
    ]


def drawn(plan: SamplingPlan, at: datetime = NOW) -> Draw:
    return draws.draw(plan=plan.pk, period=last_ended(cadence=plan.cadence, zone=plan.tz, at=at), at=at)


class TestDrawing:
    """What comes of a draw."""

    def test_everybody_gets_their_quota_and_what_is_of_risk_says_so(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        made = drawn(plan)
        given = list(Assignment.objects.filter(draw=made))
        assert Counter(one.part for one in given) == {"random": 2, "risk": 1}
        assert {one.reason for one in given if one.part == "risk"} == {"csat"}
        assert {one.agent_id for one in given} == {floor.agent.pk}
        assert {one.due_at for one in given} == {NOW + timedelta(days=5)}
        assert (made.candidates, made.error) == (20, "")

    def test_a_second_draw_of_the_same_week_changes_nothing(self, plan: SamplingPlan, week: list[Conversation]) -> None:
        first = drawn(plan)
        before = set(Assignment.objects.values_list("pk", flat=True))
        again = drawn(plan, NOW + timedelta(hours=1))
        assert (again.pk, again.drawn_at) == (first.pk, first.drawn_at)
        assert set(Assignment.objects.values_list("pk", flat=True)) == before
        assert Outbox.objects.filter(fact="DrawMade").count() == 1

    def test_it_can_be_drawn_again_from_what_it_kept(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        made = drawn(plan)
        # What happens later to the conversations and to the plan is no matter.
        Rating.objects.all().delete()
        SamplingPlan.objects.update(chance_n=9, risk_n=0)
        assert draws.is_same_again(Draw.objects.get(pk=made.pk))
        Assignment.objects.filter(draw=made, part="random").first().delete()  # type: ignore[union-attr]
        assert not draws.is_same_again(made)

    def test_nothing_is_drawn_twice_also_not_by_two_plans(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        other = planning.save(
            by=floor.mona, pk=None, asked=asked(floor.mona, name="More", chance_n=20, risk_n=0), at=NOW
        )
        mine, more = drawn(plan), drawn(other)
        units = Assignment.objects.values_list("conversation", "agent")
        assert len(units) == len(set(units)) == 20
        assert more.candidates == 20 - Assignment.objects.filter(draw=mine).count()

    def test_what_was_reviewed_or_is_still_open_or_too_short_is_not_drawn(
        self, floor: Floor, plan: SamplingPlan
    ) -> None:
        kept = closed(floor.agent, floor.queue, LAST_WEEK)
        reviewed = closed(floor.agent, floor.queue, LAST_WEEK)
        services.begin(by=floor.quentin, conversation=reviewed.pk, agent=floor.agent.pk, at=NOW)
        Conversation.objects.filter(pk=closed(floor.agent, floor.queue, LAST_WEEK).pk).update(is_open=True)
        closed(floor.agent, floor.queue, LAST_WEEK, messages=0)
        closed(floor.agent, floor.queue, LAST_WEEK - timedelta(days=7))
        closed(floor.agent, floor.queue, LAST_WEEK + timedelta(days=7))
        made = drawn(plan)
        assert list(Assignment.objects.filter(draw=made).values_list("conversation", flat=True)) == [kept.pk]

    def test_people_and_ai_agents_are_drawn_by_different_plans(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        for talk in week:
            BotTurn.objects.create(
                id=uuid4(), event_id=uuid4(), conversation_id=talk.pk, happened_at=talk.started_at, agent_id=floor.ai.pk
            )
        ais = planning.save(by=floor.mona, pk=None, asked=asked(floor.mona, name="AI", family="ai"), at=NOW)
        assert set(Assignment.objects.filter(draw=drawn(plan)).values_list("agent", flat=True)) == {floor.agent.pk}
        assert set(Assignment.objects.filter(draw=drawn(ais)).values_list("agent", flat=True)) == {floor.ai.pk}

    def test_who_had_nothing_to_draw_is_named(self, floor: Floor, plan: SamplingPlan, week: list[Conversation]) -> None:
        idle = Agent.objects.create(kind="human", name="On leave", team=floor.team, is_listed=True)
        record = work.draw_record(viewer=floor.mona, pk=drawn(plan).pk, at=NOW)
        assert record.short == [("On leave", 0)]
        assert record.is_same is True
        assert idle.pk not in {one.assignment.agent_id for one in record.tasks}

    def test_an_alert_is_a_reason_to_look(self, floor: Floor, plan: SamplingPlan, week: list[Conversation]) -> None:
        Rating.objects.all().delete()
        for talk in week:
            Flag.objects.create(conversation_id=talk.pk, kind="alert", noticed_at=NOW)
        made = drawn(plan)
        assert Assignment.objects.get(draw=made, part="risk").reason == "alert"

    def test_a_frame_is_packed_and_comes_back_as_it_was(self, plan: SamplingPlan, week: list[Conversation]) -> None:
        criteria = draws.criteria_of(plan)
        found = frames.read(criteria=criteria, from_at=LAST_WEEK - timedelta(days=1), until_at=NOW)
        assert len(found) == 20
        assert frames.unpack(frames.pack(found)) == found


class TestLookingRough:
    """A reason that a machine only guesses at: the roughest of the person's own replies first."""

    @pytest.fixture
    def rough(self, floor: Floor) -> SamplingPlan:
        return planning.save(
            by=floor.mona, pk=None, asked=asked(floor.quentin, chance_n=0, risk_n=2, risks=("rough", "csat")), at=NOW
        )

    def test_the_roughest_conversations_are_drawn_first_and_say_what_it_is(
        self, floor: Floor, rough: SamplingPlan, week: list[Conversation]
    ) -> None:
        Rating.objects.all().delete()
        for n, roughness in ((3, 0.61), (7, 0.93), (11, 0.72), (12, 0.93)):
            replied(week[n], floor.agent, roughness if n != 12 else 0.55)
            replied(week[n], floor.agent, 0.51)
        made = drawn(rough)
        assert set(Assignment.objects.filter(draw=made).values_list("conversation", "reason")) == {
            (week[7].pk, "rough"), (week[11].pk, "rough"),
        }  # fmt: skip
        assert {one.why for one in work.to_review(viewer=floor.quentin, at=NOW)} == {
            "Looks rough; a machine’s guess that only sorts"
        }
        assert draws.is_same_again(made)
        lost = Assignment.objects.get(conversation=week[7])
        came = draws.replace(by=floor.quentin, pk=lost.pk, because="empty", at=NOW)
        assert came is not None
        assert (came.conversation_id, came.reason) == (week[3].pk, "rough")
        assert draws.is_same_again(made)

    def test_only_the_persons_own_replies_from_the_floor_on_count_and_none_that_was_removed(
        self, floor: Floor, rough: SamplingPlan, week: list[Conversation]
    ) -> None:
        other = on_shift("Somebody else", floor.team, NOW)
        replied(week[0], other, 0.9)
        replied(week[1], floor.ai, 0.9)
        replied(week[2], floor.agent, 0.4999)
        replied(week[4], floor.agent, None)
        Message.objects.filter(pk=replied(week[5], floor.agent, 0.9)).update(removed_at=NOW)
        replied(week[6], floor.agent, 0.5)
        found = frames.read(criteria=draws.criteria_of(rough), from_at=LAST_WEEK - timedelta(days=1), until_at=NOW)
        assert {(one.conversation, one.agent, one.roughness) for one in found if "rough" in one.risks} == {
            (week[6].pk, floor.agent.pk, 0.5)
        }
        assert {one.roughness for one in found if "rough" not in one.risks} == {0.0}

    def test_of_an_ai_agent_its_own_answers_count(
        self, floor: Floor, rough: SamplingPlan, week: list[Conversation]
    ) -> None:
        for talk in week[:3]:
            BotTurn.objects.create(
                id=uuid4(), event_id=uuid4(), conversation_id=talk.pk, happened_at=talk.started_at, agent_id=floor.ai.pk
            )
        replied(week[0], floor.agent, 0.9)
        replied(week[1], floor.ai, 0.8)
        criteria = msgspec.structs.replace(draws.criteria_of(rough), family="ai")
        found = frames.read(criteria=criteria, from_at=LAST_WEEK - timedelta(days=1), until_at=NOW)
        assert {one.conversation: one.roughness for one in found if one.risks} == {week[1].pk: 0.8}

    def test_a_plan_that_does_not_ask_for_it_has_the_frame_it_always_had(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        criteria = draws.criteria_of(plan)
        asked_for = {"criteria": criteria, "from_at": LAST_WEEK - timedelta(days=1), "until_at": NOW}
        before = sampling.fingerprint(frames.read(**asked_for))
        replied(week[0], floor.agent, 0.9)
        assert sampling.fingerprint(frames.read(**asked_for)) == before

    def test_a_frame_keeps_it_and_one_that_was_packed_before_there_was_such_a_reason_can_be_read(
        self, floor: Floor, rough: SamplingPlan, week: list[Conversation]
    ) -> None:
        replied(week[2], floor.agent, 0.8125)
        found = frames.read(criteria=draws.criteria_of(rough), from_at=LAST_WEEK - timedelta(days=1), until_at=NOW)
        packed = frames.pack(found)
        assert sorted(frames.unpack(packed), key=attrgetter("unit")) == sorted(found, key=attrgetter("unit"))
        assert [one.roughness for one in frames.unpack(packed) if one.roughness] == [0.8125]
        *old, _ = msgspec.msgpack.decode(zlib.decompress(packed))
        assert {one.roughness for one in frames.unpack(zlib.compress(msgspec.msgpack.encode(old)))} == {0.0}

    def test_a_frame_is_one_statement_whatever_it_finds(self, floor: Floor, rough: SamplingPlan) -> None:
        def cost(n: int) -> int:
            for _ in range(n):
                replied(closed(floor.agent, floor.queue, LAST_WEEK), floor.agent, 0.9)
            with CaptureQueriesContext(connection) as seen:
                found = frames.read(
                    criteria=draws.criteria_of(rough), from_at=LAST_WEEK - timedelta(days=1), until_at=NOW
                )
            assert sum("rough" in one.risks for one in found) >= n
            # What a plan asks for is two statements of its own.
            return len(seen) - 2

        assert (cost(3), cost(30)) == (1, 1)

    def test_it_is_no_flag_and_counts_in_no_score(
        self, floor: Floor, rough: SamplingPlan, week: list[Conversation]
    ) -> None:
        replied(week[2], floor.agent, 0.99)
        drawn(rough)
        assert not Flag.objects.exists()
        assert not Review.objects.exists()
        assert not Episode.objects.exists()
        one = Assignment.objects.get(reason="rough")
        made = services.begin(by=floor.quentin, conversation=one.conversation_id, agent=one.agent_id, at=NOW)
        assert (made.pick, made.pick_reason) == ("risk", "Looks rough; a machine’s guess that only sorts")
        assert not Review.objects.counted().exists()


class TestFailing:
    """A draw that does not work says why, and is tried again."""

    def test_without_a_conversation_it_says_so_and_works_once_there_is_one(
        self, floor: Floor, plan: SamplingPlan
    ) -> None:
        first = drawn(plan)
        assert first.drawn_at is None
        assert "none was closed" in first.error
        closed(floor.agent, floor.queue, LAST_WEEK)
        again = drawn(plan)
        assert (again.pk, again.seed, again.error) == (first.pk, first.seed, "")
        assert Assignment.objects.count() == 1

    def test_without_a_reviewer(self, floor: Floor, plan: SamplingPlan, week: list[Conversation]) -> None:
        User.objects.filter(pk__in=[floor.quentin.user.pk, floor.mona.user.pk]).update(is_active=False)
        assert "Nobody reviews for this plan" in drawn(plan).error
        assert not Assignment.objects.exists()

    def test_without_a_rubric(self, plan: SamplingPlan, week: list[Conversation]) -> None:
        Rubric.objects.update(is_default=False)
        assert "No rubric is in use for people" in drawn(plan).error


class TestBeingDue:
    """When a plan draws by itself."""

    def test_it_draws_at_its_hour_after_its_week_and_once(self, plan: SamplingPlan, week: list[Conversation]) -> None:
        monday = datetime(2026, 11, 23, tzinfo=UTC)
        assert draws.draw_due(at=monday + timedelta(hours=5, minutes=59)) == []
        assert len(draws.draw_due(at=monday + timedelta(hours=6))) == 1
        assert draws.draw_due(at=monday + timedelta(hours=7)) == []

    def test_the_hour_is_that_of_its_zone(self, floor: Floor, week: list[Conversation]) -> None:
        planning.save(by=floor.mona, pk=None, asked=asked(floor.mona, zone="Asia/Tokyo"), at=NOW)
        sunday = datetime(2026, 11, 22, tzinfo=UTC)
        assert draws.draw_due(at=sunday + timedelta(hours=20, minutes=59)) == []
        assert len(draws.draw_due(at=sunday + timedelta(hours=21))) == 1

    def test_one_that_failed_is_tried_again_after_a_quarter_of_an_hour(self, floor: Floor, plan: SamplingPlan) -> None:
        assert draws.draw_due(at=NOW) == []
        closed(floor.agent, floor.queue, LAST_WEEK)
        assert draws.draw_due(at=NOW + timedelta(minutes=14)) == []
        assert len(draws.draw_due(at=NOW + timedelta(minutes=15))) == 1

    def test_one_that_is_off_does_not_draw(self, plan: SamplingPlan, week: list[Conversation]) -> None:
        SamplingPlan.objects.update(is_on=False)
        assert draws.draw_due(at=NOW) == []


class TestSharingOut:
    """Who is given what."""

    def test_who_may_not_read_a_conversation_is_not_given_it(self, floor: Floor, plan: SamplingPlan) -> None:
        sales = queue_named("Sales chat")
        for n in range(3):
            closed(floor.agent, sales, LAST_WEEK + timedelta(hours=n))
        drawn(plan)
        assert set(Assignment.objects.values_list("reviewer", flat=True)) == {floor.mona.user.pk}

    def test_what_nobody_may_read_is_told(self, floor: Floor) -> None:
        only = planning.save(by=floor.mona, pk=None, asked=asked(floor.quentin), at=NOW)
        closed(floor.agent, queue_named("Sales chat"), LAST_WEEK)
        made = drawn(only)
        assert work.draw_record(viewer=floor.mona, pk=made.pk, at=NOW).counts.nobodys == 1
        assert work.to_review(viewer=floor.quentin, at=NOW) == []

    def test_nobody_is_given_their_own_work(self, floor: Floor, week: list[Conversation]) -> None:
        Agent.objects.filter(pk=floor.agent.pk).update(user=floor.quentin.user)
        plan = planning.save(by=floor.mona, pk=None, asked=asked(floor.quentin, floor.mona, chance_n=10), at=NOW)
        drawn(plan)
        assert set(Assignment.objects.values_list("reviewer", flat=True)) == {floor.mona.user.pk}

    def test_a_lead_is_given_only_those_they_lead(self, floor: Floor, week: list[Conversation]) -> None:
        other = on_shift("Ben", floor.team.__class__.objects.create(name="Sales"), NOW)
        closed(other, floor.queue, LAST_WEEK)
        plan = planning.save(by=floor.mona, pk=None, asked=asked(floor.lena), at=NOW)
        drawn(plan)
        by_agent = dict(Assignment.objects.values_list("agent", "reviewer"))
        assert by_agent == {floor.agent.pk: floor.lena.user.pk, other.pk: None}

    def test_the_work_is_even(self, floor: Floor, plan: SamplingPlan, week: list[Conversation]) -> None:
        SamplingPlan.objects.update(chance_n=10)
        drawn(plan)
        counts = Counter(Assignment.objects.values_list("reviewer", flat=True))
        assert max(counts.values()) - min(counts.values()) <= 1


class TestReviewing:
    """What was drawn becomes a review, with its reason."""

    def test_it_stands_in_the_list_of_its_reviewer_and_nobody_elses(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        drawn(plan)
        lists = {
            who.user.username: {one.assignment.pk for one in work.to_review(viewer=who, at=NOW)}
            for who in (floor.quentin, floor.mona)
        }
        assert lists["quentin"] | lists["mona"] == set(Assignment.objects.values_list("pk", flat=True))
        assert lists["quentin"] & lists["mona"] == set()
        with pytest.raises(NotAllowed):
            work.to_review(viewer=floor.asha, at=NOW)

    def test_a_review_keeps_why_it_was_drawn_by_whatever_way_it_is_begun(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        drawn(plan)
        for one in Assignment.objects.select_related("reviewer"):
            who = floor.quentin if one.reviewer == floor.quentin.user else floor.mona
            made = services.begin(by=who, conversation=one.conversation_id, agent=one.agent_id, at=NOW)
            assert (made.pick, made.pick_reason) == (one.part, one.get_reason_display())
            assert Assignment.objects.get(pk=one.pk).review == made

    def test_nobody_takes_what_was_drawn_for_somebody_else(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        drawn(plan)
        one = Assignment.objects.filter(reviewer=floor.mona.user).first()
        assert one is not None
        with pytest.raises(services.ReviewTaken, match="drawn for"):
            services.begin(by=floor.quentin, conversation=one.conversation_id, agent=one.agent_id, at=NOW)

    def test_only_what_chance_picked_is_counted(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        drawn(plan)
        Review.objects.bulk_create(
            Review(
                conversation_id=one.conversation_id, agent_id=one.agent_id, reviewer=floor.mona.user, pick=one.part, begun_at=NOW,
                saved_at=NOW, submitted_at=NOW, score=50,
                version=services.rubrics.default_version(services.family_of(floor.agent)),
            )
            for one in Assignment.objects.all()
        )  # fmt: skip
        assert set(Review.objects.counted().values_list("pick", flat=True)) == {Pick.RANDOM}

    def test_the_goal_counts_what_is_due_this_week_and_what_was_late(
        self, floor: Floor, plan: SamplingPlan, week: list[Conversation]
    ) -> None:
        SamplingPlan.objects.update(chance_n=6)
        drawn(plan)
        mine = list(Assignment.objects.filter(reviewer=floor.quentin.user))
        assert work.goal(viewer=floor.quentin, at=NOW).of == len(mine)
        first = services.begin(by=floor.quentin, conversation=mine[0].conversation_id, agent=floor.agent.pk, at=NOW)
        Review.objects.filter(pk=first.pk).update(submitted_at=NOW)
        found = work.goal(viewer=floor.quentin, at=NOW)
        assert (found.done, found.of, found.late, found.left) == (1, len(mine), 0, len(mine) - 1)
        later = work.goal(viewer=floor.quentin, at=NOW + timedelta(days=7))
        assert (later.done, later.of, later.late) == (0, len(mine) - 1, len(mine) - 1)


class TestReplacing:
    """What cannot be reviewed."""

    @pytest.fixture
    def lost(self, floor: Floor, week: list[Conversation]) -> Assignment:
        plan = planning.save(by=floor.mona, pk=None, asked=asked(floor.quentin, risk_n=0, risks=()), at=NOW)
        drawn(plan)
        return Assignment.objects.first()  # type: ignore[return-value]

    def test_another_one_of_the_same_person_comes_and_the_reason_stays(self, floor: Floor, lost: Assignment) -> None:
        came = draws.replace(by=floor.quentin, pk=lost.pk, because="language", at=NOW)
        assert came is not None
        assert (came.agent_id, came.part, came.reviewer_id, came.instead_of_id) == (
            floor.agent.pk,
            "random",
            floor.quentin.user.pk,
            lost.pk,
        )
        lost.refresh_from_db()
        assert (lost.replaced_because, lost.replaced_by) == ("language", floor.quentin.user)
        record = work.plan_record(viewer=floor.mona, pk=lost.draw.plan_id, at=NOW)
        assert (record.reviewers[0].counts.replaced, record.reviewers[0].share) == (1, 1 / 3)
        assert AuditEntry.objects.filter(verb="assignment.replaced").count() == 1
        assert draws.is_same_again(lost.draw)

    def test_twice_is_once(self, floor: Floor, lost: Assignment) -> None:
        first = draws.replace(by=floor.quentin, pk=lost.pk, because="language", at=NOW)
        assert draws.replace(by=floor.quentin, pk=lost.pk, because="empty", at=NOW) == first
        assert Assignment.objects.count() == 3

    def test_it_needs_a_reason_of_the_list(self, floor: Floor, lost: Assignment) -> None:
        with pytest.raises(Refusal, match="Say why"):
            draws.replace(by=floor.quentin, pk=lost.pk, because="too hard", at=NOW)

    def test_what_was_begun_is_not_replaced(self, floor: Floor, lost: Assignment) -> None:
        services.begin(by=floor.quentin, conversation=lost.conversation_id, agent=lost.agent_id, at=NOW)
        with pytest.raises(Refusal, match="begun"):
            draws.replace(by=floor.quentin, pk=lost.pk, because="empty", at=NOW)

    def test_somebody_elses_is_not_there(self, floor: Floor, lost: Assignment, nils: Viewer) -> None:
        with pytest.raises(OutOfScope):
            draws.replace(by=nils, pk=lost.pk, because="empty", at=NOW)

    def test_when_nothing_is_left_it_says_so(self, floor: Floor, lost: Assignment) -> None:
        found: Assignment | None = lost
        for _ in range(19):
            assert found is not None
            found = draws.replace(by=floor.quentin, pk=found.pk, because="empty", at=NOW)
        assert found is None


class TestPlans:
    """Who makes a plan, and what it cannot be."""

    @pytest.mark.parametrize(
        ("field", "more"),
        [
            ("name", {"name": " "}), ("zone", {"zone": "Mars"}), ("draws_at_hour", {"draws_at_hour": 24}), ("chance_n", {"chance_n": 21}),
            ("chance_n", {"chance_n": 0, "risk_n": 0}), ("risks", {"risks": ()}), ("risks", {"risks": ("gut",)}),
            ("strata", {"strata": ("age",)}), ("reviewers", {"reviewers": ()}), ("family", {"family": "both"}),
            ("fewest_messages", {"fewest_messages": 0}), ("due_days", {"due_days": 0}),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_said_at_its_field(self, floor: Floor, field: str, more: dict[str, object]) -> None:
        with pytest.raises(PlanRefused) as refused:
            planning.save(by=floor.mona, pk=None, asked=replace(asked(floor.mona), **more), at=NOW)  # type: ignore[arg-type]
        assert refused.value.about == field

    def test_two_plans_of_one_name_are_refused_and_a_change_is_not(self, floor: Floor, plan: SamplingPlan) -> None:
        with pytest.raises(PlanRefused, match="Another plan"):
            planning.save(by=floor.mona, pk=None, asked=asked(floor.mona), at=NOW)
        changed = planning.save(by=floor.mona, pk=plan.pk, asked=asked(floor.mona, chance_n=5), at=NOW)
        assert (changed.pk, changed.chance_n) == (plan.pk, 5)

    @pytest.mark.parametrize("who", ["quentin", "lena", "asha"])
    def test_only_who_manages_quality_makes_plans_and_reads_them(
        self, floor: Floor, plan: SamplingPlan, who: str
    ) -> None:
        viewer = getattr(floor, who)
        with pytest.raises(NotAllowed):
            planning.save(by=viewer, pk=None, asked=asked(floor.mona, name="Mine"), at=NOW)
        for ask in (
            lambda: work.plans(viewer=viewer, at=NOW),
            lambda: work.plan_record(viewer=viewer, pk=plan.pk, at=NOW),
        ):
            with pytest.raises(NotAllowed):
                ask()

    def test_somebody_who_reviews_nothing_is_no_reviewer(self, floor: Floor) -> None:
        plan = planning.save(by=floor.mona, pk=None, asked=asked(floor.mona, floor.asha), at=NOW)
        assert list(plan.reviewers.all()) == [floor.mona.user]

    def test_it_draws_next_at_its_hour(self, plan: SamplingPlan) -> None:
        assert work.next_draw(plan, NOW) == datetime(2026, 11, 30, 6, tzinfo=UTC)
        assert work.next_draw(plan, datetime(2026, 11, 23, 5, tzinfo=UTC)) == datetime(2026, 11, 23, 6, tzinfo=UTC)
        plan.zone = "America/New_York"
        assert work.next_draw(plan, NOW) == datetime(2026, 11, 30, 6, tzinfo=ZoneInfo("America/New_York"))


def test_a_draw_costs_the_same_statements_whatever_it_draws(floor: Floor, plan: SamplingPlan) -> None:
    def cost(at: datetime, n: int) -> int:
        for _ in range(n):
            closed(on_shift(f"P{next(_minutes)}", floor.team, NOW), floor.queue, at - timedelta(days=7))
        with CaptureQueriesContext(connection) as seen:
            drawn(plan, at)
        return len(seen)

    few = cost(NOW, 3)
    assert cost(NOW + timedelta(days=7), 30) == few


def test_a_granted_reviewer_loses_what_they_may_not_read_any_more(
    floor: Floor, plan: SamplingPlan, week: list[Conversation], nils: Viewer
) -> None:
    drawn(plan)
    assert work.to_review(viewer=floor.quentin, at=NOW)
    floor.queue.queueuserobjectpermission_set.all().delete()
    assert work.to_review(viewer=granted(floor.quentin), at=NOW) == []


def test_a_conversation_that_set_off_an_alert_is_told_once(floor: Floor, noon: datetime) -> None:
    fired(floor.queue, noon, talk=floor.talk)
    fact = AlertsChanged(at=noon + timedelta(seconds=5))
    for _ in range(2):
        alerts.tell_quality(fact, noon + timedelta(seconds=6))
    assert [(one.conversation_id, one.kind) for one in Flag.objects.all()] == [(floor.talk.pk, "alert")]
