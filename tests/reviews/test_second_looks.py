"""Second looks: asked in time and with a reason, decided by somebody else, and neither mark is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.access.models import AuditEntry
from apps.metrics.models import Calendar, Holiday, QueueCalendar
from apps.reviews import second_looks, services, working_days
from apps.reviews.drafts import Entry
from apps.reviews.marks import entries_of
from apps.reviews.models import Correction, Outcome, Review, SecondLook
from apps.reviews.second_looks import SecondLookRefused
from apps.shared.errors import NotAllowed, OutOfScope
from tests.reviews.conftest import GOOD, Floor, draft, submitted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WHY = "The date is in message 4, please look again."


@pytest.fixture
def released(floor: Floor, noon: datetime) -> Review:
    """Submitted at noon of a Tuesday, released at one o'clock: 88.24, or 55.88 with what is marked low."""
    low = Entry(step=1, causes=("No date",), evidence=(floor.said[3],))
    return submitted(floor, noon, {**GOOD, "next-step": low})


def ask(floor: Floor, review: Review, at: datetime, **more: Any) -> SecondLook:
    return services.ask_second_look(by=floor.asha, review=review.pk, text=more.pop("text", WHY), at=at, **more)


def decide(
    floor: Floor, look: SecondLook, at: datetime, outcome: Outcome = Outcome.ACCEPTED, **more: Any
) -> SecondLook:
    given = {"by": floor.mona, "answer": "The date is there indeed.", "changes": {"next-step": 3}, **more}
    return services.decide_second_look(pk=look.pk, outcome=outcome, at=at, **given)


@pytest.mark.parametrize(("moment", "zone", "end"), [
    (datetime(2026, 11, 24, 13, tzinfo=UTC), "UTC", datetime(2026, 12, 2, tzinfo=UTC)),  # Tuesday: until the end of Tuesday
    (datetime(2026, 11, 27, 13, tzinfo=UTC), "UTC", datetime(2026, 12, 5, tzinfo=UTC)),  # Friday: until the end of Friday
    (datetime(2026, 11, 28, 13, tzinfo=UTC), "UTC", datetime(2026, 12, 5, tzinfo=UTC)),  # Saturday as well
    (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "Europe/Berlin", datetime(2026, 12, 2, 23, tzinfo=UTC)),  # Wednesday there
])  # fmt: skip
def test_five_working_days_end_at_midnight_of_the_zone(moment: datetime, zone: str, end: datetime) -> None:
    assert working_days.after(moment, zone=ZoneInfo(zone)) == end


def test_holidays_of_the_conversations_queue_are_no_working_days(
    floor: Floor, released: Review, noon: datetime
) -> None:
    """Through the settings, as the portal reads them: another queue's holiday changes nothing, one at a weekend neither."""
    here, elsewhere = (Calendar.objects.create(name=name, zone="UTC") for name in ("Here", "Elsewhere"))
    QueueCalendar.objects.create(queue=floor.queue, calendar=here)
    for calendar, day in ((here, 26), (here, 28), (elsewhere, 27)):
        Holiday.objects.create(calendar=calendar, day=date(2026, 11, day))
    until = datetime(2026, 12, 3, tzinfo=UTC)  # a day later than without the 26th, a Thursday
    released.refresh_from_db()
    assert second_looks.asked_until(released) == until
    assert ask(floor, released, until - HOUR).due_at == datetime(2026, 12, 10, tzinfo=UTC)
    with pytest.raises(SecondLookRefused, match="until the end of 2 December"):
        ask(floor, released, until, line="next-step")
    floor.talk.__class__.objects.update(queue=None)
    released.refresh_from_db()
    assert second_looks.asked_until(released) == until - 24 * HOUR


def test_an_accepted_second_look_changes_the_score_says_why_and_keeps_both_marks(
    floor: Floor, released: Review, noon: datetime
) -> None:
    assert released.score == Decimal("75.00")
    look = ask(floor, released, noon + 2 * HOUR, line="next-step")
    assert (look.score_before, look.due_at) == (Decimal("75.00"), datetime(2026, 12, 2, tzinfo=UTC))
    done = decide(floor, look, noon + 3 * HOUR)
    released.refresh_from_db()
    assert (done.score_before, done.score_after, released.score) == (
        Decimal("75.00"),
        Decimal("85.00"),
        Decimal("85.00"),
    )
    kept = Correction.objects.get()
    assert (kept.step_before, kept.step_after, entries_of(released)["next-step"].step) == (1, 3, 3)
    assert entries_of(released)["next-step"].evidence == (floor.said[3],)
    said = AuditEntry.objects.get(verb="second_look.decided")
    assert (said.reason, said.concerns) == (
        "The date is there indeed.",
        sorted([floor.asha.user.pk, floor.quentin.user.pk]),
    )


def test_a_mark_may_turn_out_not_to_apply(floor: Floor, released: Review, noon: datetime) -> None:
    decide(floor, ask(floor, released, noon + HOUR, line="next-step"), noon + 2 * HOUR, changes={"next-step": None})
    released.refresh_from_db()
    assert (released.score, Correction.objects.get().is_na_after) == (Decimal("88.24"), True)


