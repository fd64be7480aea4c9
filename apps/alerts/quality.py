"""What alerts were worth over four weeks, by rule and by person, with counts beside every share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts import advising
from apps.alerts.advising import Advice, Fared, Share
from apps.alerts.engine.people import Outcome
from apps.alerts.models import Call, Episode, Happening, RuleVersion

DAYS = 28
SHIFT = timedelta(hours=8)
IN_TIME = timedelta(minutes=5)
# What somebody does about an alert; and of these, what changes the floor.
CARED = ("taken_on", "snoozed", "acted", "resolved_by_hand")
USEFUL = {Outcome.HELPED.value, Outcome.NO_EFFECT.value}
# A person's share needs as many cases before it is shown.
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Person:
    """How one person was called. Shares of fewer than ten calls are not shown."""

    name: str
    called: int
    in_time: Share | None
    acted: Share | None
    to_act: float | None


@dataclass(frozen=True, slots=True)
class Worth:
    """The page. `a_shift` is of everything the viewer looks after, in a shift of eight hours."""

    total: int
    a_shift: float
    false_a_shift: float
    whole: Fared | None
    rules: Sequence[Fared]
    people: Sequence[Person]
    advice: Sequence[Advice]
    never: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Story:
    """One alert with the first time that somebody did something of a kind about it."""

    episode: Episode
    firsts: Mapping[str, datetime]
    returns: int

    @property
    def cared_at(self) -> datetime | None:
        return min((self.firsts[what] for what in CARED if what in self.firsts), default=None)


def worth(*, viewer: Viewer, at: datetime) -> Worth:
    """Tell of the last four weeks what the viewer may see of them. Five statements, whatever the number of alerts.

    :raises NotAllowed: the role sees no alerts.
    """
    viewer.require(Permission.VIEW_ALERTS)
    since = at - timedelta(days=DAYS)
    found = Episode.objects.visible_to(viewer).filter(fired_at__gt=since, fired_at__lte=at)
    episodes = list(found.select_related("rule").order_by("fired_at"))
    firsts: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    returns: dict[UUID, int] = defaultdict(int)
    history = Happening.objects.filter(episode__in=found.values("pk"), what__in=[*CARED, "undone", "returned", "again"])
    acts = _stood(history.order_by("at", "pk"))
    for one in acts:
        if one.what in CARED:
            firsts[one.episode_id].setdefault(one.what, one.at)
        else:
            returns[one.episode_id] += 1
    stories = [_Story(one, firsts[one.pk], returns[one.pk]) for one in episodes]
    versions = {
        one.rule_id: one
        for one in RuleVersion.objects.filter(rule__is_on=True)
        .select_related("owner")
        .order_by("rule", "-n")
        .distinct("rule")
    }
    by_rule: dict[int, list[_Story]] = defaultdict(list)
    for story in stories:
        by_rule[story.episode.rule_id].append(story)
    # A portal that is younger than four weeks had as many shifts as there were since its first alert.
    shifts = max((at - episodes[0].fired_at) / SHIFT, 1.0) if episodes else 1.0
    fared = [
        _fared(versions[rule].name, rule, mine, versions[rule], shifts)
        for rule, mine in by_rule.items()
        if rule in versions
    ]
    fared.sort(key=lambda one: (-one.fired, one.name))
    false = sum(story.episode.outcome == Outcome.FALSE_ALARM.value for story in stories)
    silent = [one.name for rule, one in versions.items() if rule not in by_rule] if viewer.sees_everything else []
    return Worth(
        total=len(stories), a_shift=len(stories) / shifts, false_a_shift=false / shifts,
        whole=_fared("All rules", 0, stories, None, shifts) if stories else None, rules=fared,
        people=_people(viewer, stories, acts, since), advice=advising.advice(fared, _beginnings(stories, versions)), never=sorted(silent),
    )  # fmt: skip


def _stood(history: Iterable[Happening]) -> list[Happening]:
    """What happened and was not taken back: who undoes having taken an alert on has neither seen to it nor acted on it."""
    found: list[Happening] = []
    for one in history:
        if one.what != "undone":
            found.append(one)
            continue
        # Only the latest act of an alert can be undone, by whoever did it.
        at = next(
            (
                n
                for n in reversed(range(len(found)))
                if (found[n].episode_id, found[n].what, found[n].by_id) == (one.episode_id, one.detail, one.by_id)
            ),
            None,
        )
        if at is not None:
            del found[at]
    return found


def _fared(name: str, rule: int, stories: Sequence[_Story], version: RuleVersion | None, shifts: float) -> Fared:
    over = [one for one in stories if one.episode.resolved_at is not None]
    alone = [one for one in over if not one.episode.is_manual and one.cared_at is None]
    judged = [one.episode.outcome for one in stories if one.episode.outcome not in ("", Outcome.UNJUDGED.value)]
    acted = [one.firsts["acted"] - one.episode.fired_at for one in stories if "acted" in one.firsts]
    returns: dict[str, int] = defaultdict(int)
    for one in stories:
        returns[one.episode.series_key] += one.returns
    last = [one.episode.outcome for one in stories if one.episode.outcome not in ("", Outcome.UNJUDGED.value)][-5:]
    return Fared(
        rule=rule, name=name, fired=len(stories), a_shift=len(stories) / shifts,
        in_time=Share(sum(1 for one in stories if (at := one.cared_at) is not None and at - one.episode.fired_at <= IN_TIME), len(stories)),
        acted=Share(len(acted), len(stories)), alone=Share(len(alone), len(over)),
        precision=Share(sum(one in USEFUL for one in judged), len(judged)),
        flapping=sum(n >= 3 for n in returns.values()),
        to_act=median(one.total_seconds() for one in acted) if acted else None,
        lasts=median((one.episode.resolved_at - one.episode.fired_at).total_seconds() for one in over if one.episode.resolved_at) if over else None,
        wait=0.0 if version is None else float(version.wait_seconds),
        not_needed_in_a_row=len(last) == 5 and all(one == Outcome.NOT_NEEDED.value for one in last),
        owner="" if version is None or version.owner is None else str(version.owner),
    )  # fmt: skip


def _people(viewer: Viewer, stories: Sequence[_Story], acts: Sequence[Happening], since: datetime) -> list[Person]:
    """Who was called, in the order of their names: whoever leads sees themselves, the others everybody. Two statements."""
    by = {story.episode.pk: story for story in stories}
    calls = Call.objects.filter(episode__in=list(by), held="", at__gt=since)
    if not viewer.sees_everything:
        calls = calls.filter(to=viewer.user)
    called: dict[int, dict[UUID, datetime]] = defaultdict(dict)
    for to, episode, moment in calls.order_by("at").values_list("to_id", "episode_id", "at"):
        called[to].setdefault(episode, moment)
    did: dict[tuple[int, UUID, bool], datetime] = {}
    for one in acts:
        if one.what in CARED and one.by_id in called:
            did.setdefault((one.by_id, one.episode_id, False), one.at)
            if one.what == "acted":
                did.setdefault((one.by_id, one.episode_id, True), one.at)
    told = []
    for user in User.objects.filter(pk__in=called).order_by("display_name", "username"):
        mine = called[user.pk]
        quick = sum(
            (at := did.get((user.pk, one, False))) is not None and at - moment <= IN_TIME
            for one, moment in mine.items()
        )
        acted = [did[user.pk, one, True] - moment for one, moment in mine.items() if (user.pk, one, True) in did]
        is_enough = len(mine) >= FEWEST
        told.append(
            Person(
                name=str(user), called=len(mine), in_time=Share(quick, len(mine)) if is_enough else None,
                acted=Share(len(acted), len(mine)) if is_enough else None,
                to_act=median(one.total_seconds() for one in acted) if acted and is_enough else None,
            )
        )  # fmt: skip
    return told


def _beginnings(
    stories: Sequence[_Story], versions: Mapping[int, RuleVersion]
) -> dict[str, dict[UUID, list[float]]]:  # fmt: skip
    """When the alerts of each rule began, by queue."""
    told: dict[str, dict[UUID, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in stories:
        if one.episode.queue_id is not None and one.episode.rule_id in versions:
            told[versions[one.episode.rule_id].name][one.episode.queue_id].append(one.episode.fired_at.timestamp())
    return told
