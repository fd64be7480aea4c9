"""Second looks: an agent doubts a mark or a review, somebody else than its reviewer decides, and neither mark is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import working_days
from apps.reviews.drafts import answers
from apps.reviews.facts import SecondLookChanged
from apps.reviews.marks import entries_of
from apps.reviews.models import Correction, Mark, Outcome, Review, SecondLook
from apps.reviews.scoring import score, stored
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.outbox import announce

FEWEST_CHARACTERS = 10
LONGEST = 400

# What a decision makes of a line: a step, or None: it does not apply.
Changes = Mapping[str, int | None]


class SecondLookRefused(Refusal):
    """It cannot be asked or decided so. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


def asked_until(review: Review) -> datetime:
    """Until when the agent of a released review may ask: the end of the fifth working day after it, in the agent's zone.

    Holidays of the queue in which the conversation was do not count. One statement.
    """
    if review.releases_at is None:
        raise AssertionError("Nobody asks about what is never released.")
    zone = "UTC" if review.agent.user is None else review.agent.user.time_zone
    return working_days.promised(review.releases_at, zone=ZoneInfo(zone), queue=review.conversation.queue_id)


@transaction.atomic
def ask(*, by: Viewer, review: UUID, line: str = "", text: str, at: datetime) -> SecondLook:
    """Ask for a second look at a released review of one's own work, or at one line of it; within five working days.

    :raises NotAllowed: the role has no reviews.
    :raises OutOfScope: no released review of theirs, or no line of its form.
    :raises SecondLookRefused: no reason is given, the time is over, or it was asked before.
    """
    by.require(Permission.BE_REVIEWED)
    found = (
        Review.objects.select_for_update(of=("self",)).select_related("agent__user", "version", "conversation").released(at)
        .filter(pk=review, agent__user=by.user).first()
    )  # fmt: skip
    if found is None:
        raise OutOfScope
    about = found.version.lines.filter(key=line).first() if line else None
    if line and about is None:
        raise OutOfScope
    told = _told("text", text)
    if at >= (until := asked_until(found)):
        raise SecondLookRefused(
            "text",
            f"A second look could be asked for until the end of {until - timedelta(days=1):%-d %B}. Talk to your team lead about it.",
        )
    if found.second_looks.filter(line=about).exists():
        what = f"“{about.text}”" if about else "the whole review"
        raise SecondLookRefused("text", f"A second look at {what} was asked for already.")
    made = SecondLook.objects.create(
        review=found, line=about, asked_by=by.user, text=told, asked_at=at, score_before=found.score,
        due_at=working_days.promised(at, zone=by.zone, queue=found.conversation.queue_id),
    )  # fmt: skip
    audit.record(
        by=by, verb="second_look.asked", subject=made, about="a review" if about is None else about.text,
        conversation_id=found.conversation_id, concerns=[found.reviewer_id], at=at,
    )  # fmt: skip
    _announce(made, found, at)
    return made


def _told(about: str, text: str) -> str:
    told = " ".join(text.split())
    if len(told) < FEWEST_CHARACTERS:
        raise SecondLookRefused(about, f"Say why, in {FEWEST_CHARACTERS} characters or more.")
    if len(told) > LONGEST:
        raise SecondLookRefused(about, f"Saw {len(told)} characters. Expected at most {LONGEST}.")
    return mask(text=told).text[: 2 * LONGEST]


