"""Where a rule holds: everywhere, in one queue, or in the queues of a team; and where another rule holds instead of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from apps.agents.models import Team
from apps.alerts.models import Rule, RuleVersion
from apps.alerts.watching.seen import Seen
from apps.interactions.models import Queue
from apps.shared.reading import once

QUEUE, TEAM = "queue", "team"


def queues_of(version: RuleVersion) -> frozenset[UUID] | None:
    """The queues a version holds in; None: in all of them. A team that is gone has none."""
    if version.scope_kind == QUEUE:
        return frozenset({UUID(version.scope_key)})
    if version.scope_kind == TEAM:
        return frozenset(_of_teams().get(int(version.scope_key), ()))
    return None


def _of_teams() -> dict[int, set[UUID]]:
    """The queues that each team answers. One statement a reading."""

    def read() -> dict[int, set[UUID]]:
        found: dict[int, set[UUID]] = defaultdict(set)
        for queue, team in Queue.teams.through.objects.values_list("queue_id", "team_id"):
            found[team].add(queue)
        return found

    return once("alerts.teams", read)


def _taken() -> dict[int, frozenset[UUID]]:
    """The queues of each rule in which another one holds instead. One statement a reading, and one where teams are named."""

    def read() -> dict[int, frozenset[UUID]]:
        special = RuleVersion.objects.filter(rule__is_on=True, rule__instead_of__isnull=False)
        found: dict[int, frozenset[UUID]] = {}
        for one in special.select_related("rule").order_by("rule", "-n").distinct("rule"):
            general = one.rule.instead_of_id
            if general is not None:
                found[general] = found.get(general, frozenset()) | (queues_of(one) or frozenset())
        return found

    return once("alerts.taken", read)


def watched_by(rule: Rule, version: RuleVersion) -> frozenset[UUID] | None:
    """The queues that a rule watches now, others' special ones left out; None: all there are."""
    own, taken = queues_of(version), _taken().get(rule.pk, frozenset())
    if own is None and not taken:
        return None
    return (own if own is not None else frozenset(Queue.objects.values_list("pk", flat=True))) - taken


def within(rule: Rule, version: RuleVersion, seen: Sequence[Seen]) -> list[Seen]:
    """Of what was seen, that which the rule is to judge."""
    own, taken = queues_of(version), _taken().get(rule.pk, frozenset())
    return [one for one in seen if (own is None or one.queue in own) and one.queue not in taken]


def scope_names(versions: Sequence[RuleVersion]) -> dict[int | None, str]:
    """Where versions hold, in words, by their keys. Two statements at most."""
    queues = {one.scope_key for one in versions if one.scope_kind == QUEUE}
    teams = {one.scope_key for one in versions if one.scope_kind == TEAM}
    names = (
        {(QUEUE, str(key)): name for key, name in Queue.objects.filter(pk__in=queues).values_list("pk", "name")}
        if queues
        else {}
    )
    if teams:
        found = Team.objects.filter(pk__in=teams).values_list("pk", "name")
        names |= {(TEAM, str(key)): f"the queues of {name}" for key, name in found}
    gone = {QUEUE: "a queue that is gone", TEAM: "a team that is gone"}
    return {
        one.pk: names.get((one.scope_kind, one.scope_key), gone[one.scope_kind]) if one.scope_kind else "any queue"
        for one in versions
    }
