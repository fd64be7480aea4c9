"""Episodes as rows: the engine's `Care` in and out, who is called, and what is written down of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.access.models import User
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer, viewers_of
from apps.agents.models import Shift, Team, TeamUserObjectPermission
from apps.alerts import telling
from apps.alerts.engine import notices, people
from apps.alerts.engine.matching import Inhibition, matches, muted_by
from apps.alerts.engine.people import LADDER, Audience, Care, Outcome, Severity, Stage
from apps.alerts.models import Call, Episode, Happening, Silence
from apps.alerts.watching.feeds import only_source
from apps.interactions.models import Queue, QueueUserObjectPermission

# The critical alert of a queue stands for the warnings of its family; a silent source for all that hangs on it alone.
INHIBITIONS = (
    Inhibition(
        {"severity": Severity.CRITICAL.name, "family": "promises"}, {"severity": Severity.WARNING.name, "family": "promises"},
        ("queue",),
    ),
    Inhibition({"family": "feed"}, {}, ("source",)),
)  # fmt: skip
# What may be told later, when what held it is over.
FOR_NOW = (notices.Held.INHIBITED.value, notices.Held.SILENCED.value)


def moment(seconds: float | None) -> datetime | None:
    """The moment that the engine's seconds mean."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def seconds(at: datetime | None) -> float | None:
    """A moment in the engine's seconds."""
    return None if at is None else at.timestamp()


def care_of(one: Episode) -> Care:
    """Return what the engine knows of an episode."""
    return Care(
        severity=Severity(one.severity), opened_at=one.fired_at.timestamp(), stage=Stage(one.stage), step=one.step,
        step_at=one.step_at.timestamp(), round_=one.round, by=str(one.by_id or ""), acknowledged_at=seconds(one.acknowledged_at),
        acted_at=seconds(one.acted_at), snoozed_until=seconds(one.snoozed_until), returns_at=one.returns_at,
        resolved_at=seconds(one.resolved_at), is_manual=one.is_manual, outcome=Outcome(one.outcome) if one.outcome else None,
    )  # fmt: skip


def put(one: Episode, care: Care) -> Episode:
    """Write what the engine made of it onto the row; saving is the caller's."""
    one.severity, one.stage, one.step, one.round = int(care.severity), care.stage.value, care.step, care.round_
    one.step_at = moment(care.step_at) or one.fired_at
    one.by_id = int(care.by) if care.by else None
    one.acknowledged_at, one.acted_at = moment(care.acknowledged_at), moment(care.acted_at)
    one.snoozed_until, one.returns_at = moment(care.snoozed_until), care.returns_at
    one.resolved_at, one.is_manual = moment(care.resolved_at), care.is_manual
    one.outcome = care.outcome.value if care.outcome else ""
    one.due_at = moment(people.due_at(care))
    return one


def told(one: Episode, what: str, *, at: datetime, by: User | None = None, detail: str = "") -> Happening:
    """A line of its history, not saved yet."""
    return Happening(episode=one, at=at, what=what, by=by, detail=detail[:40])


def labels_of(one: Episode, source: str = "") -> dict[str, str]:
    """What inhibitions and silences look at; `source` is the one that its queue hangs on."""
    labels = {"severity": Severity(one.severity).name, "family": one.version.family, "rule": str(one.rule_id)}
    if one.version.family == "feed":
        source = one.series_key.removeprefix("source=")
    return {
        **labels,
        **({"queue": str(one.queue_id)} if one.queue_id else {}),
        **({"source": source} if source else {}),
    }


def explained(episodes: Iterable[Episode]) -> dict[UUID, Episode]:
    """Return, of open episodes, those that another one of them explains, and which one does.

    One statement where a source is silent, else none.
    """
    found = list({one.pk: one for one in episodes}.values())
    feeds = [one for one in found if one.version.family == "feed"]
    hangs_on = only_source({one.queue_id for one in found if one.queue_id}) if feeds else {}
    labels = {one.pk: labels_of(one, hangs_on.get(one.queue_id, "") if one.queue_id else "") for one in found}
    by_queue: dict[UUID | None, list[Episode]] = defaultdict(list)
    for one in found:
        by_queue[one.queue_id].append(one)
    told = {}
    for queue, open_ in by_queue.items():
        near = open_ if queue is None else [*feeds, *open_]
        for one in open_:
            by = muted_by(labels[one.pk], [labels[other.pk] for other in near], INHIBITIONS)
            if by is not None:
                told[one.pk] = next(other for other in near if labels[other.pk] is by)
    return told


