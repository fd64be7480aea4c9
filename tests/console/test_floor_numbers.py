"""The floor's figures on a floor made by hand, worked out on paper, as of one frozen moment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.console import figures, floor, people
from apps.console import regions as console_regions
from apps.interactions.models import Conversation, Handoff, Queue
from apps.metrics import goal_setting, goals
from apps.metrics.models import Goal
from tests.console.floors import (
    granted,
    handled,
    holds,
    on_shift,
    queue_named,
    replied,
    stood,
    turn,
    waiting,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
# What a number says of itself: how many cases, and of when.
TITLES = re.compile(r'title="(\d+ [^"]*)"')


@pytest.fixture
def busy(lena: Viewer, noon: datetime) -> Viewer:
    """Lena's billing queue: ten replies of 10 to 100 s, two who wait, and what ended in the hour."""
    billing = queue_named("Billing chat")
    for n in range(1, 11):
        replied(billing, noon - n * MINUTE, 10.0 * n)
    replied(billing, noon - timedelta(hours=1), 5000.0)  # on the edge: the window is open on its left
    waiting(billing, noon, 130)
    waiting(billing, noon, 20)
    for n in range(5):
        handled(billing, noon - (n + 1) * MINUTE, is_transferred=n == 0)
    for seconds, ended_by in (
        (20, "answered"),
        (20, "answered"),
        (20, "answered"),
        (30, "abandoned"),
        (5, "abandoned"),
    ):
        stood(billing, noon - 3 * MINUTE, seconds, ended_by=ended_by)
    return granted(lena, queue=billing)


def figure(viewer: Viewer, at: datetime, key: str) -> figures.Figure:
    return next(one for one in figures.figures(viewer=viewer, at=at) if one.key == key)


def test_the_queue_row_has_exact_numbers(busy: Viewer, noon: datetime) -> None:
    (line,) = floor.queues(viewer=busy, at=noon)
    assert (line.waiting, line.oldest_since) == (2, noon - timedelta(seconds=130))
    assert line.replies == 10
    # Linear interpolation between the 9th and the 10th of ten: 90 + 0.1 x 10.
    assert line.first_reply_seconds == pytest.approx(91.0)
    assert line.within_target == pytest.approx(6 / 11)  # one gave up, which no reply can keep
    assert line.state == "crit"


def test_each_number_of_the_tables_says_its_window_and_of_how_many_it_is(
    busy: Viewer, noon: datetime, plain_static: None
) -> None:
    billing = Queue.objects.get()
    bo = Agent.objects.create(kind="ai", name="Bo")
    for n, (confidence, intent) in enumerate(((0.9, "refund"), (0.7, "refund"), (0.2, "")), start=1):
        turn(billing, bo, noon - n * MINUTE, confidence, intent=intent, is_fallback=not intent)
    queues = console_regions.render("floor.queues", busy, {}, noon)
    assert "last hour, sorted by risk" in queues
    assert TITLES.findall(queues) == [
        "10 first replies in the last hour. The rows behind it",
        "11 replies due in the last hour. The rows behind it",
        "12 conversations begun in the last hour",
    ]
    ai = console_regions.render("floor.ai", busy, {}, noon)
    assert "last hour, measured apart from people" in ai
    # A fallback's confidence never counts.
    assert TITLES.findall(ai) == [
        "3 turns in the last hour",
        "2 turns in the last hour",
        "3 conversations in the last hour",
        "3 conversations in the last hour",
    ]
    assert 'aria-label="Leading figures, last hour"' in console_regions.render("floor.figures", busy, {}, noon)


def test_a_reply_after_the_moment_is_not_counted(busy: Viewer, noon: datetime) -> None:
    (line,) = floor.queues(viewer=busy, at=noon - 4 * MINUTE)
    # The replies of 40 to 100 s are in the hour now, and the one of the edge, which came 56 minutes before.
    assert line.replies == 8


def test_the_leading_figures_name_their_n(busy: Viewer, noon: datetime) -> None:
    reply = figure(busy, noon, "reply")
    assert (reply.value, reply.target, reply.state) == ("1m 31s", "target 1m 00s, n 10", "crit")
    assert figure(busy, noon, "waiting").value == "2"
    assert figure(busy, noon, "waiting").target == "oldest 2m 10s"
    transfer = figure(busy, noon, "transfer")
    assert (transfer.value, transfer.target) == ("20.0%", "no goal, 1 of 5")
    # Who left within ten seconds is left out of both sides.
    abandon = figure(busy, noon, "abandon")
    assert (abandon.value, abandon.target) == ("25.0%", "no goal, 1 of 4")