@transaction.atomic
def decide(*, by: Viewer, pk: UUID, outcome: Outcome, answer: str, changes: Changes, at: datetime) -> SecondLook:
    """Decide a second look. Marks that change are kept as they were beside what they are, and the score is worked out again.

    Steps: (1) who may; (2) what the outcome demands; (3) marks; (4) score; (5) decision, audit, fact.

    :raises NotAllowed: the role does not look after quality, or it is one's own review.
    :raises OutOfScope: there is none.
    :raises SecondLookRefused: no reason, a rejection that changes a mark, an acceptance that changes none, or marks that are not whole.
    """
    by.require(Permission.MANAGE_QUALITY)
    look = SecondLook.objects.select_related("line", "review__agent").filter(pk=pk).first()
    if look is None:
        raise OutOfScope
    # Two looks at one review take turns: each works the score out from what the other left.
    review = Review.objects.select_for_update(of=("self",)).select_related("agent", "version").get(pk=look.review_id)
    look.refresh_from_db()
    if review.reviewer_id == by.user.pk:
        raise NotAllowed("You wrote this review. Somebody else decides about it.")
    if look.decided_at is not None:
        raise SecondLookRefused("outcome", "It was decided already.")
    told = _told("answer", answer)
    entries = entries_of(review)
    changed = {
        key: step for key, step in changes.items() if key not in entries or not entries[key].is_set or entries[key].step != step
    }  # fmt: skip
    _check(look, review, outcome, changed)
    before = answers(entries)
    after = score(review.version.spec(), {**before, **changed})
    if not after.is_complete:
        raise SecondLookRefused(
            "outcome", "With these marks another line is asked that was not marked. Mark it as well."
        )
    _correct(look, review, changed)
    look.score_before = review.score
    review.score, review.raw_score, review.is_failed = stored(after.score), stored(after.raw), after.is_failed
    review.save(update_fields=["score", "raw_score", "is_failed"])
    look.decided_by, look.decided_at, look.outcome, look.answer, look.score_after = (
        by.user,
        at,
        outcome,
        told,
        review.score,
    )
    look.save(update_fields=["decided_by", "decided_at", "outcome", "answer", "score_before", "score_after"])
    audit.record(
        by=by, verb="second_look.decided", subject=look, about=Outcome(outcome).label.lower(), reason=told,
        conversation_id=review.conversation_id, concerns=[look.asked_by_id, review.reviewer_id], at=at,
    )  # fmt: skip
    _announce(look, review, at)
    return look


def _check(look: SecondLook, review: Review, outcome: Outcome, changed: Changes) -> None:
    lines = {line.key: line for line in review.version.lines.all()}
    for key, step in changed.items():
        line = lines.get(key)
        if line is None or (look.line is not None and key != look.line.key):
            raise SecondLookRefused("outcome", "Only the line that was asked about can change.")
        spec = line.spec()
        if (step is None and not spec.may_be_na) or (step is not None and not 1 <= step <= spec.scale.steps):
            raise SecondLookRefused("outcome", f"“{line.text}” cannot be marked so.")
    if outcome == Outcome.REJECTED and changed:
        raise SecondLookRefused(
            "outcome", "A rejected second look changes no mark. Choose another outcome, or leave the marks."
        )
    if outcome != Outcome.REJECTED and not changed:
        raise SecondLookRefused("outcome", "Change the mark that was not right, or reject it.")


def _correct(look: SecondLook, review: Review, changed: Changes) -> None:
    lines = {line.key: line for line in review.version.lines.filter(key__in=changed)}
    marks = {mark.line_id: mark for mark in review.marks.filter(line__in=lines.values())}
    corrections, rows = [], []
    for key, step in changed.items():
        mark = marks.get(lines[key].pk) or Mark(review=review, line=lines[key])
        corrections.append(
            Correction(
                second_look=look, line=lines[key], step_before=mark.step, is_na_before=mark.is_na, step_after=step,
                is_na_after=step is None,
            )
        )  # fmt: skip
        mark.step, mark.is_na = step, step is None
        rows.append(mark)
    Correction.objects.bulk_create(corrections)
    for mark in rows:  # one, or the few lines of a review
        mark.save()


def _announce(look: SecondLook, review: Review, at: datetime) -> None:
    announce(
        SecondLookChanged(
            second_look_id=look.pk, review_id=review.pk, reviewer_id=review.reviewer_id, agent_user_id=review.agent.user_id, at=at
        ),
        at=at,
    )  # fmt: skip
