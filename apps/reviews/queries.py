"""Reviews as their readers are shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, prefetch_related_objects

from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentQuerySet
from apps.agents.reach import Reach
from apps.interactions.models import Message, Participation
from apps.interactions.quotes import quotes
from apps.reviews.confidence import OfModel as OfModel
from apps.reviews.confidence import confidence_curves as confidence_curves
from apps.reviews.marks import entries_of
from apps.reviews.means import Mean, internal_quality_score
from apps.reviews.models import Correction, Mark, Outcome, Review, ReviewQuerySet, SecondLook
from apps.reviews.reliability import Curve as Curve
from apps.reviews.second_looks import asked_until
from apps.reviews.sheets import Sheet, sheet
from apps.reviews.spec import Family, Scale
from apps.reviews.suggesting import sheet_of as sheet_of  # a draft with what is suggested for it
from apps.shared.errors import OutOfScope

MOST = 50
# How many of what was submitted stand beside a form.
BESIDE = 12
QUOTE = 240


@dataclass(frozen=True, slots=True)
class Desk:
    """What a reviewer has before them: drafts, oldest first; what they submitted, newest first; what others did that they may read."""

    drafts: Sequence[Review]
    done: Sequence[Review]
    others: Sequence[Review]

    @property
    def done_apart(self) -> list[tuple[str, list[Review]]]:
        """What they submitted, people apart from AI agents: their scores are never on one list."""
        return _apart(self.done)

    @property
    def others_apart(self) -> list[tuple[str, list[Review]]]:
        """What others did, the same way."""
        return _apart(self.others)


def _apart(reviews: Sequence[Review]) -> list[tuple[str, list[Review]]]:
    by = {
        Family.PEOPLE: [one for one in reviews if one.agent.kind != "ai"],
        Family.AI: [one for one in reviews if one.agent.kind == "ai"],
    }
    return [(str(family.label), found) for family, found in by.items() if found]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many reviews a reviewer submitted last, at most `MOST`, and how long one took in the middle; None while there is none."""

    done: int
    median_seconds: int | None


def get_review(*, viewer: Viewer, pk: UUID, at: datetime) -> Review:
    """Return one review that the viewer may read.

    :raises NotAllowed: the role has nothing to do with reviews.
    :raises OutOfScope: there is none, or it is not theirs to read.
    """
    _may_read(viewer)
    found = (
        Review.objects.visible_to(viewer, at)
        .select_related("agent__user", "agent__team", "reviewer", "version__rubric", "conversation")
        .filter(pk=pk).first()
    )  # fmt: skip
    if found is None:
        raise OutOfScope
    return found


def _may_read(viewer: Viewer) -> None:
    if not viewer.allows(Permission.BE_REVIEWED):
        viewer.require(Permission.REVIEW)


def quality_of(*, person: Reach, since: datetime, until: datetime) -> Mean:
    """The internal quality score of one agent: reviews that chance picked and that were released in [since, until).

    The caller has asked whether the viewer may see this agent's numbers, and how far back. One statement.
    """
    found = Review.objects.counted().filter(
        person.q("agent", at="releases_at"), releases_at__gte=since, releases_at__lt=until
    )
    scores: Sequence[float] = [float(one) for one in found.values_list("score", flat=True) if one is not None]
    return internal_quality_score(scores)


# The line of the shipped form for AI agents that asks whether it understood what is asked; other versions keep the key.
UNDERSTANDS = "understands"


def intent_verified(*, agent: UUID, since: datetime, until: datetime) -> tuple[int, int]:
    """Return in how many reviews an AI agent was found to understand what is asked, and of how many that judged it.

    Reviews that chance picked and that were submitted in [since, until]; understood is a mark above the middle of its scale. The
    caller has asked whether the viewer may see this agent's numbers. One statement.
    """
    counted = Review.objects.counted().filter(agent=agent, submitted_at__gte=since, submitted_at__lte=until)
    marks = Mark.objects.filter(review__in=counted, line__key=UNDERSTANDS, step__isnull=False)
    told = [(step, Scale(scale).steps) for step, scale in marks.values_list("step", "line__scale")]
    return sum(2 * ((step or 1) - 1) > steps - 1 for step, steps in told), len(told)


def _shown(found: ReviewQuerySet) -> ReviewQuerySet:
    return found.select_related("agent", "reviewer", "version__rubric", "conversation__queue")


def desk(*, viewer: Viewer, at: datetime) -> Desk:
    """Return what the viewer scores, has scored, and of others' what they may read. Three statements.

    :raises NotAllowed: the role scores nothing.
    """
    viewer.require(Permission.REVIEW)
    seen = _shown(Review.objects.visible_to(viewer, at))
    others = seen.exclude(reviewer=viewer.user).submitted().order_by("-submitted_at", "pk")[:MOST]
    return Desk(_drafts(viewer), _done(viewer), list(others))


