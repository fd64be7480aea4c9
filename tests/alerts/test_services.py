"""What people do about alerts: who may, what changes, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Team
from apps.alerts import episodes, queries, services
from apps.alerts.engine.keeping import kept
from apps.alerts.engine.series import Memory, State
from apps.alerts.models import Episode, Happening, Series
from apps.interactions.models import Conversation, Queue
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.models import Outbox
from apps.shared.reading import one_reading
from tests.alerts.conftest import fired, rule, says
from tests.console.floors import conversation, granted, queue_named, waiting

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)

DOES: list[tuple[str, Callable[..., Episode], dict[str, Any]]] = [
    ("take", services.take_on, {}),
    ("snooze", services.snooze, {"minutes": 30, "until_worse": False}),
    ("resolve", services.resolve, {}),
    ("judge", services.judge, {"outcome": "helped"}),
    ("act", services.act, {}),
]


@pytest.mark.parametrize(("name", "do", "given"), [*DOES, ("undo", services.undo, {})], ids=lambda one: str(one)[:8])
def test_who_may_not_or_leads_elsewhere_changes_nothing(
    name: str, do: Any, given: dict[str, Any], billing: Queue, noon: datetime, adam: Viewer, asha: Viewer, quentin: Viewer,
    mona: Viewer, nils: Viewer,
) -> None:  # fmt: skip
    one = fired(billing, noon, is_over=name == "judge")
    before = Episode.objects.values().get()
    for viewer in (adam, asha, granted(quentin, queue=billing)):
        with pytest.raises(NotAllowed):
            do(by=viewer, pk=one.pk, at=noon, **given)
    for viewer in (mona, granted(nils, queue=queue_named("Sales chat"))):  # not about quality; not his queue
        with pytest.raises(OutOfScope):
            do(by=viewer, pk=one.pk, at=noon, **given)
    with pytest.raises(OutOfScope):
        do(by=granted(nils, queue=billing), pk=uuid4(), at=noon, **given)
    assert Episode.objects.values().get() == before
    assert not AuditEntry.objects.filter(verb__startswith="alert.").exists()


@pytest.mark.parametrize(("name", "do", "given"), DOES, ids=[one[0] for one in DOES])
def test_what_was_done_is_written_down_and_announced(
    name: str, do: Any, given: dict[str, Any], billing: Queue, noon: datetime, leads: Viewer
) -> None:
    one = fired(billing, noon, is_over=name == "judge")
    do(by=leads, pk=one.pk, at=noon, **given)
    assert AuditEntry.objects.get(subject_kind="episode").subject_id == str(one.pk)
    assert Happening.objects.latest("pk").by == leads.user
    told = {"AlertsChanged", *(["AlertActed"] if name == "act" else [])}
    assert {row.fact for row in Outbox.objects.all()} == told


def test_quality_looks_after_its_own_rules(billing: Queue, noon: datetime, mona: Viewer) -> None:
    rule("mood", is_quality=True, name="Customers are unhappy")
    one = fired(billing, noon, key="mood")
    assert services.take_on(by=mona, pk=one.pk, at=noon).stage == "acknowledged"


def test_two_take_it_on_and_the_second_is_told_who_has_it(
    billing: Queue, noon: datetime, leads: Viewer, olu: Viewer
) -> None:
    one = fired(billing, noon)
    services.take_on(by=leads, pk=one.pk, at=noon)
    with pytest.raises(Refusal, match="Lena took this on already"):
        services.take_on(by=olu, pk=one.pk, at=noon)


def test_what_is_over_is_not_opened_by_taking_it_on(billing: Queue, noon: datetime, leads: Viewer) -> None:
    one = fired(billing, noon, is_over=True)
    with pytest.raises(Refusal, match="is over"):
        services.take_on(by=leads, pk=one.pk, at=noon)
    assert Episode.objects.get().stage == "resolved"


def test_doing_what_it_advises_twice_is_counted_once(billing: Queue, noon: datetime, leads: Viewer) -> None:
    one = fired(billing, noon)
    services.act(by=leads, pk=one.pk, at=noon)
    again = services.act(by=leads, pk=one.pk, at=noon + timedelta(minutes=1))
    assert (again.acted_at, again.stage) == (noon, "acknowledged")
    assert Happening.objects.filter(what="acted").count() == 1


@pytest.mark.parametrize("minutes", [0, -5, 4, 121, 10**9])
def test_a_snooze_has_the_times_that_are_offered(billing: Queue, noon: datetime, leads: Viewer, minutes: int) -> None:
    one = fired(billing, noon)
    with pytest.raises(Refusal, match="Choose one"):
        services.snooze(by=leads, pk=one.pk, minutes=minutes, until_worse=False, at=noon)


def test_put_aside_until_worse_it_returns_when_it_is(billing: Queue, noon: datetime, leads: Viewer) -> None:
    rule()
    for n in range(3):
        waiting(billing, noon, 60 + n)
    services.watch(at=noon)
    one = Episode.objects.get()
    services.snooze(by=leads, pk=one.pk, minutes=120, until_worse=True, at=noon)
    services.watch(at=noon + timedelta(seconds=10))
    one.refresh_from_db()
    assert one.stage == "snoozed"
    for n in range(2):
        waiting(billing, noon, 5 + n)
    services.watch(at=noon + timedelta(seconds=20))
    one.refresh_from_db()
    assert (one.stage, one.value) == ("open", 5.0)
    assert Happening.objects.latest("pk").what == "got_worse"


def test_resolved_by_hand_while_still_bad_it_is_the_same_alert_again(
    billing: Queue, noon: datetime, leads: Viewer
) -> None:
    rule()
    for n in range(3):
        waiting(billing, noon, 60 + n)
    services.watch(at=noon)
    one = Episode.objects.get()
    services.resolve(by=leads, pk=one.pk, at=noon + timedelta(seconds=1))
    services.watch(at=noon + timedelta(seconds=5))
    again = Episode.objects.get()
    assert (again.pk, again.stage, again.resolved_at, again.sequence) == (one.pk, "open", None, 1)


def test_nobody_judged_it_within_an_hour(billing: Queue, noon: datetime, leads: Viewer) -> None:
    one = fired(billing, noon)
    services.resolve(by=leads, pk=one.pk, at=noon)
    services.watch(at=noon + timedelta(minutes=61))
    assert (Episode.objects.get().stage, Episode.objects.get().outcome) == ("closed", "unjudged")
    services.judge(by=leads, pk=one.pk, outcome="false_alarm", at=noon + timedelta(minutes=62))
    assert Episode.objects.get().outcome == "false_alarm"


@pytest.fixture
def with_words(asked: Conversation, billing: Queue, noon: datetime) -> Episode:
    rule("nobody-came", reader="asked", params={"seconds": 90, "unit": "seconds"}, action="open_message", severity=3)
    services.watch(at=noon)
    return Episode.objects.get()


def test_the_card_leads_to_the_message_and_has_one_next_action(
    with_words: Episode, leads: Viewer, noon: datetime
) -> None:
    [card] = queries.panel(viewer=leads, at=noon).alerts
    assert card.evidence_href == f"/conversations/{with_words.conversation_id}#m3"
    assert str(card.quote) == "agent please, card [card 1]"
    assert (card.severity, card.where, card.now_text, card.rule) == ("crit", "Billing chat", "5m 00s", "over 1m 30s")
    assert (card.action, card.action_href) == ("Open the conversation", card.evidence_href)


def test_the_next_action_is_a_note_to_who_holds_the_conversation_where_one_leads_them(
    asked: Conversation, leads: Viewer, asha: Viewer, billing: Queue, noon: datetime
) -> None:
    rule("turned-negative", reader="asked", params={"seconds": 90, "unit": "seconds"}, action="coach", is_quality=True)
    services.watch(at=noon)
    one = Episode.objects.get()
    team = Team.objects.create(name="Care")
    holder = Agent.objects.create(kind="human", name="Asha Verma", team=team)
    Conversation.objects.filter(pk=one.conversation_id).update(holder=holder)

    def step(viewer: Viewer) -> tuple[str, str]:
        [card] = queries.panel(viewer=viewer_for(viewer.user), at=noon).alerts
        return card.action, card.action_href

    message = f"/conversations/{one.conversation_id}#m3"
    assert step(leads) == ("Open the conversation", message)  # not one of their people
    granted(leads, team=team)
    assert step(leads) == ("Open the conversation", message)  # nobody who could read a note
    Agent.objects.filter(pk=holder.pk).update(user=asha.user)
    note = f"/agents/{holder.pk}/coach?conversation={one.conversation_id}&message={one.message_id}"
    assert step(leads) == ("Coach Asha Verma", note)


def test_who_reads_no_conversation_is_shown_no_word_of_it(
    with_words: Episode, olu: Viewer, adam: Viewer, noon: datetime
) -> None:
    for viewer in (olu, adam):
        [card] = queries.panel(viewer=viewer, at=noon).alerts
        assert (str(card.quote), card.evidence_href) == ("", "")
        assert card.action == "Open the queue"
    assert queries.panel(viewer=adam, at=noon).alerts[0].may_care is False


def test_a_removed_or_private_message_is_not_quoted(with_words: Episode, leads: Viewer, noon: datetime) -> None:
    from apps.interactions.models import Message

    for change in ({"removed_at": noon}, {"removed_at": None, "is_private": True}):
        Message.objects.filter(pk=with_words.message_id).update(**change)
        assert str(queries.panel(viewer=leads, at=noon).alerts[0].quote) == ""


def test_a_lead_sees_the_alerts_of_their_queues_and_no_other(
    billing: Queue, noon: datetime, leads: Viewer, nils: Viewer
) -> None:
    fired(billing, noon)
    assert queries.panel(viewer=leads, at=noon).count == 1
    assert queries.panel(viewer=granted(nils, queue=queue_named("Sales chat")), at=noon).count == 0
    assert (queries.open_count(viewer=leads), queries.open_count(viewer=nils)) == ((1, False), (0, False))


def test_panel_and_rail_say_the_same_beside_the_line_of_time_as_alone(
    billing: Queue, noon: datetime, leads: Viewer, nils: Viewer
) -> None:
    for minutes in (70, 40, 10):
        fired(billing, noon - minutes * MINUTE, key=f"r{minutes}")
    ended = fired(billing, noon - 30 * MINUTE, key="ended", is_over=True)
    fired(billing, noon - 600 * MINUTE, key="long-ago", is_over=True)
    put_aside = fired(billing, noon - 20 * MINUTE, key="aside")
    Episode.objects.filter(pk=put_aside.pk).update(stage="snoozed", severity=3, snoozed_until=noon + 10 * MINUTE)
    other = granted(nils, queue=queue_named("Sales chat"))
    for viewer, open_, whole in ((leads, 4, 5), (other, 0, 0)):
        alone = queries.drawn(viewer=viewer, at=noon), queries.open_count(viewer=viewer)
        with one_reading():
            line = queries.episodes_so_far(viewer=viewer, since=noon - 480 * MINUTE)
            with CaptureQueriesContext(connection) as read:
                beside = queries.drawn(viewer=viewer, at=noon), queries.open_count(viewer=viewer)
        assert beside == alone
        assert (len(line), beside[0]["count"]) == (whole, open_)
        assert line == queries.episodes_of_shift(viewer=viewer, since=noon - 480 * MINUTE, at=noon)
        assert not any("episode" in one["sql"] and '"severity" DESC' in one["sql"] for one in read), "it is read once"
    assert ended in queries.episodes_of_shift(viewer=leads, since=noon - 480 * MINUTE, at=noon)


def test_nobody_watches_and_the_panel_says_since_when(billing: Queue, noon: datetime, leads: Viewer) -> None:
    rule("prompt")
    rule("grid", is_prompt=False)
    services.watch(at=noon)
    services.evaluate(at=noon)
    assert queries.panel(viewer=leads, at=noon + timedelta(seconds=60)).as_of is None
    assert queries.panel(viewer=leads, at=noon + timedelta(seconds=91)).as_of == noon
    services.watch(at=noon + timedelta(seconds=91))
    # The rules of the grid are still dead: that the others live hides nothing.
    assert queries.panel(viewer=leads, at=noon + timedelta(seconds=92)).as_of == noon
    services.evaluate(at=noon + timedelta(seconds=92))
    assert queries.panel(viewer=leads, at=noon + timedelta(seconds=93)).as_of is None


def test_the_number_of_a_message_is_its_place_in_the_transcript(billing: Queue, noon: datetime, leads: Viewer) -> None:
    from apps.console.transcript import transcript

    talk = conversation(billing, noon - timedelta(minutes=10))
    keys = [says(talk, noon - timedelta(minutes=9 - n // 2), f"word {n}") for n in range(6)]  # two at each moment
    for key in keys:
        fired(queue_named(f"Q{key}"), noon)
        Episode.objects.filter(queue__name=f"Q{key}").update(queue=billing, conversation_id=talk.pk, message_id=key)
    cards = queries.panel(viewer=leads, at=noon, most=len(keys)).alerts
    told = {
        str(one.text): one.number
        for one in transcript(viewer=leads, pk=talk.pk, at=noon).items
        if hasattr(one, "number")
    }
    assert {str(card.quote): int(card.evidence_href.split("#m")[1]) for card in cards} == told


@pytest.mark.parametrize("what", ["take", "snooze", "resolve"])
def test_what_one_just_did_is_taken_back_and_everything_is_as_before(
    what: str, leads: Viewer, billing: Queue, noon: datetime
) -> None:
    """Rows of the alert and of its series; the history says both."""
    one = fired(billing, noon)
    episodes.put(one, episodes.care_of(one)).save()  # as the engine writes it
    made = Series.objects.create(
        rule=one.rule, key=one.series_key, labels={}, memory=kept(Memory(state=State.FIRING)), is_quiet=False
    )
    before = Episode.objects.filter(pk=one.pk).values().get(), Series.objects.filter(pk=made.pk).values().get()
    do = {
        "take": lambda: services.take_on(by=leads, pk=one.pk, at=noon + MINUTE),
        "snooze": lambda: services.snooze(by=leads, pk=one.pk, minutes=30, until_worse=False, at=noon + MINUTE),
        "resolve": lambda: services.resolve(by=leads, pk=one.pk, at=noon + MINUTE),
    }[what]
    do()
    assert Episode.objects.filter(pk=one.pk).values().get() != before[0]
    services.undo(by=leads, pk=one.pk, at=noon + MINUTE + timedelta(seconds=8))
    after = Episode.objects.filter(pk=one.pk).values().get(), Series.objects.filter(pk=made.pk).values().get()
    assert after == before
    assert [line.what for line in one.history.order_by("pk")][-1] == "undone"
    assert AuditEntry.objects.filter(verb="alert.undone").count() == 1
    with pytest.raises(Refusal, match="Something else"):  # there is nothing more to take back
        services.undo(by=leads, pk=one.pk, at=noon + MINUTE + timedelta(seconds=9))
    do()  # and it can be done again


def test_nothing_else_is_taken_back(
    leads: Viewer, olu: Viewer, asha: Viewer, nils: Viewer, billing: Queue, noon: datetime
) -> None:
    """Not what another did, not what came after, not what is long ago, not by who may not."""
    one = fired(billing, noon)
    services.take_on(by=leads, pk=one.pk, at=noon)
    for who, no in ((olu, Refusal), (asha, NotAllowed), (nils, OutOfScope)):
        with pytest.raises(no):
            services.undo(by=who, pk=one.pk, at=noon + timedelta(seconds=5))
    with pytest.raises(Refusal, match="more than a minute"):
        services.undo(by=leads, pk=one.pk, at=noon + timedelta(seconds=61))
    services.resolve(by=olu, pk=one.pk, at=noon + timedelta(seconds=10))
    with pytest.raises(Refusal, match="Something else"):
        services.undo(by=leads, pk=one.pk, at=noon + timedelta(seconds=12))
    assert Episode.objects.get().stage == "resolved"


def test_the_answer_of_an_act_says_where_it_is_taken_back(
    leads: Viewer, billing: Queue, client: Client, plain_static: None
) -> None:
    one = fired(billing, timezone.now())
    client.force_login(leads.user)
    json = {"headers": {"Accept": "application/json"}}
    told = client.post(reverse("alert_take", args=[one.pk]), **json).json()
    assert told["undo"] == reverse("alert_undo", args=[one.pk])
    assert client.post(told["undo"], **json).json() == {
        "text": f"As before: {one.version.name}",
        "href": "",
        "undo": "",
    }
    assert client.post(told["undo"], **json).status_code == 409
    client.post(reverse("alert_take", args=[one.pk]))  # without scripts the next page offers it
    page = client.get(reverse("alerts")).content.decode()
    assert f'<form method="post" action="{told["undo"]}">' in page
    assert "data-undo" in page
