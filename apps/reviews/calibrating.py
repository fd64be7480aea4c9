"""Call a calibration session, score in it, talk it over, close it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer, viewers_of
from apps.interactions.models import Conversation
from apps.reviews import planning, queries, rubrics, services
from apps.reviews.calibrations import Calibration, Grader, TalkNote
from apps.reviews.models import Assignment, Line, Pick, Review
from apps.shared.errors import OutOfScope, Refusal

FEWEST_GRADERS = 2
MOST_GRADERS = 12
DAYS = 5
LONGEST_NOTE = 300


class CalibrationRefused(Refusal):
    """There can be no such session, or it cannot go on like this."""


@transaction.atomic
def call(
    *,
    by: Viewer,
    conversation: UUID,
    agent: UUID,
    graders: Collection[int],
    expert: int,
    days: int = DAYS,
    at: datetime,
) -> Calibration:
    """Ask several people to score the same part of a conversation, each for themselves. Called twice, it is one session.

    :raises OutOfScope: the conversation or the agent's part in it is not there.
    :raises CalibrationRefused: too few graders, or one who cannot be blind, may not read it, or is judged by it.
    """
    by.require(Permission.MANAGE_QUALITY)
    judged = queries.agents_of(viewer=by, conversation=conversation).filter(pk=agent).first()
    if judged is None or not Conversation.objects.visible_to(by).filter(pk=conversation).exists():
        raise OutOfScope
    there = Calibration.objects.filter(conversation=conversation, agent=judged).first()
    if there is not None:
        return there
    version = rubrics.default_version(services.family_of(judged))
    if version is None:
        raise CalibrationRefused("No rubric is in use for this. Choose one under Rubrics first.")
    people = list(planning.reviewers().filter(pk__in={*graders, expert}))
    if len(people) < FEWEST_GRADERS:
        raise CalibrationRefused("One grader agrees with nobody. Choose two or more, the expert among them.")
    if len(people) > MOST_GRADERS:
        raise CalibrationRefused(
            f"Saw {len(people)} graders. Expected at most {MOST_GRADERS}: more of them do not talk."
        )
    if expert not in {one.pk for one in people}:
        raise CalibrationRefused("Choose whose marks are the master.")
    viewers = viewers_of(people)
    for one in people:
        if one.pk == judged.user_id:
            raise CalibrationRefused(f"{one} would judge their own work. Leave them out.")
        if not Conversation.objects.visible_to(viewers[one.pk]).filter(pk=conversation).exists():
            raise CalibrationRefused(f"{one} may not read this conversation. Leave them out, or choose another one.")
    seen = (
        Review.objects.filter(conversation=conversation, agent=judged, reviewer__in=people)
        .select_related("reviewer")
        .first()
    )
    if seen is not None:
        raise CalibrationRefused(
            f"{seen.reviewer} has scored it already and would not be blind. Choose another conversation."
        )
    waits = Assignment.objects.filter(conversation=conversation, agent=judged, replaced_at=None).exists()
    if waits:
        raise CalibrationRefused("It was drawn to be reviewed, and counts. Choose another conversation.")
    made = Calibration.objects.create(
        conversation_id=conversation, agent=judged, version=version, expert_id=expert, called_by=by.user, called_at=at,
        due_at=at + timedelta(days=max(days, 1)),
    )  # fmt: skip
    Grader.objects.bulk_create([Grader(calibration=made, user=one) for one in people])
    audit.record(by=by, verb="calibration.called", subject=made, about=judged.name, conversation_id=conversation, at=at)
    return made


@transaction.atomic
def begin(*, by: Viewer, pk: UUID, at: datetime) -> Review:
    """Begin to score in a session, or go on with it.

    :raises OutOfScope: the viewer is no grader of such a session.
    :raises CalibrationRefused: it is closed.
    """
    by.require(Permission.REVIEW)
    own = (
        Grader.objects.select_for_update(of=("self",)).select_related("calibration__version__rubric", "review")
        .filter(calibration=pk, user=by.user).first()
    )  # fmt: skip
    if own is None:
        raise OutOfScope
    if own.review is not None:
        return own.review
    session = own.calibration
    if session.closed_at is not None:
        raise CalibrationRefused("The session is closed: the others have talked it over.")
    own.review = services.begin(
        by=by,
        conversation=session.conversation_id,
        agent=session.agent_id,
        pick=Pick.CALIBRATION,
        version=session.version,
        at=at,
    )
    own.save(update_fields=["review"])
    return own.review


@transaction.atomic
def note(*, by: Viewer, pk: UUID, line: int | None, text: str, at: datetime) -> TalkNote:
    """Write down what was agreed about a line of the form, or about the whole of it.

    :raises OutOfScope: no such session of theirs, or they have not scored yet, or the form has no such line.
    :raises CalibrationRefused: no words, or too many.
    """
    by.require(Permission.REVIEW)
    session = Calibration.objects.visible_to(by).filter(pk=pk).first()
    if session is None or not may_compare(by, session):
        raise OutOfScope
    told = " ".join(text.split())
    if not 0 < len(told) <= LONGEST_NOTE:
        raise CalibrationRefused(f"Saw {len(told)} characters. Expected 1 to {LONGEST_NOTE}: what holds from now on.")
    if line is not None and not Line.objects.filter(pk=line, version=session.version_id).exists():
        raise OutOfScope
    made = TalkNote.objects.create(
        calibration=session, line_id=line, by=by.user, text=mask(text=told).text[:600], at=at
    )
    audit.record(by=by, verb="calibration.noted", subject=session, conversation_id=session.conversation_id, at=at)
    return made


@transaction.atomic
def close(*, by: Viewer, pk: UUID, at: datetime) -> Calibration:
    """End a session: nobody begins to score any more. A second time changes nothing.

    :raises OutOfScope: there is none.
    """
    by.require(Permission.MANAGE_QUALITY)
    session = Calibration.objects.select_for_update(of=("self",)).select_related("agent").filter(pk=pk).first()
    if session is None:
        raise OutOfScope
    if session.closed_at is None:
        session.closed_at = at
        session.save(update_fields=["closed_at"])
        audit.record(
            by=by,
            verb="calibration.closed",
            subject=session,
            about=session.agent.name,
            conversation_id=session.conversation_id,
            at=at,
        )
    return session


def may_compare(viewer: Viewer, session: Calibration) -> bool:
    """Whether the viewer may see what others marked: not while they are still to score it themselves.

    Who is no grader may, when they manage quality; a grader once they have submitted, or once it is closed.
    """
    own = Grader.objects.filter(calibration=session, user=viewer.user).select_related("review").first()
    if own is None:
        return viewer.allows(Permission.MANAGE_QUALITY)
    return session.closed_at is not None or (own.review is not None and own.review.submitted_at is not None)