def test_shares_are_held_against_the_goals_of_every_queue_together(busy: Viewer, adam: Viewer, noon: datetime) -> None:
    def aim(metric: str, target: str, threshold: str = "") -> None:
        goal_setting.set_goal(
            by=adam, metric=metric, scope=goals.Scope("floor", goals.ALL), period="day", target=target, threshold=threshold,
            from_on=noon.date(), at=noon,
        )  # fmt: skip

    def transfer() -> tuple[str, str, float | str]:
        found = figure(busy, noon, "transfer")
        return found.target, found.state, found.trend_target

    assert transfer() == ("no goal, 1 of 5", "", "")
    aim("reopen_rate", "10")  # what keeps it honest
    aim("transfer_rate", "25")
    assert transfer() == ("goal 25%, 1 of 5", "", 0.25)
    aim("transfer_rate", "12")  # five cases say too little for a colour
    assert transfer() == ("goal 12%, 1 of 5", "", 0.12)
    billing = Queue.objects.get()
    for n in range(15):
        handled(billing, noon - (n + 10) * MINUTE, is_transferred=n < 3)
    assert transfer() == ("goal 12%, 4 of 20", "warn", 0.12)
    aim("transfer_rate", "12", "15")
    assert transfer() == ("goal 12%, 4 of 20", "crit", 0.12)
    goal_setting.end_goal(by=adam, goal=Goal.objects.latest("pk"), at=noon - timedelta(days=1))
    assert transfer() == ("no goal, 4 of 20", "", "")


def test_the_line_under_first_reply_is_first_reply_and_not_the_queue(busy: Viewer, noon: datetime) -> None:
    # Steps of five minutes from 11:00: 11:50 to 11:54 hold 100 … 60 s, 11:55 to 11:59 hold 50 … 10 s.
    assert figure(busy, noon, "reply").trend == pytest.approx([96.0, 46.0])


def test_what_nobody_measured_is_empty_and_never_zero(lena: Viewer, noon: datetime) -> None:
    viewer = granted(lena, queue=queue_named("Quiet"))
    for key in ("reply", "transfer", "abandon", "confidence"):
        assert (figure(viewer, noon, key).value, figure(viewer, noon, key).face) == ("", "empty")
    (line,) = floor.queues(viewer=viewer, at=noon)
    assert (line.first_reply_seconds, line.within_target, line.ai_share, line.oldest_since) == (None,) * 4


def test_the_verdict_names_the_queue_and_its_miss(busy: Viewer, noon: datetime) -> None:
    title, text = floor.verdict(lines=floor.queues(viewer=busy, at=noon), at=noon)
    assert title == "One queue needs you now"
    assert text == "Billing chat keeps people waiting for 2m 10s against 1m 00s."


def test_a_calm_floor_is_inside_its_targets(lena: Viewer, noon: datetime) -> None:
    calm = queue_named("Calm")
    waiting(calm, noon, 30)
    viewer = granted(lena, queue=calm)
    title, text = floor.verdict(lines=floor.queues(viewer=viewer, at=noon), at=noon)
    assert (title, text) == ("The shift is inside its targets", "1 waiting, none for longer than promised.")


def test_a_floor_without_any_target_is_not_called_inside_its_targets(lena: Viewer, noon: datetime) -> None:
    bare = queue_named("Letters", target=None)
    viewer = granted(lena, queue=bare)
    title, text = floor.verdict(lines=floor.queues(viewer=viewer, at=noon), at=noon)
    assert title == "No queue has a target yet"
    assert text == "Nobody is waiting. Until a queue has a reply target, nothing here can be called late."
    waiting(bare, noon, 130)
    _, text = floor.verdict(lines=floor.queues(viewer=viewer, at=noon), at=noon)
    assert text.startswith("1 waiting, the longest for 2m 10s. ")
    assert figure(viewer, noon, "reply").target == "no queue has a target"


def test_queues_without_a_target_are_named_beside_those_that_keep_theirs(lena: Viewer, noon: datetime) -> None:
    granted(lena, queue=queue_named("Letters", target=None))
    viewer = granted(lena, queue=queue_named("Calm"))
    title, text = floor.verdict(lines=floor.queues(viewer=viewer, at=noon), at=noon)
    assert (title, text) == (
        "Every queue with a target is inside it",
        "Nobody is waiting. Without a target: Letters.",
    )


def test_the_queue_at_most_risk_is_first(lena: Viewer, noon: datetime) -> None:
    calm, late = queue_named("A calm one"), queue_named("B late one")
    waiting(calm, noon, 30)
    waiting(late, noon, 90)
    granted(lena, queue=calm)
    assert [one.name for one in floor.queues(viewer=granted(lena, queue=late), at=noon)] == ["B late one", "A calm one"]


