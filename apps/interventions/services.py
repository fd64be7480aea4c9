"""Actions become interventions by the facts that tell of them, and are judged when their time has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.agents.models import Agent
from apps.alerts.facts import AlertActed
from apps.alerts.models import Episode
from apps.coaching.facts import FeedbackChanged, NoteChanged
from apps.coaching.models import Note, Sheet
from apps.interactions.models import Queue
from apps.interventions import measuring, plans
from apps.interventions.facts import InterventionsChanged
from apps.interventions.models import Intervention, Kind, Look
from apps.interventions.plans import BY_KEY, HORIZONS
from apps.interventions.verification import Verdict, verify
from apps.routing.facts import DiversionChanged, HelpChanged
from apps.routing.models import Diversion, HelpCall
from apps.shared.facts import Fact
from apps.shared.outbox import announce
from apps.tuning.facts import ProposalChanged
from apps.tuning.models import Proposal

# An alert's next actions that are no rows of their own, and what they are called here.
LOOKED = {"open_worst": Kind.WORST, "check_feed": Kind.FEED}
# A comparison set is touched by what was done there so long before.
TOUCHED = timedelta(hours=2)
MOST_OTHERS = 20
# Conversations in which it is told at once or not at all are compared with their like.
LIVE = ("webchat", "messaging", "voice")


def note_changed(fact: Fact, at: datetime) -> None:
    """A coaching note was sent or taken back."""
    note = Note.objects.filter(pk=cast(NoteChanged, fact).note_id).first()
    if note is None:
        return
    if note.withdrawn_at is not None:
        _undo(Kind.NOTE, note.pk, note.withdrawn_at)
        return
    episode = None
    if note.conversation_id is not None:
        # The alert that the conversation set off and that was not long over: the note answers it.
        about = Episode.objects.filter(conversation_id=note.conversation_id, fired_at__lte=note.sent_at)
        about = about.filter(Q(resolved_at=None) | Q(resolved_at__gt=note.sent_at - TOUCHED))
        episode = about.select_related("version").order_by("-fired_at").first()
    _take(Kind.NOTE, note.pk, by=note.by_id, at=note.sent_at, episode=episode, agent=note.agent_id)


def feedback_changed(fact: Fact, at: datetime) -> None:
    """A feedback conversation was held: what it is about is measured from then on."""
    one = Sheet.objects.filter(pk=cast(FeedbackChanged, fact).sheet_id, held_at__isnull=False).first()
    if one is not None and one.held_at is not None:
        _take(Kind.FEEDBACK, one.pk, by=one.by_id, at=one.held_at, episode=None, agent=one.agent_id, metric=one.metric)


def diversion_changed(fact: Fact, at: datetime) -> None:
    """Something is routed otherwise, or was taken back at once."""
    one = Diversion.objects.filter(pk=cast(DiversionChanged, fact).diversion_id).first()
    if one is None:
        return
    if one.is_undone or one.state == "refused":
        _undo(Kind(one.kind), one.pk, one.ended_at or at)
        return
    # A move is judged where it helps; what it leaves behind is a queue that was touched, and no comparison.
    queue = one.to_queue_id or one.queue_id
    _take(
        Kind(one.kind),
        one.pk,
        by=one.by_id,
        at=one.made_at,
        episode=_episode(one.alert_id),
        queue=queue,
        touched=[one.queue_id],
    )


def help_changed(fact: Fact, at: datetime) -> None:
    """Help was called."""
    one = HelpCall.objects.filter(pk=cast(HelpChanged, fact).call_id).first()
    if one is not None:
        _take(Kind.HELP, one.pk, by=one.by_id, at=one.made_at, episode=_episode(one.alert_id), queue=one.queue_id)


def proposal_changed(fact: Fact, at: datetime) -> None:
    """A change of an AI agent was proposed or taken back."""
    one = Proposal.objects.filter(pk=cast(ProposalChanged, fact).proposal_id).first()
    if one is None:
        return
    if one.withdrawn_at is not None:
        _undo(Kind.PROPOSAL, one.pk, one.withdrawn_at)
    elif one.queue_id is not None:
        _take(Kind.PROPOSAL, one.pk, by=one.by_id, at=one.made_at, episode=_episode(one.alert_id), queue=one.queue_id)


def alert_acted(fact: Fact, at: datetime) -> None:
    """Somebody began what an alert advises. Notes, diversions, calls and proposals tell of themselves; the rest is told here."""
    acted = cast(AlertActed, fact)
    one = _episode(acted.episode_id)
    if one is None or one.acted_at is None or one.version.action not in LOOKED:
        return
    _take(LOOKED[one.version.action], one.pk, by=acted.user_id, at=one.acted_at, episode=one, queue=one.queue_id)


def _episode(pk: UUID | None) -> Episode | None:
    return None if pk is None else Episode.objects.select_related("version").filter(pk=pk).first()


def _watched(one: Episode | None) -> str:
    """What an alert watches: a measure, a gauge, or the name of its reader."""
    if one is None:
        return ""
    params = one.version.params
    return str(params.get("measure") or params.get("metric") or one.version.reader)


@transaction.atomic
def _take(
    kind: Kind, subject: UUID, *, by: int, at: datetime, episode: Episode | None, queue: UUID | None = None,
    agent: UUID | None = None, touched: Sequence[UUID] = (), metric: str = "",
) -> None:  # fmt: skip
    """Fix everything that the verdict rests on, at the moment of acting. A second time changes nothing."""
    if Intervention.objects.filter(kind=kind, subject_id=subject).exists():
        return
    chosen = metric
    metric = chosen or plans.leading(kind.value, watched=_watched(episode))
    horizons = HORIZONS if not chosen else plans.REVIEWED if plans.is_line(chosen) else plans.CONVERSATION
    others = (
        _colleagues(agent, at) if agent is not None else _like_queues(queue, at, touched) if queue is not None else []
    )
    one, is_new = Intervention.objects.get_or_create(
        kind=kind, subject_id=subject,
        defaults={"episode": episode, "queue_id": queue, "agent_id": agent, "by_id": by, "at": at, "others": others},
    )  # fmt: skip
    if not is_new:
        return
    if metric and (agent is not None or queue is not None):
        Look.objects.bulk_create([_look(one, metric, horizon) for horizon in horizons])
    announce(InterventionsChanged(intervention_ids=[one.pk], at=at), at=at)


def _look(one: Intervention, leading: str, horizon: plans.Horizon) -> Look:
    metric = plans.lagging(leading) if horizon.is_lagging else leading
    until = one.at + timedelta(minutes=horizon.minutes)
    return Look(
        intervention=one, horizon=horizon.key, metric=metric, before_from=one.at - timedelta(minutes=horizon.before_minutes),
        after_until=until, due_at=until + (plans.settles(metric) if horizon.minutes >= plans.DAY_MINUTES else timedelta(0)),
    )  # fmt: skip


def _like_queues(queue: UUID, at: datetime, touched: Sequence[UUID]) -> list[UUID]:
    """The untouched queues that are answered like this one: of its channel, else of any that is answered at once or not."""
    own = Queue.objects.filter(pk=queue).first()
    if own is None:
        return []
    moved = Diversion.objects.filter(made_at__gt=at - TOUCHED, made_at__lte=at).values_list("queue_id", "to_queue_id")
    done = Intervention.objects.filter(at__gt=at - TOUCHED, at__lte=at, queue__isnull=False).values_list(
        "queue_id", flat=True
    )
    out = {
        queue,
        *touched,
        *(key for pair in moved for key in pair if key is not None),
        *(key for key in done if key is not None),
    }
    like = Queue.objects.exclude(pk__in=out).order_by("pk")
    same = list(like.filter(channel=own.channel).values_list("pk", flat=True)[:MOST_OTHERS])
    if same:
        return same
    found = like.filter(channel__in=LIVE) if own.channel in LIVE else like.exclude(channel__in=LIVE)
    return list(found.values_list("pk", flat=True)[:MOST_OTHERS])


def _colleagues(agent: UUID, at: datetime) -> list[UUID]:
    """Those of the same team to whom nobody wrote a note lately, and with whom nobody talked within a week."""
    team = Agent.objects.filter(pk=agent).values_list("team_id", flat=True).first()
    if team is None:
        return []
    noted = Note.objects.filter(sent_at__gt=at - timedelta(days=1), withdrawn_at=None).values("agent_id")
    talked = Sheet.objects.filter(held_at__gt=at - timedelta(days=7)).values("agent_id")
    found = Agent.objects.people().filter(team=team).exclude(pk=agent).exclude(pk__in=noted).exclude(pk__in=talked)
    return list(found.order_by("pk").values_list("pk", flat=True)[:MOST_OTHERS])


def _undo(kind: Kind, subject: UUID, at: datetime) -> None:
    """It never was: what waits to be judged goes, what was judged before stays."""
    one = Intervention.objects.filter(kind=kind, subject_id=subject, undone_at=None).first()
    if one is None:
        return
    Intervention.objects.filter(pk=one.pk).update(undone_at=at)
    Look.objects.filter(intervention=one, judged_at=None).delete()
    announce(InterventionsChanged(intervention_ids=[one.pk], at=at), at=at)


def verify_due(*, at: datetime, most: int = 20) -> int:
    """Judge the looks whose time has come, each once, whoever asks; return how many were."""
    with transaction.atomic():
        due = Look.objects.select_for_update(skip_locked=True, of=("self",)).filter(judged_at=None, due_at__lte=at)
        found = list(due.select_related("intervention").order_by("due_at", "pk")[:most])
        for one in found:
            _judge(one, at)
        if found:
            Look.objects.bulk_update(
                found,
                [
                    "verdict", "judged_at", "effect", "low", "high", "expected", "before", "after", "others_before", "others_after",
                    "n_before", "n_after", "n_others", "stretches",
                ],
            )  # fmt: skip
            announce(
                InterventionsChanged(intervention_ids=sorted({one.intervention_id for one in found}), at=at), at=at
            )
    return len(found)


def judge_again(*, at: datetime) -> int:
    """Have judged again what had too little to go by, such as after the days before were brought in; return how many looks."""
    recent = Look.objects.filter(
        verdict=Verdict.NOT_ENOUGH, due_at__gt=at - timedelta(days=measuring.DAYS), due_at__lte=at
    )
    return recent.update(judged_at=None, verdict=Verdict.TOO_EARLY)


def _judge(one: Look, at: datetime) -> None:
    done, horizon = one.intervention, BY_KEY[one.horizon]
    own = done.agent_id or done.queue_id
    if own is None:
        raise AssertionError("A look is at a queue or at a person.")
    same = Q(agent=done.agent_id) if done.agent_id is not None else Q(queue=done.queue_id)
    acted = Intervention.objects.filter(
        same,
        undone_at=None,
        at__lt=done.at,
        at__gt=done.at - timedelta(days=measuring.step_days(horizon) * (measuring.DAYS + 1)),
    )
    here, usual = measuring.stretches(
        metric=one.metric, own=own, is_person=done.agent_id is not None, others=done.others, at=done.at, horizon=horizon,
        acted=list(acted.values_list("at", flat=True)),
    )  # fmt: skip
    found = verify(here, usual, better=plans.better(one.metric), least_n=plans.least_n(one.metric), share=horizon.share)
    one.verdict, one.judged_at, one.stretches = found.verdict, at, found.stretches
    one.effect, one.low, one.high, one.expected = found.effect, found.low, found.high, found.expected
    one.before, one.after, one.n_before, one.n_after = here.before.mean, here.after.mean, here.before.n, here.after.n
    if here.others_before is not None and here.others_after is not None:
        one.others_before, one.others_after = here.others_before.mean, here.others_after.mean
        one.n_others = here.others_before.n + here.others_after.n