def silent_feeds() -> list[Episode]:
    """Open episodes of silent sources: they explain others, also to who does not see them. One statement."""
    return list(Episode.objects.still_open().filter(version__family="feed").select_related("version"))


def _muted(found: Iterable[Episode]) -> Mapping[UUID, Episode]:
    """Which of some episodes another open one explains, whoever sees it. Two statements at most."""
    queues = {one.queue_id for one in found if one.queue_id}
    near = Episode.objects.still_open().filter(Q(queue__in=queues) | Q(version__family="feed"))
    return explained(near.select_related("version"))


def call(
    calls: Sequence[tuple[Episode, people.Call]], *, at: datetime, known: frozenset[UUID] = frozenset()
) -> None:  # fmt: skip
    """Call who is to be told, each once an episode, round and step, whoever works it out. Few statements for all of them.

    `known` are episodes that came again and are no worse: the first to be called were told of them.
    """
    if not calls:
        return
    whom = recipients(
        {one.queue_id for one, _ in calls if one.queue_id}, {one.team_id for one, _ in calls if one.team_id}, at
    )
    muted = _muted([one for one, _ in calls])
    silenced = _silenced([one for one, _ in calls], at)
    already = _already([(one, step) for one, step in calls if step.step > 1])
    rows: dict[tuple[Any, ...], Call] = {}
    viewers = viewers_of({user for users in whom.everybody for user in users})
    for one, step in calls:
        told = already[one.pk, step.round_]
        for user in whom.named(one, step.audience, told):
            why = notices.held(
                notices.Checks(
                    care=people.Care(severity=Severity(one.severity), opened_at=0.0, stage=Stage(one.stage)),
                    is_inhibited=one.pk in muted,
                    is_silenced=one.pk in silenced,
                    was_told=step.step == 1 and one.pk in known,
                    is_allowed=may_see(viewers[user.pk], one),
                )
            )
            key = (one.pk, step.round_, step.step, user.pk)
            rows[key] = Call(episode=one, round=step.round_, step=step.step, to=user, at=at, held=why or "")
            told.add(user.pk)
    Call.objects.bulk_create(rows.values(), ignore_conflicts=True)
    heard = [(one, step.round_, step.step) for one, step in calls if one.pk not in muted and one.pk not in silenced]
    telling.queue(
        [one for one in rows.values() if not one.held],
        [step for step in heard if not (step[2] == 1 and step[0].pk in known)],
        at=at,
    )


def held_now(found: Sequence[Episode], at: datetime) -> dict[UUID, notices.Held]:
    """Which of some episodes nobody is told of now, and why. Four statements at most."""
    return {
        **dict.fromkeys(_silenced(found, at), notices.Held.SILENCED),
        **dict.fromkeys(_muted(found), notices.Held.INHIBITED),
    }


def _silenced(found: Iterable[Episode], at: datetime) -> frozenset[UUID]:
    """Which of some episodes somebody wants to hear nothing of now. One statement."""
    silences = [one.labels for one in Silence.objects.filter(since__lte=at, until__gt=at)]
    return frozenset(one.pk for one in found if any(matches(silence, labels_of(one)) for silence in silences))


def _already(calls: Sequence[tuple[Episode, people.Call]]) -> dict[tuple[UUID, int], set[int]]:
    """Who was called in earlier steps, by episode and round. One statement where there were any."""
    found: dict[tuple[UUID, int], set[int]] = defaultdict(set)
    if calls:
        made = Call.objects.filter(episode__in={one.pk for one, _ in calls})
        for episode, round_, to in made.values_list("episode_id", "round", "to_id"):
            found[episode, round_].add(to)
    return found


