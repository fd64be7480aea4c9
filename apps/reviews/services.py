"""Begin a review, keep its draft, submit it, take it back, acknowledge it. Each verb is one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind
from apps.interactions.models import Conversation, Message
from apps.reviews import draws, rubrics, second_looks
from apps.reviews.drafts import Entries, answers, missing, mistakes, note_mistakes, points
from apps.reviews.facts import ReviewChanged
from apps.reviews.marks import entries_of, write
from apps.reviews.models import Assignment, Pick, Review, RubricVersion
from apps.reviews.queries import agents_of, next_draft
from apps.reviews.scoring import Score, score, stored
from apps.reviews.spec import Family
from apps.reviews.work import to_review
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.outbox import announce

# What other apps call; the verbs about rubrics and second looks stand in modules of their own.
seed = rubrics.seed
save_rubric = rubrics.save
make_default = rubrics.make_default
retire_rubric = rubrics.retire
ask_second_look = second_looks.ask
decide_second_look = second_looks.decide
flag = draws.flag
draw_now = draws.draw_now

# Nobody scores for hours without a pause: more than this between two saves was not spent on the review.
LONGEST_STRETCH_SECONDS = 300


class ReviewRefused(Refusal):
    """The review cannot be kept or submitted as it is. `mistakes` are all of them, a sentence each."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__(" ".join(mistakes))
        self.mistakes = mistakes


class ReviewTaken(Refusal):
    """Somebody else scores it, or has."""


class DraftChanged(Refusal):
    """The draft was saved elsewhere since it was loaded: another window of the same reviewer."""


def family_of(agent: Agent) -> Family:
    """The family of rubrics by which an agent's work is scored."""
    return Family.AI if agent.kind == AgentKind.AI else Family.PEOPLE


@transaction.atomic
def begin(
    *, by: Viewer, conversation: UUID, agent: UUID, pick: Pick = Pick.CHOSEN, pick_reason: str = "",
    version: RubricVersion | None = None, at: datetime,
) -> Review:  # fmt: skip
    """Begin to score what an agent did in a conversation, by the default rubric of their family unless a version is named.

    One's own draft of the same is returned as it is.

    :raises NotAllowed: the role scores nothing, or it is one's own work.
    :raises OutOfScope: the conversation is not the reviewer's to read, the agent took no part in it, or is nobody they may score.
    :raises ReviewTaken: somebody else scores it.
    :raises Refusal: there is no rubric, or it is one of the other family.
    """
    by.require(Permission.REVIEW)
    talk = Conversation.objects.visible_to(by).filter(pk=conversation).first()
    if talk is None:
        raise OutOfScope
    judged = agents_of(viewer=by, conversation=conversation).filter(pk=agent).first()
    if judged is None:
        raise OutOfScope
    if judged.user_id == by.user.pk:
        raise NotAllowed("Nobody scores their own work. Somebody else of quality does.")
    version = version or rubrics.default_version(family_of(judged))
    if version is None:
        raise Refusal("No rubric is in use for this. A QA manager chooses one under Rubrics.")
    if version.rubric.family != family_of(judged):
        raise Refusal(
            f"“{version.rubric.name}” is for {version.rubric.get_family_display().lower()}. Choose another rubric."
        )
    # Two reviewers who begin at once take turns.
    Agent.objects.select_for_update().get(pk=judged.pk)
    both = Review.objects.select_related("reviewer").filter(conversation=talk, agent=judged)
    mine = both.filter(reviewer=by.user).first()
    if mine is not None:
        return mine
    other = None if pick == Pick.CALIBRATION else both.exclude(pick=Pick.CALIBRATION).first()
    if other is not None:
        raise ReviewTaken(
            f"{other.reviewer} {'has scored' if other.is_submitted else 'is scoring'} this. Take the next one."
        )
    # What was drawn keeps the reason for which it was, by whatever way its reviewer came to it; nobody takes it from them.
    drawn = None if pick == Pick.CALIBRATION else _drawn(talk, judged)
    if drawn is not None:
        if drawn.reviewer_id not in (None, by.user.pk):
            raise ReviewTaken(f"It was drawn for {drawn.reviewer}. Take another one.")
        pick, pick_reason = Pick(drawn.part), drawn.get_reason_display()
    made = Review.objects.create(
        conversation=talk, agent=judged, version=version, reviewer=by.user, pick=pick, pick_reason=pick_reason[:60],
        begun_at=at, saved_at=at,
    )  # fmt: skip
    if drawn is not None:
        drawn.review, drawn.reviewer = made, by.user
        drawn.save(update_fields=["review", "reviewer"])
    audit.record(by=by, verb="review.begun", subject=made, about=judged.name, conversation_id=talk.pk, at=at)
    _announce(made, judged, at)
    return made