def _drafts(viewer: Viewer) -> list[Review]:
    mine = _shown(Review.objects.filter(reviewer=viewer.user, submitted_at=None))
    return list(mine.order_by("begun_at", "pk")[:MOST])


def _done(viewer: Viewer) -> list[Review]:
    mine = _shown(Review.objects.filter(reviewer=viewer.user)).submitted()
    return list(mine.order_by("-submitted_at", "pk")[:MOST])


def beside(*, viewer: Viewer) -> Desk:
    """Return what stands beside a form: the viewer's drafts and what they submitted last, of each what a line there says. One
    statement: it is read again with every form, and the rest of fourteen reviews and their conversations is not looked at.

    :raises NotAllowed: the role scores nothing.
    """
    viewer.require(Permission.REVIEW)
    mine = Review.objects.filter(reviewer=viewer.user)
    drafts = mine.filter(submitted_at=None).order_by("begun_at", "pk").values("pk")[:MOST]
    last = mine.submitted().order_by("-submitted_at", "pk").values("pk")[:BESIDE]
    found = (
        Review.objects.filter(Q(pk__in=drafts) | Q(pk__in=last)).select_related("agent", "conversation__queue").order_by("begun_at", "pk")
        .only("begun_at", "submitted_at", "pick", "pick_reason", "score", "agent__name", "conversation__started_at", "conversation__queue__name")
    )  # fmt: skip
    told = [(one, one.submitted_at) for one in found]
    done = sorted(((at, one.pk, one) for one, at in told if at is not None), key=lambda row: row[0], reverse=True)
    return Desk([one for one, at in told if at is None], [one for *_, one in done], [])


