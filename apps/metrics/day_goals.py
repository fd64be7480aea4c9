"""The goals of queues on one day, and what was reached. People's goals are on their own pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.metrics import reading, wording
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Direction
from apps.metrics.goals import ALL, LAST_INSTANT, OF_QUEUES, say_value
from apps.metrics.measures import READINGS
from apps.metrics.models import Goal
from apps.metrics.reading import Number
from apps.metrics.small_groups import FEWEST, Part, withheld
from apps.metrics.windows import Window


@dataclass(frozen=True, slots=True)
class OfDay:
    """One goal on one day. `is_reached` is None with too few cases to judge it, or too few people for the viewer to be told."""

    label: str
    where: str
    target: str
    value: str
    n: int
    is_reached: bool | None
    href: str


def goals_of_day(*, viewer: Viewer, day: date, at: datetime) -> list[OfDay]:
    """Return the goals of a day that queues in the viewer's scope had, with what was reached until now. Two statements, and four at most
    more for each metric that has a goal.

    :raises NotAllowed: the role sees no numbers of queues.
    """
    viewer.require(Permission.VIEW_FLOOR)
    queues = {str(key): name for key, name in Queue.objects.visible_to(viewer).values_list("pk", "name")}
    asked = Q(scope_kind="floor", scope_key=ALL) | Q(scope_kind="queue", scope_key__in=list(queues))
    newest = (
        Goal.objects.filter(asked, period="day", from_on__lte=day)
        .order_by("metric", "scope_kind", "scope_key", "-from_on", "-id").distinct("metric", "scope_kind", "scope_key")
    )  # fmt: skip
    together: dict[tuple[str, str], list[Goal]] = defaultdict(list)
    for goal in newest:
        if goal.target is not None and goal.metric in READINGS:
            together[goal.metric, goal.zone].append(goal)
    found = []
    for (metric, zone), held in together.items():
        numbers = _numbers(
            metric, day, ZoneInfo(zone), [UUID(key) for key in queues], {goal.scope_kind for goal in held}, at
        )
        small = _of_too_few(viewer, metric, held)
        found += [
            _of_day(goal, queues, None if goal.scope_key in small else numbers.get(_place(goal), Number.nothing()))
            for goal in held
        ]
    return sorted(found, key=lambda one: (one.label, one.where))


def _of_too_few(viewer: Viewer, metric: str, goals: Sequence[Goal]) -> set[str]:
    """The queues whose number would tell the viewer about fewer people than a number is shown of."""
    parts = {Part(queue=UUID(goal.scope_key)) for goal in goals if goal.scope_kind == "queue"}
    found = withheld(viewer=viewer, metric=DICTIONARY[metric], parts=list(parts), of_people=False)
    return {str(one.queue) for one in found}


def _place(goal: Goal) -> str:
    return "" if goal.scope_kind == "floor" else goal.scope_key


def _numbers(
    metric: str, day: date, zone: ZoneInfo, queues: Sequence[UUID], kinds: set[str], at: datetime
) -> dict[str, Number]:
    """The numbers of a day: of each queue under its key, of all together under the empty one."""
    assert kinds <= OF_QUEUES  # noqa: S101  # asked for so
    found = READINGS[metric]
    since, after = (
        datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(at.tzinfo)
        for one in (day, day + timedelta(days=1))
    )
    span = Window("day", since, min(after - LAST_INSTANT, at), is_exact=False)
    told: dict[str, Number] = {}
    for by in ("", "queue"):
        if found.misses is not None:
            told |= reading.against_promise(found, span, queues, by)
        else:
            told |= reading.merged(found, found.measure, span, queues, by, of_agents=False)
    return told


def _of_day(goal: Goal, queues: dict[str, str], number: Number | None) -> OfDay:
    """`number`: None where it is not shown to the viewer."""
    metric, target = DICTIONARY[goal.metric], goal.target or 0.0
    is_small = number is None
    number = number or Number.nothing()
    is_up = metric.direction == Direction.UP
    is_known = number.is_enough and number.value is not None
    is_reached = (number.value or 0.0) >= target if is_up else (number.value or 0.0) <= target
    return OfDay(
        label=metric.name, where=queues.get(goal.scope_key, "Every queue together"),
        target=f"{'at least' if is_up else 'at most'} {say_value(metric, target)}",
        value=wording.told(number.value, metric.unit) if is_known else f"of fewer than {FEWEST} people" if is_small else "not enough yet" if number.n else wording.MISSING,
        n=number.n, is_reached=is_reached if is_known else None,
        href=f"{reverse('metric_page', args=[metric.key])}?{urlencode({'scope': f'queue:{goal.scope_key}' if goal.scope_kind == 'queue' else 'all', 'window': '7d'})}",
    )  # fmt: skip