def give_out(*, at: datetime) -> int:
    """Tell what was held for now and is held by nothing any more, if it is still open; return how many calls that were.

    One statement where nothing is held.
    """
    waiting = Call.objects.filter(held__in=FOR_NOW, episode__stage=Stage.OPEN.value)
    held = list(
        waiting.select_for_update(of=("self",), skip_locked=True).select_related(
            "episode__version", "episode__rule", "to"
        )
    )
    held = [one for one in held if one.round == one.episode.round]
    if not held:
        return 0
    still = {*_muted([one.episode for one in held]), *_silenced([one.episode for one in held], at)}
    free = [one for one in held if one.episode_id not in still]
    Call.objects.filter(pk__in=[one.pk for one in free]).update(held="", at=at)
    telling.queue(free, [(one.episode, one.round, one.step) for one in free], at=at)
    return len(free)


def may_see(viewer: Viewer, one: Episode) -> bool:
    """Asked when somebody is told, whatever was true when it fired; the same as `visible_to`, for one row."""
    what = Permission.VIEW_ALERTS if one.rule.is_quality else Permission.VIEW_FLOOR_ALERTS
    if not viewer.allows(what) or (one.rule.is_personal and not viewer.allows(Permission.VIEW_SCORECARDS)):
        return False
    if viewer.sees_everything:
        return True
    return one.queue_id in viewer.granted(Queue) if one.team_id is None else one.team_id in viewer.granted(Team)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who can be called: leads by queue and by team, those of them who are on shift, and the roles that are there for everything."""

    leads: Mapping[UUID, Sequence[User]]
    team_leads: Mapping[int, Sequence[User]]
    on_shift: frozenset[int]
    ops: Sequence[User]
    admins: Sequence[User]

    @property
    def everybody(self) -> list[Sequence[User]]:
        """All of them, in groups."""
        return [*self.leads.values(), *self.team_leads.values(), self.ops, self.admins]

    def named(self, one: Episode, audience: Sequence[Audience], told: Set[int]) -> list[User]:
        """Whom a step calls. A rung of the ladder on which nobody new stands gives way to the next one at once.

        First the leads of the queue (of the team, where it is about one) who are on shift, or all of them where no roster says
        so; then its other leads; then operations. What is about neither begins with the admins.
        """
        if Audience.ACKNOWLEDGER in audience:
            back = [user for group in self.everybody for user in group if user.pk == one.by_id]
            return list({user.pk: user for user in [*back, *self._rung(one, Audience.LEAD)]}.values())
        first = LADDER.index(audience[0])
        for rung in LADDER[first:]:
            fresh = [user for user in self._rung(one, rung) if user.pk not in told]
            if fresh:
                return fresh
        return []

    def _rung(self, one: Episode, rung: Audience) -> Sequence[User]:
        if rung == Audience.OPS:
            return self.ops
        leads = self._leads(one)
        here = [user for user in leads if user.pk in self.on_shift]
        return here if here and rung == Audience.LEAD else leads

    def _leads(self, one: Episode) -> Sequence[User]:
        if one.team_id is not None:
            return self.team_leads.get(one.team_id, ())
        return self.leads.get(one.queue_id, ()) if one.queue_id else self.admins


def recipients(queues: set[UUID], teams: set[int], at: datetime) -> Recipients:
    """Read who can be called about some queues and teams. Three statements, and one where there is a team."""
    is_lead = {"user__role": Role.LEAD, "user__is_active": True}
    leads: dict[UUID, list[User]] = defaultdict(list)
    grants = QueueUserObjectPermission.objects.filter(content_object_id__in=queues, **is_lead)
    for grant in grants.select_related("user").order_by("user_id"):
        leads[grant.content_object_id].append(grant.user)
    team_leads: dict[int, list[User]] = defaultdict(list)
    if teams:
        held = TeamUserObjectPermission.objects.filter(content_object_id__in=teams, **is_lead)
        for one in held.select_related("user").order_by("user_id"):
            team_leads[one.content_object_id].append(one.user)
    above = User.objects.filter(role__in=[Role.OPS, Role.ADMIN], is_active=True).order_by("pk")
    by_role = {role: [user for user in above if user.role == role] for role in (Role.OPS, Role.ADMIN)}
    working = Shift.objects.filter(starts_at__lte=at, ends_at__gt=at, agent__user__role=Role.LEAD)
    on_shift = frozenset(working.values_list("agent__user_id", flat=True))
    return Recipients(leads, team_leads, on_shift, by_role[Role.OPS], by_role[Role.ADMIN])