def test_a_failed_review_that_turns_out_to_have_passed_has_its_score_again(floor: Floor, noon: datetime) -> None:
    fail = Entry(step=1, causes=("Promised too much",), evidence=(floor.said[3],))
    one = submitted(floor, noon, {**GOOD, "follows-policy": fail})
    decide(floor, ask(floor, one, noon + HOUR), noon + 2 * HOUR, changes={"follows-policy": 2})
    one.refresh_from_db()
    assert (one.score, one.is_failed) == (Decimal("88.24"), False)


def test_a_rejected_second_look_changes_nothing(floor: Floor, released: Review, noon: datetime) -> None:
    look = ask(floor, released, noon + HOUR)
    with pytest.raises(SecondLookRefused, match="changes no mark"):
        decide(floor, look, noon + 2 * HOUR, Outcome.REJECTED)
    done = decide(floor, look, noon + 2 * HOUR, Outcome.REJECTED, changes={})
    assert (done.score_before, done.score_after, Correction.objects.count()) == (Decimal("75.00"), Decimal("75.00"), 0)


def test_an_accepted_one_changes_at_least_one_mark_and_only_the_line_that_was_asked_about(
    floor: Floor, released: Review, noon: datetime
) -> None:
    look = ask(floor, released, noon + HOUR, line="next-step")
    with pytest.raises(SecondLookRefused, match="Change the mark"):
        decide(floor, look, noon + 2 * HOUR, changes={"next-step": 1})
    with pytest.raises(SecondLookRefused, match="Only the line"):
        decide(floor, look, noon + 2 * HOUR, Outcome.PARTLY, changes={"shows-heard": 4})
    with pytest.raises(SecondLookRefused, match="cannot be marked so"):
        decide(floor, look, noon + 2 * HOUR, changes={"next-step": 9})


def test_nobody_decides_about_their_own_review(floor: Floor, noon: datetime) -> None:
    one = submitted(floor, noon, by=floor.mona)
    look = ask(floor, one, noon + HOUR)
    with pytest.raises(NotAllowed, match="You wrote this review"):
        decide(floor, look, noon + 2 * HOUR)
    with pytest.raises(NotAllowed):
        decide(floor, look, noon + 2 * HOUR, by=floor.quentin)
    assert SecondLook.objects.get().decided_at is None


def test_it_is_decided_once(floor: Floor, released: Review, noon: datetime) -> None:
    look = ask(floor, released, noon + HOUR)
    decide(floor, look, noon + 2 * HOUR)
    with pytest.raises(SecondLookRefused, match="decided already"):
        decide(floor, look, noon + 3 * HOUR, changes={"next-step": 4})


@pytest.mark.parametrize("text", ["", "   ", "No.", "x" * 401])
def test_a_reason_is_mandatory(floor: Floor, released: Review, noon: datetime, text: str) -> None:
    with pytest.raises(SecondLookRefused):
        ask(floor, released, noon + HOUR, text=text)
    look = ask(floor, released, noon + HOUR)
    with pytest.raises(SecondLookRefused):
        decide(floor, look, noon + 2 * HOUR, answer=text)


def test_a_line_is_looked_at_again_once_and_so_is_the_whole(floor: Floor, released: Review, noon: datetime) -> None:
    ask(floor, released, noon + HOUR)
    ask(floor, released, noon + HOUR, line="next-step")
    for line in ("", "next-step"):
        with pytest.raises(SecondLookRefused, match="was asked for already"):
            ask(floor, released, noon + 2 * HOUR, line=line)


def test_it_may_be_asked_for_five_working_days(floor: Floor, released: Review, noon: datetime) -> None:
    over = datetime(2026, 12, 2, tzinfo=UTC)
    with pytest.raises(SecondLookRefused, match="could be asked for until the end of 1 December"):
        ask(floor, released, over)
    assert ask(floor, released, over - timedelta(seconds=1)).pk


def test_only_whom_it_is_about_asks_and_only_once_it_is_released(
    floor: Floor, released: Review, noon: datetime
) -> None:
    with pytest.raises(OutOfScope):
        ask(floor, released, noon + HOUR / 2)
    with pytest.raises(OutOfScope):
        ask(floor, released, noon + HOUR, line="nothing")
    for other in (floor.lena, floor.quentin, floor.mona):
        with pytest.raises(NotAllowed):
            services.ask_second_look(by=other, review=released.pk, text=WHY, at=noon + HOUR)


def test_what_people_type_is_masked(floor: Floor, released: Review, noon: datetime) -> None:
    look = ask(floor, released, noon + HOUR, text="She wrote from a.b@shop.example, see message 4.")
    done = decide(floor, look, noon + 2 * HOUR, answer="Seen; a.b@shop.example is hers.")
    assert ("[email 1]" in done.text, "[email 1]" in done.answer) == (True, True)


def test_a_draft_has_no_second_look(floor: Floor, noon: datetime) -> None:
    one = draft(floor, noon)
    with pytest.raises(OutOfScope):
        ask(floor, one, noon + 9 * HOUR)
