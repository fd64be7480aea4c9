"""Who is to take a conversation, for every mixture of what is diverted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from apps.routing.cover import Cover, Person, offered, with_more, without
from apps.routing.decision import Diverted, Handler, decide

BILLING, CARE = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 11, 24, 12)
ANA, BEN = UUID(int=11), UUID(int=12)


def diverted(kind: str, **values: object) -> Diverted:
    plain = Diverted(uuid4(), kind, BILLING, None, "", frozenset(), NOON, NOON + timedelta(minutes=30))
    return replace(plain, **values)  # type: ignore[arg-type]


def test_without_a_diversion_everything_goes_its_usual_way() -> None:
    found = decide([diverted("pause", queue=CARE)], queue=BILLING)
    assert (found.handler, found.until, found.because, found.joining) == (Handler.AS_USUAL, None, [], frozenset())


def test_a_paused_matter_goes_to_people_and_the_others_do_not() -> None:
    one = diverted("pause", intent="refund_status")
    assert decide([one], queue=BILLING, intent="refund_status").handler == Handler.PEOPLE
    assert decide([one], queue=BILLING, intent="invoice_copy").handler == Handler.AS_USUAL
    assert decide([one], queue=BILLING).handler == Handler.AS_USUAL
    assert decide([diverted("pause")], queue=BILLING, intent="whatever").handler == Handler.PEOPLE


def test_complex_ones_go_to_seniors_and_simple_ones_to_the_ai() -> None:
    both = [diverted("seniors"), diverted("to_ai")]
    assert decide(both, queue=BILLING, is_complex=True).handler == Handler.SENIORS
    assert decide(both, queue=BILLING).handler == Handler.AI
    assert decide([diverted("to_ai")], queue=BILLING, is_complex=True).handler == Handler.AS_USUAL


def test_a_pause_is_stronger_than_sending_simple_ones_to_the_ai() -> None:
    both = [diverted("to_ai"), diverted("pause")]
    assert decide(both, queue=BILLING).handler == Handler.PEOPLE
    assert decide([*both, diverted("seniors")], queue=BILLING, is_complex=True).handler == Handler.SENIORS


def test_who_was_moved_joins_one_queue_and_is_away_from_the_other_until_the_first_returns() -> None:
    later = diverted(
        "move", queue=CARE, to_queue=BILLING, people=frozenset([BEN]), ends_at=NOON + timedelta(minutes=90)
    )
    sooner = diverted("move", queue=CARE, to_queue=BILLING, people=frozenset([ANA]))
    found = decide([later, sooner], queue=BILLING)
    assert (found.joining, found.away, found.until) == (frozenset([ANA, BEN]), frozenset(), sooner.ends_at)
    assert decide([later, sooner], queue=CARE).away == frozenset([ANA, BEN])


def person(n: int, free: int, slots: int = 4) -> Person:
    return Person(UUID(int=n), f"Person {n}", slots, free)


def test_what_is_left_behind_and_what_is_brought_are_the_same_slots() -> None:
    people = [person(1, 3), person(2, 1)]
    left = without(Cover(2, 8, 4, waiting=1), people, [UUID(int=1)])
    brought = with_more(Cover(1, 4, 0, waiting=5), people, [UUID(int=1)])
    assert (left.people, left.slots, left.free, left.is_short, left.share_free) == (1, 4, 1, False, 0.25)
    assert (brought.people, brought.slots, brought.free) == (2, 8, 3)
    assert Cover(0, 0, 0, waiting=0).share_free is None


def test_only_so_many_are_offered_that_the_queue_left_keeps_somebody_and_its_slots() -> None:
    people = [person(1, 3), person(2, 2), person(3, 1)]
    cover = Cover(3, 12, 6, waiting=0)
    assert offered(people, cover, wanted=4) == [UUID(int=1), UUID(int=2)]
    assert offered(people, cover, wanted=99) == [UUID(int=1), UUID(int=2)]  # somebody stays
    assert offered(people, Cover(3, 12, 6, waiting=4), wanted=4) == [UUID(int=2)]  # four wait there too
    assert offered([person(1, 0)], cover, wanted=1) == []
