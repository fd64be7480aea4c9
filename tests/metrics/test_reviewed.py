"""Numbers of what reviewers say: which reviews they are made of, whose they are, and that the rows recompute to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import fmean, stdev

import pytest
from django.test import Client
from time_machine import travel

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Team
from apps.interactions.models import Conversation, Participation, Queue
from apps.metrics import drilldown, queries
from apps.metrics.behind import ALL, HITS, LEFT_OUT, REST, Question
from apps.metrics.definitions.definition import MixedFamilies
from apps.metrics.drilldown import Row
from apps.metrics.queries import Scope
from apps.metrics.reading import Number
from apps.metrics.reviewed import KEYS
from apps.metrics.small_groups import TooFew
from apps.reviews.models import Outcome, Pick, Review
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from tests.console.floors import granted, holds, queue_named
from tests.reviews.rows import doubted, judged

pytestmark = pytest.mark.django_db
SCORES = [60, 75, 80, 100, 55.5, 90, 85, 70, 65, 95, 88]
DAY = timedelta(days=1)
# The 97.5 % quantile of Student’s t with 11 degrees of freedom, from printed tables.
T_11 = 2.200985


@dataclass
class Judged:
    """A team of two and an AI agent with reviews of every kind."""

    team: Team
    queue: Queue
    other: Queue
    asha: Agent
    tom: Agent
    counted: list[Review]


@pytest.fixture
def floor(lena: Viewer, quentin: Viewer, asha: Viewer, noon: datetime) -> Judged:
    team, queue, other = Team.objects.create(name="Billing"), queue_named("Billing chat"), queue_named("Sales chat")
    granted(lena, queue=queue, team=team)
    her = Agent.objects.create(kind="human", name="Asha", team=team, user=asha.user)
    him = Agent.objects.create(kind="human", name="Tom", team=team)
    bot = Agent.objects.create(kind="ai", name="Bo")

    def review(agent: Agent, where: Queue, score: float | None, **fields: object) -> Review:
        made = judged(agent, holds(agent, where, noon - 2 * DAY), quentin.user, noon - DAY)
        Review.objects.filter(pk=made.pk).update(**({"score": score, "raw_score": score} | fields))
        return Review.objects.get(pk=made.pk)

    counted = [review(her if n % 2 else him, other if n == 10 else queue, score) for n, score in enumerate(SCORES)]
    counted.append(review(him, queue, 0, is_failed=True, raw_score=70))
    review(bot, queue, 10)
    review(him, queue, None)
    review(him, queue, 30, pick=Pick.RISK)
    review(him, queue, 31, pick=Pick.CHOSEN)
    review(him, queue, 32, pick=Pick.CALIBRATION)
    review(him, queue, 33, releases_at=noon + DAY)
    judged(him, holds(him, queue, noon - DAY), quentin.user, noon, is_draft=True)
    for n, outcome in enumerate([Outcome.ACCEPTED, Outcome.PARTLY, Outcome.REJECTED, Outcome.REJECTED]):
        asked = doubted(counted[n], asha.user, noon - (n + 2) * DAY)
        asked.outcome, asked.decided_by, asked.decided_at = outcome, lena.user, noon - DAY
        asked.save()
    doubted(counted[4], asha.user, noon - DAY)
    return Judged(team, queue, other, her, him, counted)


def number(viewer: Viewer, key: str, at: datetime, *, window: str = "7d", **scope: object) -> Number:
    found = queries.measure(viewer=viewer, key=key, scope=Scope(**scope), window=window, at=at)  # type: ignore[arg-type]
    return found.groups[0].number


def rows(viewer: Viewer, key: str, at: datetime, part: str = ALL, **scope: object) -> list[Row]:
    question = Question(key=key, scope=Scope(**scope), window="7d", part=part)  # type: ignore[arg-type]
    return list(drilldown.every_row(viewer=viewer, question=question, at=at, most=1000))


def test_the_internal_quality_score_is_the_mean_of_what_chance_picked_with_its_interval(
    mona: Viewer, floor: Judged, noon: datetime
) -> None:
    found = number(mona, "internal_quality_score", noon)
    values = [*SCORES, 0.0]
    reach = T_11 * stdev(values) / len(values) ** 0.5
    assert (found.n, found.is_enough) == (12, True)
    assert found.value == pytest.approx(fmean(values))
    assert (found.low, found.high) == (
        pytest.approx(fmean(values) - reach), pytest.approx(min(100, fmean(values) + reach)),
    )  # fmt: skip


def test_below_ten_reviews_there_is_a_mean_and_no_interval(mona: Viewer, floor: Judged, noon: datetime) -> None:
    found = number(mona, "internal_quality_score", noon, agent_id=floor.asha.pk)
    assert (found.n, found.value, found.low, found.is_enough) == (5, pytest.approx(fmean(SCORES[1::2])), None, False)


def test_where_nothing_was_reviewed_there_is_no_number(mona: Viewer, floor: Judged, noon: datetime) -> None:
    for key in KEYS:
        assert number(mona, key, noon - 20 * DAY) == Number.nothing()


def test_coverage_is_reviewed_parts_of_people_in_closed_conversations(
    mona: Viewer, floor: Judged, noon: datetime
) -> None:
    Conversation.objects.update(is_open=False, last_event_at=noon - DAY)
    Participation.objects.update(messages=3)
    # Tom's calibration and his draft are no reviews, the AI agent's part is none of a person.
    found = number(mona, "coverage", noon)
    assert (found.hits, found.n) == (16, 18)
    opened, silent, twice = list(Conversation.objects.filter(reviews__agent=floor.asha).order_by("pk"))[:3]
    Conversation.objects.filter(pk=opened.pk).update(is_open=True)
    Participation.objects.filter(conversation=silent).update(messages=0)
    for n in (2, 3):  # two more stretches of hers are no further parts
        Participation.objects.create(
            conversation=twice, n=n, agent=floor.asha, joined_at=noon - DAY, left_at=noon - DAY, messages=n - 2
        )
    found = number(mona, "coverage", noon)
    assert (found.hits, found.n) == (14, 16)
    assert number(mona, "coverage", noon, queue_id=floor.other.pk).n == 1
    assert (len(rows(mona, "coverage", noon, HITS)), len(rows(mona, "coverage", noon, REST))) == (14, 2)
    assert sorted((row.conversation_id, row.reason) for row in rows(mona, "coverage", noon, LEFT_OUT)) == sorted(
        [
            (opened.pk, "Not closed yet: it can be reviewed once it is."),
            (silent.pk, "The person wrote nothing that the customer saw: there is nothing to review."),
        ]
    )
    assert number(mona, "coverage", noon - 2 * DAY) == Number.nothing()


@pytest.mark.parametrize(
    ("key", "hits", "n"),
    [("auto_fail_rate", 1, 12), ("dispute_rate", 5, 15), ("overturn_rate", 2, 4)],
)
def test_shares_of_reviews(mona: Viewer, floor: Judged, noon: datetime, key: str, hits: int, n: int) -> None:
    found = number(mona, key, noon)
    assert (found.hits, found.n, found.value) == (hits, n, hits / n)
    assert (len(rows(mona, key, noon, HITS)), len(rows(mona, key, noon, REST))) == (hits, n - hits)


def test_reviews_that_failed_are_counted_and_days_to_decide_are_a_mean(
    mona: Viewer, floor: Judged, noon: datetime
) -> None:
    assert number(mona, "critical_fails", noon).value == 1
    assert number(mona, "days_to_resolve", noon).value == pytest.approx(fmean([1, 2, 3, 4]))


def test_a_team_is_its_people_whatever_queue_they_helped_in_and_a_queue_its_conversations(
    mona: Viewer, floor: Judged, noon: datetime
) -> None:
    assert number(mona, "internal_quality_score", noon, team_id=floor.team.pk).n == 12
    assert number(mona, "internal_quality_score", noon, queue_id=floor.other.pk).value == SCORES[10]


@pytest.mark.parametrize(("by", "expected"), [
    ("agent", {"Asha": 5, "Tom": 7}), ("queue", {"Billing chat": 11, "Sales chat": 1}),
])  # fmt: skip
def test_a_number_is_divided_by_person_and_by_queue(
    mona: Viewer, floor: Judged, noon: datetime, by: str, expected: dict[str, int]
) -> None:
    found = queries.measure(viewer=mona, key="internal_quality_score", scope=Scope(), window="7d", by=by, at=noon)
    assert {group.label: group.number.n for group in found.groups} == expected


def test_a_mark_that_is_raised_later_counts_at_once(mona: Viewer, floor: Judged, noon: datetime) -> None:
    before = number(mona, "internal_quality_score", noon).value
    Review.objects.filter(pk=floor.counted[0].pk).update(score=Decimal(72))
    assert number(mona, "internal_quality_score", noon).value == pytest.approx((before or 0) + 1)


def test_the_rows_behind_a_score_recompute_to_it_and_what_is_left_out_says_why(
    mona: Viewer, floor: Judged, noon: datetime
) -> None:
    told = [float(row.said.removesuffix(" points")) for row in rows(mona, "internal_quality_score", noon)]
    assert fmean(told) == pytest.approx(number(mona, "internal_quality_score", noon).value, abs=0.01)
    assert sorted(row.reason.partition(":")[0] for row in rows(mona, "internal_quality_score", noon, LEFT_OUT)) == [
        "Chosen by somebody", "No line that counts was marked", "Not released to its agent yet", "Picked by risk",
    ]  # fmt: skip
    (waiting,) = rows(mona, "overturn_rate", noon, LEFT_OUT)
    assert waiting.reason == "Not decided yet."


def test_an_agent_reads_their_own_score_and_its_rows_and_nobody_elses(
    asha: Viewer, floor: Judged, noon: datetime
) -> None:
    own = viewer_for(User.objects.get(pk=asha.user.pk))
    assert number(own, "internal_quality_score", noon, agent_id=floor.asha.pk).n == 5
    assert {row.agent for row in rows(own, "internal_quality_score", noon, agent_id=floor.asha.pk)} <= {"Asha"}
    with pytest.raises((OutOfScope, NotAllowed)):
        number(own, "internal_quality_score", noon, agent_id=floor.tom.pk)
    for key in KEYS:
        with pytest.raises(NotAllowed):
            number(own, key, noon)


def test_a_lead_reads_no_row_of_a_conversation_outside_her_queues(lena: Viewer, floor: Judged, noon: datetime) -> None:
    found = drilldown.drill(
        viewer=lena, question=Question("internal_quality_score", Scope(team_id=floor.team.pk), "7d"), at=noon
    )
    assert (found.number.n, len(found.rows), found.part.hidden) == (12, 11, 1)


def test_somebody_elses_team_and_an_ai_agent_have_no_such_number(
    nils: Viewer, mona: Viewer, floor: Judged, noon: datetime
) -> None:
    with pytest.raises(OutOfScope):
        number(nils, "internal_quality_score", noon, team_id=floor.team.pk)
    with pytest.raises(MixedFamilies):
        number(mona, "internal_quality_score", noon, agent_id=Agent.objects.get(kind="ai").pk)
    with pytest.raises(Refusal, match="judges nobody"):
        number(mona, "overturn_rate", noon, agent_id=floor.asha.pk)


def test_operations_read_no_score_of_fewer_than_five_people(olu: Viewer, floor: Judged, noon: datetime) -> None:
    with pytest.raises(TooFew):
        number(olu, "internal_quality_score", noon, team_id=floor.team.pk)


@pytest.mark.usefixtures("_plain_static")
def test_page_and_program_tell_the_same(mona: Viewer, floor: Judged, noon: datetime) -> None:
    client = Client()
    client.force_login(mona.user)
    with travel(noon, tick=False):
        (told,) = client.get("/api/v1/metrics/internal_quality_score?window=7d").json()["groups"]
        page = client.get("/metrics/internal_quality_score?window=7d").content.decode()
    assert told["number"]["value"] == pytest.approx(fmean([*SCORES, 0]))
    assert '<dd id="n">12</dd>' in page
    assert page.count('<tr><th scope="row">') == 12
    assert "points (95 %)" in page