def begin_next(*, by: Viewer, but: UUID, at: datetime) -> Review | None:
    """Return what a reviewer scores next: their oldest draft beside one, else what was drawn for them and is due first.

    None: nothing is left. What cannot be begun, because somebody else was faster, is passed over.
    """
    draft = next_draft(viewer=by, but=but)
    if draft is not None:
        return draft
    for task in to_review(viewer=by, at=at):
        if not task.is_begun:
            try:
                return begin(by=by, conversation=task.assignment.conversation_id, agent=task.assignment.agent_id, at=at)
            except Refusal:
                continue
    return None


def _drawn(talk: Conversation, agent: Agent) -> Assignment | None:
    return (
        Assignment.objects.select_related("reviewer").filter(conversation=talk, agent=agent, replaced_at=None).first()
    )


@transaction.atomic
def save(
    *,
    by: Viewer,
    pk: UUID,
    based_on: int,
    key: UUID,
    entries: Entries,
    note: str = "",
    active_seconds: int = 0,
    at: datetime,
) -> tuple[Review, Score]:
    """Keep a draft as a whole; return it with its score so far.

    `based_on` is the revision that the form was loaded with, `key` names this save: sent again, it changes nothing.
    `active_seconds` is how long the reviewer was at it since the last save.

    :raises OutOfScope: no review of theirs.
    :raises DraftChanged: it was saved elsewhere meanwhile.
    :raises ReviewRefused: it says what the form cannot hold.
    """
    kept, told, _ = _saved(by, pk, based_on, key, entries, note, active_seconds, at)
    return kept, told


def _saved(
    by: Viewer, pk: UUID, based_on: int, key: UUID, entries: Entries, note: str, active_seconds: int, at: datetime
) -> tuple[Review, Score, Entries]:  # fmt: skip
    """Do what `save` promises; return what is marked as well, which is what was kept first where the same save comes again."""
    review = _own(by, pk)
    spec = review.version.spec()
    if review.last_save == key:
        entries = entries_of(review)
        return review, score(spec, answers(entries)), entries
    if review.is_submitted:
        raise Refusal("It was submitted. Take it back to change it.")
    if review.revision != based_on:
        raise DraftChanged("This draft was saved in another window meanwhile.")
    named = [message for one in entries.values() for message in one.evidence]
    said = set(
        Message.objects.filter(conversation_id=review.conversation_id, pk__in=named).values_list("pk", flat=True)
    )
    if wrong := mistakes(spec, entries, said=said) + note_mistakes(note):
        raise ReviewRefused(*wrong)
    write(review, entries)
    review.note = mask(text="\n".join(points(note))).text
    review.saved_at, review.revision, review.last_save = at, review.revision + 1, key
    review.active_seconds += min(max(active_seconds, 0), LONGEST_STRETCH_SECONDS)
    review.save(update_fields=["note", "saved_at", "revision", "last_save", "active_seconds"])
    return review, score(spec, answers(entries)), entries


@transaction.atomic
def submit(*, by: Viewer, pk: UUID, based_on: int, at: datetime) -> Review:
    """Let a draft hold. Its agent reads it when the rubric's delay is over. A second time changes nothing.

    :raises OutOfScope: no review of theirs.
    :raises DraftChanged: the draft was saved elsewhere since it was loaded.
    :raises ReviewRefused: a line is not marked, or a low mark has no evidence or no cause; with each of them.
    """
    review = _own(by, pk)
    if review.is_submitted:
        return review
    if review.revision != based_on:
        raise DraftChanged("This draft was saved in another window meanwhile.")
    spec, entries = review.version.spec(), entries_of(review)
    if lacks := missing(spec, entries):
        raise ReviewRefused(*lacks)
    return _hold(by, review, score(spec, answers(entries)), at)


def _hold(by: Viewer, review: Review, told: Score, at: datetime) -> Review:
    review.score, review.raw_score, review.is_failed = stored(told.score), stored(told.raw), told.is_failed
    review.submitted_at = at
    if review.pick != Pick.CALIBRATION:
        review.releases_at = at + timedelta(minutes=review.version.rubric.release_minutes)
    review.save(update_fields=["score", "raw_score", "is_failed", "submitted_at", "releases_at"])
    concerns = [] if review.agent.user_id is None or review.pick == Pick.CALIBRATION else [review.agent.user_id]
    audit.record(
        by=by, verb="review.submitted", subject=review, about=review.agent.name, conversation_id=review.conversation_id,
        concerns=concerns, at=at,
    )  # fmt: skip
    _announce(review, review.agent, at)
    return review