def test_people_show_their_state_and_their_slots(lena: Viewer, noon: datetime) -> None:
    team, billing = Team.objects.create(name="Billing"), queue_named("Billing chat")
    asha = on_shift("Asha Rao", team, noon, capacity=2)
    for _ in range(3):
        holds(asha, billing, noon)
    on_shift("Ben Adeyemi", team, noon, status="wrap_up")
    on_shift("Chloé Martin", team, noon)
    on_shift("Dan Off", team, noon, status="offline")
    found = people.people(viewer=granted(lena, team=team), at=noon)
    assert [(one.name, one.state_label, one.used, one.capacity, one.flag) for one in found] == [
        ("Asha Rao", "In contact", 3, 2, "Over capacity"),
        ("Ben Adeyemi", "Wrap-up", 0, 3, "Wrap-up over 5 min"),
        ("Chloé Martin", "Ready", 0, 3, ""),
    ]
    assert found[0].since == noon - timedelta(minutes=5)
    assert people.people_note(found) == "1 in contact, 1 ready, 1 in wrap-up, 0 away"


def test_ai_agents_are_measured_apart_from_people(lena: Viewer, noon: datetime) -> None:
    billing = queue_named("Billing chat")
    bo = Agent.objects.create(kind="ai", name="Bo")
    turn(billing, bo, noon - MINUTE, 0.8, intent="refund")
    turn(billing, bo, noon - 2 * MINUTE, 0.6, intent="refund", asked_for_human=True)
    # What a fallback prints is the threshold it fell under: not told, or beside its best real intent.
    turn(billing, bo, noon - 3 * MINUTE, 0.99, is_fallback=True)
    turn(billing, bo, noon - timedelta(minutes=61), 0.1)
    viewer = granted(lena, queue=billing, team=Team.objects.create(name="Billing"))
    (line,) = people.ai_agents(viewer=viewer, at=noon)
    assert line.confidence == pytest.approx(0.7)
    assert line.intent_match == pytest.approx(2 / 3)
    assert line.asked_for_person == pytest.approx(1 / 3)
    assert line.handed_over == 0
    assert (figure(viewer, noon, "confidence").value, figure(viewer, noon, "confidence").target) == (
        "0.70",
        "no goal, n 2",
    )
    assert people.people(viewer=viewer, at=noon) == []


def test_an_ai_agent_that_never_names_an_intent_has_no_intent_match(lena: Viewer, noon: datetime) -> None:
    billing = queue_named("Billing chat")
    turn(billing, Agent.objects.create(kind="ai", name="Silent"), noon - MINUTE, 0.9)
    talker = Agent.objects.create(kind="ai", name="Talker")
    turn(billing, talker, noon - MINUTE, None)
    turn(billing, talker, noon - MINUTE, None, intent="refund")
    turn(billing, talker, noon - MINUTE, None, is_fallback=True)
    found = people.ai_agents(viewer=granted(lena, queue=billing), at=noon)
    assert [(one.name, one.intent_match) for one in found] == [("Silent", None), ("Talker", 0.5)]


def test_a_hand_off_is_better_neither_way_so_no_share_of_them_is_red(lena: Viewer, noon: datetime) -> None:
    billing, bo = queue_named("Billing chat"), Agent.objects.create(kind="ai", name="Bo")
    for n in range(30):
        turn(billing, bo, noon - n * timedelta(seconds=9), 0.9)
    for talk in Conversation.objects.filter(queue=billing):
        Handoff.objects.create(conversation=talk, n=1, ai_agent_id=bo.pk, trigger="fallback", happened_at=noon - MINUTE)
    (line,) = people.ai_agents(viewer=granted(lena, queue=billing), at=noon)
    assert (line.handed_over, line.state, line.why) == (1.0, "ok", "")


def test_confidence_under_its_goal_is_red_only_from_turns_enough(lena: Viewer, noon: datetime) -> None:
    billing, bo = queue_named("Billing chat"), Agent.objects.create(kind="ai", name="Bo")
    Goal.objects.create(
        metric="ai_confidence", scope_kind="floor", scope_key="all", period="day", target=0.8, threshold=0.7,
        from_on=noon.date() - timedelta(days=1), zone="UTC", made_by=lena.user, made_at=noon,
    )  # fmt: skip
    said = []
    for n in range(20):
        turn(billing, bo, noon - (n + 1) * timedelta(seconds=9), 0.6)
        said.append(people.ai_agents(viewer=granted(lena, queue=billing), at=noon)[0].confidence_state)
    assert said == [*[""] * 19, "crit"]
