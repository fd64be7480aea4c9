"""Diverting: who may, what is refused, what returns by itself, and that a second time changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Presence, Team
from apps.console import floor as console
from apps.routing import queries, services
from apps.routing.decision import Handler
from apps.routing.models import Diversion, HelpCall
from apps.routing.services import DiversionRefused
from apps.shared.errors import NotAllowed, OutOfScope
from apps.shared.models import Outbox
from apps.shared.reading import one_reading
from tests.conftest import person
from tests.console.floors import granted, holds, on_shift, queue_named, waiting
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def move(floor: Floor, at: datetime, *people: Any, **more: Any) -> Diversion:
    given = {
        "by": floor.lena, "key": uuid4(), "queue": floor.care.pk, "to_queue": floor.billing.pk, "people": [one.pk for one in people],
        "minutes": 30, "at": at, **more,
    }  # fmt: skip
    return services.move(**given)


def divert(floor: Floor, at: datetime, kind: str = "pause", **more: Any) -> Diversion:
    given = {"by": floor.lena, "key": uuid4(), "kind": kind, "queue": floor.billing.pk, "minutes": 30, "at": at, **more}
    return services.divert(**given)


def decided(floor: Floor, at: datetime, queue: UUID | None = None, **more: Any) -> Any:
    return queries.decision(
        queue=queue or floor.billing.pk, intent=more.pop("intent", ""), is_complex=more.pop("is_complex", False), at=at
    )


def test_who_is_moved_answers_the_other_queue_until_the_time_is_over(floor: Floor, noon: datetime) -> None:
    one = move(floor, noon, floor.noor)
    assert decided(floor, noon + MINUTE).joining == frozenset([floor.noor.pk])
    assert decided(floor, noon + MINUTE, floor.care.pk).away == frozenset([floor.noor.pk])
    assert decided(floor, one.ends_at - timedelta(microseconds=1)).joining
    # Past its time it holds no longer, although no worker has looked.
    assert decided(floor, one.ends_at).joining == frozenset()
    assert services.return_due(at=one.ends_at + 5 * MINUTE) == 1
    one.refresh_from_db()
    assert (one.ended_at, one.ended_by) == (one.ends_at, None)
    assert services.return_due(at=one.ends_at + 6 * MINUTE) == 0


def test_the_slots_of_both_queues_follow_on_the_floor(floor: Floor, noon: datetime) -> None:
    def slots() -> dict[str, int | None]:
        return {line.name: line.slots for line in console.queues(viewer=floor.lena, at=noon + MINUTE)}

    assert slots() == {"Billing chat": 3, "WhatsApp": 9}
    one = move(floor, noon, floor.noor, floor.esi)
    assert slots() == {"Billing chat": 9, "WhatsApp": 3}
    services.take_back(by=floor.lena, pk=one.pk, at=noon + MINUTE)
    assert slots() == {"Billing chat": 3, "WhatsApp": 9}


def test_the_plan_shows_what_is_left_behind_and_offers_who_can_be_spared(floor: Floor, noon: datetime) -> None:
    for n in range(5):
        waiting(floor.billing, noon, 60 + n)
    holds(floor.esi, floor.care, noon)
    plan = queries.plan(viewer=floor.lena, to=floor.billing.pk, queue=None, people=None, at=noon)
    assert plan.queue == floor.care
    assert plan.left is not None
    assert [(choice.person.name, choice.person.free, choice.is_chosen) for choice in plan.people] == [
        ("Esi Mensah", 2, False), ("Mei Tan", 3, True), ("Noor Aziz", 3, False),
    ]  # fmt: skip  # five wait and three slots are free: two more are needed
    assert (plan.left.now.free, plan.left.then.free, plan.left.then.slots) == (8, 5, 6)
    assert (plan.helped.now.free, plan.helped.then.free, plan.helped.then.is_short) == (3, 6, False)
    asked = queries.plan(viewer=floor.lena, to=floor.billing.pk, queue=floor.care.pk, people=[floor.esi.pk], at=noon)
    assert asked.left is not None
    assert (asked.chosen, asked.left.then.free) == (1, 6)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"minutes": 5}, "Choose one of 15"), ({"minutes": 10**9}, "Choose one of 15"), ({"people": []}, "at least one"),
        ({"to_queue": "care"}, "the queue they are in"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_what_would(
    floor: Floor, noon: datetime, given: dict[str, Any], words: str
) -> None:
    given = {name: floor.care.pk if value == "care" else value for name, value in given.items()}
    with pytest.raises(DiversionRefused, match=words):
        move(floor, noon, floor.noor, **given)
    assert not Diversion.objects.exists()


def test_a_queue_is_never_left_with_nobody_and_nobody_is_moved_who_is_not_there(floor: Floor, noon: datetime) -> None:
    with pytest.raises(DiversionRefused, match="leave nobody"):
        move(floor, noon, floor.noor, floor.esi, floor.mei)
    Presence.objects.create(id=uuid4(), agent=floor.mei, status="offline", started_at=noon - MINUTE)
    with pytest.raises(DiversionRefused, match="Mei Tan are not at work"):
        move(floor, noon, floor.mei)
    move(floor, noon, floor.noor)
    with pytest.raises(DiversionRefused, match="Noor Aziz help another queue already"):
        move(floor, noon, floor.noor)
    with pytest.raises(DiversionRefused, match="leave nobody"):
        move(floor, noon, floor.esi)


def test_the_same_form_sent_twice_moves_once_and_anothers_key_is_nobodys(
    floor: Floor, olu: Viewer, noon: datetime
) -> None:
    key = uuid4()
    first, again = move(floor, noon, floor.noor, key=key), move(floor, noon + MINUTE, floor.noor, key=key)
    assert (first, Diversion.objects.count(), AuditEntry.objects.filter(verb="routing.moved").count()) == (again, 1, 1)
    with pytest.raises(OutOfScope):
        divert(floor, noon, by=olu, key=key)


def test_taken_back_within_a_minute_it_never_was_and_later_it_returns_early(floor: Floor, noon: datetime) -> None:
    one, other = move(floor, noon, floor.noor), divert(floor, noon)
    services.take_back(by=floor.lena, pk=one.pk, at=noon + timedelta(seconds=8))
    services.take_back(by=floor.lena, pk=one.pk, at=noon + 5 * MINUTE)  # a second time changes nothing
    services.take_back(by=floor.lena, pk=other.pk, at=noon + 5 * MINUTE)
    found = {row.pk: (row.is_undone, row.ended_at) for row in Diversion.objects.all()}
    assert found == {one.pk: (True, noon + timedelta(seconds=8)), other.pk: (False, noon + 5 * MINUTE)}
    assert decided(floor, noon + 6 * MINUTE).handler == Handler.AS_USUAL
    assert set(AuditEntry.objects.values_list("verb", flat=True)) >= {"routing.undone", "routing.returned"}


def test_one_diversion_of_a_kind_runs_in_a_queue(floor: Floor, noon: datetime) -> None:
    divert(floor, noon, "pause", intent="refund_status")
    divert(floor, noon, "pause", intent="invoice_copy")
    with pytest.raises(DiversionRefused, match="runs in Billing chat already"):
        divert(floor, noon, "pause", intent="refund_status")
    assert divert(floor, noon + 31 * MINUTE, "pause", intent="refund_status").state == "planned"
    divert(floor, noon + 31 * MINUTE, "pause", intent="invoice_copy")
    with pytest.raises(IntegrityError), transaction.atomic():
        Diversion.objects.filter(ended_at=None).update(intent="same")


@pytest.mark.parametrize("kind", ["move", "", "drop table"])
def test_there_are_no_other_diversions(floor: Floor, noon: datetime, kind: str) -> None:
    with pytest.raises(DiversionRefused, match="none of the diversions"):
        divert(floor, noon, kind)


def test_who_may_not_or_leads_elsewhere_changes_nothing(
    floor: Floor, noon: datetime, nils: Viewer, olu: Viewer, mona: Viewer, adam: Viewer, asha: Viewer, quentin: Viewer
) -> None:
    elsewhere = granted(nils, queue=queue_named("Sales chat"), team=Team.objects.create(name="Sales"))
    running = divert(floor, noon, "to_ai")
    for viewer in (mona, adam, asha, quentin):
        for act in (
            lambda by: move(floor, noon, floor.noor, by=by), lambda by: divert(floor, noon, by=by),
            lambda by: services.take_back(by=by, pk=running.pk, at=noon), lambda by: services.call_help(by=by, key=uuid4(), queue=floor.billing.pk, at=noon),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                act(viewer)
    for act in (
        lambda: move(floor, noon, floor.noor, by=elsewhere), lambda: divert(floor, noon, by=elsewhere),
        lambda: services.take_back(by=elsewhere, pk=running.pk, at=noon),
    ):  # fmt: skip
        with pytest.raises(OutOfScope):
            act()
    with pytest.raises(NotAllowed):  # operations sees nobody by name
        move(floor, noon, floor.noor, by=olu)
    assert divert(floor, noon, by=olu).by == olu.user
    assert queries.running(viewer=elsewhere, at=noon) == []


def test_what_is_diverted_is_looked_for_once_in_a_reading_while_nothing_is(floor: Floor, noon: datetime) -> None:
    def shown() -> tuple[int, int, int]:
        with one_reading(), CaptureQueriesContext(connection) as read:
            moved, rows = queries.people_moved(at=noon), queries.running(viewer=floor.lena, at=noon)
        return len(moved), len(rows), sum('FROM "routing_diversion"' in one["sql"] for one in read)

    assert shown() == (0, 0, 1)
    divert(floor, noon)
    assert shown() == (0, 1, 2)
    move(floor, noon, floor.noor)
    assert shown() == (1, 2, 2)


def test_names_of_people_are_for_who_leads_them(floor: Floor, olu: Viewer, noon: datetime) -> None:
    move(floor, noon, floor.noor)
    [hers], [his] = queries.running(viewer=floor.lena, at=noon), queries.running(viewer=olu, at=noon)
    assert (hers.people, his.people) == (["Noor Aziz"], [])
    assert his.text == "1 person from WhatsApp to Billing chat"


def test_another_lead_hears_the_call_and_sends_people_to_a_queue_that_is_not_theirs(
    floor: Floor, nils: Viewer, noon: datetime
) -> None:
    sales, team = queue_named("Sales chat"), Team.objects.create(name="Sales")
    sales.teams.add(team)
    his = granted(nils, queue=sales, team=team)
    emil, _ = on_shift("Emil Sand", team, noon), on_shift("Ines Rocha", team, noon)
    given = {"by": his, "queue": sales.pk, "minutes": 30}
    with pytest.raises(OutOfScope):
        move(floor, noon, emil, **given)
    call = services.call_help(by=floor.lena, key=uuid4(), queue=floor.billing.pk, at=noon)
    assert services.call_help(by=floor.lena, key=uuid4(), queue=floor.billing.pk, at=noon + MINUTE) == call
    [heard] = queries.helps(viewer=his, at=noon + MINUTE)
    assert (heard.queue_name, heard.end_href) == ("Billing chat", "")
    move(floor, noon + MINUTE, emil, **given)
    call.refresh_from_db()
    assert call.answered_by == his.user
    with pytest.raises(OutOfScope):
        services.end_help(by=his, pk=call.pk, at=noon + 2 * MINUTE)
    services.end_help(by=floor.lena, pk=call.pk, at=noon + 2 * MINUTE)
    assert queries.helps(viewer=his, at=noon + 3 * MINUTE) == []


def test_a_call_for_help_ends_by_itself(floor: Floor, noon: datetime) -> None:
    services.call_help(by=floor.lena, key=uuid4(), queue=floor.billing.pk, at=noon)
    services.return_due(at=noon + timedelta(hours=1))
    assert HelpCall.objects.get().ended_at == noon + services.HELP


def test_the_same_call_sent_again_after_it_ended_calls_nobody_a_second_time(floor: Floor, noon: datetime) -> None:
    key = uuid4()
    call = services.call_help(by=floor.lena, key=key, queue=floor.billing.pk, at=noon)
    services.end_help(by=floor.lena, pk=call.pk, at=noon + MINUTE)
    again = services.call_help(by=floor.lena, key=key, queue=floor.billing.pk, at=noon + 2 * MINUTE)
    assert (again.pk, again.ended_at) == (call.pk, noon + MINUTE)
    assert HelpCall.objects.count() == 1
    HelpCall.objects.filter(pk=key).update(by=person("emma", "lead").user)
    with pytest.raises(OutOfScope):
        services.call_help(by=floor.lena, key=key, queue=floor.billing.pk, at=noon + 3 * MINUTE)


def test_what_the_platform_says_only_goes_forwards_and_a_refusal_ends_it(floor: Floor, noon: datetime) -> None:
    one = divert(floor, noon)
    told = [
        services.told(pk=one.pk, state=state, at=noon)
        for state in ("sent", "accepted", "sent", "accepted", "done", "refused")
    ]
    one.refresh_from_db()
    assert (told, one.state) == ([True, True, False, False, True, False], "done")
    other = divert(floor, noon, "to_ai")
    services.told(pk=other.pk, state="refused", at=noon + MINUTE)
    assert decided(floor, noon + 2 * MINUTE).because == [one.pk]
    assert divert(floor, noon + 2 * MINUTE, "to_ai").state == "planned"


def test_a_running_diversion_is_handed_to_the_next_lead(floor: Floor, nils: Viewer, noon: datetime) -> None:
    divert(floor, noon)
    assert services.hand_over(by=floor.lena, to=nils.user, at=noon) == 1
    assert services.hand_over(by=floor.lena, to=nils.user, at=noon) == 0
    assert Diversion.objects.get().keeper == nils.user


def test_each_change_is_announced_once_by_keys_alone(floor: Floor, noon: datetime) -> None:
    one = move(floor, noon, floor.noor)
    services.return_due(at=one.ends_at)
    told = [row.payload for row in Outbox.objects.filter(fact="DiversionChanged")]
    assert [row["diversion_id"] for row in told] == [str(one.pk)] * 2
    assert all("Noor" not in str(row) for row in told)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_return_each_diversion_once(floor: Floor, noon: datetime) -> None:
    for n in range(40):
        divert(floor, noon, "pause", intent=f"matter-{n}")
    Outbox.objects.all().delete()

    def work(_: int) -> int:
        try:
            return services.return_due(at=noon + timedelta(hours=1))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(16))) == 40
    assert Outbox.objects.filter(fact="DiversionChanged").count() == 40