def finish(
    *, by: Viewer, pk: UUID, based_on: int, key: UUID, entries: Entries, note: str, active_seconds: int, at: datetime
) -> Review:  # fmt: skip
    """Keep a draft as `save` does and submit it as `submit` does, in one transaction. What cannot be submitted yet is kept all the
    same, and refused afterwards."""
    with transaction.atomic():
        kept, told, marked = _saved(by, pk, based_on, key, entries, note, active_seconds, at)
        if kept.is_submitted:
            return kept
        if not (lacks := missing(kept.version.spec(), marked)):
            return _hold(by, kept, told, at)
    raise ReviewRefused(*lacks)


@transaction.atomic
def take_back(*, by: Viewer, pk: UUID, at: datetime) -> Review:
    """Make a submitted review a draft again, as long as its agent has not been given it.

    :raises OutOfScope: no review of theirs.
    :raises Refusal: it was released; what changes it now is a second look.
    """
    review = _own(by, pk)
    if not review.is_submitted:
        return review
    if review.releases_at is None or review.releases_at <= at:
        raise Refusal(f"{review.agent.name} can read it already. A second look is what changes it now.")
    review.submitted_at = review.releases_at = review.score = review.raw_score = None
    review.is_failed = False
    review.revision += 1
    review.save(update_fields=["submitted_at", "releases_at", "score", "raw_score", "is_failed", "revision"])
    audit.record(
        by=by,
        verb="review.taken_back",
        subject=review,
        about=review.agent.name,
        conversation_id=review.conversation_id,
        at=at,
    )
    _announce(review, review.agent, at)
    return review


@transaction.atomic
def discard(*, by: Viewer, pk: UUID, at: datetime) -> None:
    """Let a draft of one's own go, so that another reviewer may score it.

    :raises OutOfScope: no review of theirs.
    :raises Refusal: it was submitted.
    """
    review = _own(by, pk)
    if review.is_submitted:
        raise Refusal("It was submitted, and what was submitted stays.")
    audit.record(
        by=by,
        verb="review.discarded",
        subject=review,
        about=review.agent.name,
        conversation_id=review.conversation_id,
        at=at,
    )
    _announce(review, review.agent, at)
    review.delete()


def read(*, to: Viewer, review: Review, at: datetime) -> None:
    """The agent opened a review of theirs. One statement."""
    Review.objects.released(at).filter(pk=review.pk, agent__user=to.user, read_at=None).update(read_at=at)


@transaction.atomic
def acknowledge(*, to: Viewer, pk: UUID, at: datetime) -> Review:
    """The agent has read and understood it; that is no agreement. A second time changes nothing.

    :raises OutOfScope: no released review of theirs.
    """
    to.require(Permission.BE_REVIEWED)
    review = (
        Review.objects.select_for_update(of=("self",)).select_related("agent", "reviewer").released(at)
        .filter(pk=pk, agent__user=to.user).first()
    )  # fmt: skip
    if review is None:
        raise OutOfScope
    if review.acknowledged_at is None:
        review.acknowledged_at, review.read_at = at, review.read_at or at
        review.save(update_fields=["acknowledged_at", "read_at"])
        audit.record(by=to, verb="review.acknowledged", about=str(review.reviewer), at=at)
        _announce(review, review.agent, at)
    return review


def _own(by: Viewer, pk: UUID) -> Review:
    by.require(Permission.REVIEW)
    review = (
        Review.objects.select_for_update(of=("self",)).select_related("agent", "version__rubric")
        .prefetch_related(rubrics.asked("version__sections")).filter(pk=pk, reviewer=by.user).first()
    )  # fmt: skip
    # Who may not read the conversation any more does not judge it either.
    if review is None or not Conversation.objects.visible_to(by).filter(pk=review.conversation_id).exists():
        raise OutOfScope
    return review


def _announce(review: Review, agent: Agent, at: datetime) -> None:
    announce(
        ReviewChanged(
            review_id=review.pk, conversation_id=review.conversation_id, reviewer_id=review.reviewer_id,
            agent_user_id=agent.user_id, at=at,
        ),
        at=at,
    )  # fmt: skip
