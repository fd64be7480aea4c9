"""How far an AI agent's confidence can be trusted: what it printed, held against what people judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.analysis.queries import trusted
from apps.interactions.models import BotTurn
from apps.reviews.models import Mark, Review
from apps.reviews.reliability import Curve, Judged, curve
from apps.reviews.scoring import is_low
from apps.reviews.spec import Scale

# The lines that say whether an AI agent was right: it understood, and said nothing that is not so. A line keeps its key in
# every version of its form.
RIGHT_LINES = ("understands", "true-answer")
# The newest reviews count; so many say all there is to say.
MOST = 2000


@dataclass(frozen=True, slots=True)
class OfModel:
    """The curve of one model of an AI agent. Two models are never held against each other by their confidence."""

    model: str
    curve: Curve


def confidence_curves(*, agent: UUID, since: datetime, until: datetime) -> tuple[OfModel, ...]:
    """Return how often an AI agent was right when it was how sure, one curve a model, the most judged first. Three statements.

    Each review that chance picked and that was released in [since, until) is one verdict: right when no line of `RIGHT_LINES` was
    marked under its middle, and as sure as the agent was on average in the turns that those marks name as evidence, or in all of
    its turns where they name none. A fallback's printed confidence is its threshold and counts for nothing.

    The caller has asked whether the viewer may see this agent's numbers.
    """
    counted = Review.objects.counted().filter(agent=agent, releases_at__gte=since, releases_at__lt=until)
    talks = dict(counted.order_by("-releases_at", "pk").values_list("pk", "conversation_id")[:MOST])
    marks: dict[UUID, list[Mark]] = {}
    of_line = Mark.objects.filter(review__in=list(talks), line__key__in=RIGHT_LINES, step__isnull=False)
    for mark in of_line.select_related("line"):
        marks.setdefault(mark.review_id, []).append(mark)
    turns: dict[UUID, list[BotTurn]] = {}
    for turn in BotTurn.objects.filter(agent_id=agent, conversation_id__in=set(talks.values())):
        turns.setdefault(turn.conversation_id, []).append(turn)
    judged: dict[str, list[Judged]] = {}
    for review, held in marks.items():
        for model, verdict in _verdict(held, turns.get(talks[review], ())):
            judged.setdefault(model, []).append(verdict)
    found = (OfModel(model, curve(verdicts)) for model, verdicts in judged.items())
    return tuple(sorted(found, key=lambda one: (-one.curve.n, one.model)))


def _verdict(marks: Sequence[Mark], turns: Sequence[BotTurn]) -> Iterable[tuple[str, Judged]]:
    """What one review says of the model that answered; nothing where two did, or none was sure of anything."""
    low = [mark for mark in marks if mark.step is not None and is_low(Scale(mark.line.scale), mark.step)]
    shown = {message for mark in low or marks for message in mark.evidence}
    named = [turn for turn in turns if {turn.message_id, turn.reply_message_id} & shown]
    sure = [(turn.model, found) for turn in named or turns if (found := trusted(turn)) is not None]
    models = {model for model, _ in sure}
    if len(models) == 1:
        yield models.pop(), Judged(sum(found for _, found in sure) / len(sure), not low)