def pace(*, viewer: Viewer) -> Pace:
    """Return how fast the viewer scored lately. One statement.

    :raises NotAllowed: the role scores nothing.
    """
    viewer.require(Permission.REVIEW)
    mine = Review.objects.filter(reviewer=viewer.user).submitted().order_by("-submitted_at", "pk")
    told = list(mine.values_list("active_seconds", flat=True)[:MOST])
    times = sorted(one for one in told if one)
    return Pace(len(told), times[len(times) // 2] if times else None)


def reviewable(*, viewer: Viewer, conversation: UUID) -> list[tuple[UUID, str]]:
    """Return the key and name of those whose part in a conversation the viewer may score; nobody for other roles."""
    if not viewer.allows(Permission.REVIEW):
        return []
    found = agents_of(viewer=viewer, conversation=conversation).exclude(user=viewer.user)
    return list(found.order_by("kind", "name").values_list("pk", "name"))


def agents_of(*, viewer: Viewer, conversation: UUID) -> AgentQuerySet:
    """The agents of a conversation whose part in it the viewer may score; of people, leads those they lead."""
    took_part = Q(pk__in=Participation.objects.filter(conversation=conversation).values("agent"))
    spoke = Q(pk__in=Message.objects.filter(conversation_id=conversation, agent_id__isnull=False).values("agent_id"))
    found = Agent.objects.filter(took_part | spoke)
    return found.filter(pk__in=Agent.objects.visible_to(viewer).values("pk")) if viewer.role == Role.LEAD else found


def page_of_reviews(*, viewer: Viewer, page: int, at: datetime) -> list[Review]:
    """Return one page of the reviews that the viewer may read, latest saved first. One statement.

    :raises NotAllowed: the role has nothing to do with reviews.
    """
    _may_read(viewer)
    found = _shown(Review.objects.visible_to(viewer, at)).order_by("-saved_at", "pk")
    return list(found[(page - 1) * MOST : page * MOST])


def review_with_marks(*, viewer: Viewer, pk: UUID, at: datetime) -> Review:
    """Return one review with its marks in the order of its form. Two statements.

    :raises NotAllowed: the role has nothing to do with reviews.
    :raises OutOfScope: there is none, or it is not theirs to read.
    """
    found = get_review(viewer=viewer, pk=pk, at=at)
    prefetch_related_objects([found], Prefetch("marks", Mark.objects.select_related("line").order_by("line__place")))
    return found


def next_draft(*, viewer: Viewer, but: UUID) -> Review | None:
    """Return the oldest draft of the viewer's own beside one; None: all are submitted."""
    return (
        Review.objects.filter(reviewer=viewer.user, submitted_at=None)
        .exclude(pk=but)
        .order_by("begun_at", "pk")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A review as it is read: its sheet with the words that show each mark, and the second looks at it."""

    review: Review
    sheet: Sheet
    looks: Sequence[SecondLook]
    corrections: Sequence[Correction]
    # The last second in which its agent may ask for a second look; None: not any more, or the reader is somebody else.
    ask_until: datetime | None
    is_mine: bool

    @property
    def asked_lines(self) -> frozenset[str]:
        """Keys of lines that were asked about; an empty one: the whole."""
        return frozenset("" if one.line is None else one.line.key for one in self.looks)


def told(*, viewer: Viewer, review: Review, at: datetime) -> Told:
    """Return a review that the viewer may read, as it is read. A fixed number of statements."""
    entries = entries_of(review)
    named = {key for one in entries.values() for key in one.evidence}
    looks = list(review.second_looks.select_related("line", "asked_by", "decided_by").order_by("asked_at"))
    mine = review.agent.user_id == viewer.user.pk
    may_ask = mine and viewer.allows(Permission.BE_REVIEWED) and review.releases_at is not None
    until = asked_until(review) if may_ask else None
    return Told(
        review=review, sheet=sheet(review.version.spec(), entries, quotes=quotes(viewer=viewer, messages=named, most=QUOTE)), looks=looks,
        corrections=list(Correction.objects.filter(second_look__review=review).select_related("line", "second_look").order_by("line__place")),
        ask_until=until - timedelta(seconds=1) if until is not None and at < until else None, is_mine=mine,
    )  # fmt: skip


def my_reviews(*, viewer: Viewer, at: datetime) -> list[Review]:
    """Return the released reviews of the viewer's own work, newest first. One statement.

    :raises NotAllowed: the role is reviewed by nobody.
    """
    viewer.require(Permission.BE_REVIEWED)
    return list(_shown(Review.objects.visible_to(viewer, at)).order_by("-releases_at", "pk")[:MOST])


def reviews_of(*, viewer: Viewer, agent: UUID, at: datetime, most: int = 5) -> list[Review]:
    """Return the newest released reviews of one agent that the viewer may read. One statement."""
    found = Review.objects.visible_to(viewer, at).released(at).filter(agent=agent)
    return list(_shown(found).order_by("-releases_at", "pk")[:most])


def messages_of(*, review: Review) -> list[UUID]:
    """Return the keys of a conversation's messages in the order in which its transcript numbers them. One statement."""
    said = Message.objects.filter(conversation_id=review.conversation_id, sent_at__gte=review.conversation.started_at)
    return list(said.order_by("sent_at", "sequence", "id").values_list("pk", flat=True))


def second_looks(*, viewer: Viewer) -> tuple[list[SecondLook], list[SecondLook]]:
    """Return the second looks that wait, oldest first, and those decided last, newest first. Two statements.

    :raises NotAllowed: the role does not look after quality.
    """
    viewer.require(Permission.MANAGE_QUALITY)
    found = SecondLook.objects.select_related(
        "line", "review__agent", "review__reviewer", "review__version__rubric", "asked_by", "decided_by"
    )
    return list(found.filter(decided_at=None).order_by("asked_at", "pk")[:MOST]), list(
        found.filter(decided_at__isnull=False).order_by("-decided_at", "pk")[:MOST]
    )


def get_second_look(*, viewer: Viewer, pk: UUID) -> SecondLook:
    """Return one second look.

    :raises NotAllowed: the role does not look after quality.
    :raises OutOfScope: there is none.
    """
    viewer.require(Permission.MANAGE_QUALITY)
    found = (
        SecondLook.objects.select_related("line", "review__agent__user", "review__reviewer", "review__version__rubric", "review__conversation", "asked_by", "decided_by")
        .filter(pk=pk).first()
    )  # fmt: skip
    if found is None:
        raise OutOfScope
    return found


@dataclass(frozen=True, slots=True)
class Overturned:
    """How often second looks at one line, or at one reviewer's reviews, ended in a change. `decided` is n."""

    name: str
    asked: int
    decided: int
    changed: int

    @property
    def rate(self) -> float | None:
        """(accepted + partly) ÷ decided (METRICS.md, section 5); None while none was decided."""
        return self.changed / self.decided if self.decided else None


def overturned(*, viewer: Viewer) -> tuple[list[Overturned], list[Overturned]]:
    """Return how second looks ended, by line and by reviewer; most asked first. Two statements.

    :raises NotAllowed: the role does not look after quality.
    """
    viewer.require(Permission.MANAGE_QUALITY)
    decided, changed = Q(decided_at__isnull=False), Q(outcome__in=[Outcome.ACCEPTED, Outcome.PARTLY])

    def by(*names: str) -> list[dict[str, Any]]:
        counted = SecondLook.objects.values(*names).annotate(
            asked=Count("pk"), decided=Count("pk", filter=decided), changed=Count("pk", filter=changed)
        )
        return list(counted.order_by("-asked", *names)[:MOST])

    lines = [
        Overturned(one["line__text"] or "The whole review", one["asked"], one["decided"], one["changed"])
        for one in by("line__key", "line__text")
    ]
    names = ("review__reviewer", "review__reviewer__display_name", "review__reviewer__username")
    reviewers = [
        Overturned(one[names[1]] or one[names[2]], one["asked"], one["decided"], one["changed"]) for one in by(*names)
    ]
    return lines, reviewers
