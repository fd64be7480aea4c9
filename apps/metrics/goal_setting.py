"""Set a goal and end one: a version is added, and nothing that held is changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.metrics import fairness
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Direction
from apps.metrics.goals import PERIODS, GoalRefused, Scope, read_value, shown, wanted
from apps.metrics.models import Goal


@transaction.atomic
def set_goal(
    *, by: Viewer, metric: str, scope: Scope, period: str, target: str, threshold: str = "", from_on: date, at: datetime
) -> Goal:
    """Add a version of a goal; what held before stays as it was for the days before `from_on`.

    :raises GoalRefused: the metric has no such number, the value is not of its unit, the date lies in the past, or the goal
        is not fair: nobody ever reached it, or it can be reached the wrong way and no goal guards it.
    """
    by.require(Permission.MANAGE_SETUP)
    told, aim = wanted(metric=metric, scope=scope, period=period, target=target)
    if from_on < at.astimezone(by.zone).date():
        raise GoalRefused("from_on", "A goal begins today or later: nobody is measured by what they could not know.")
    try:
        limit = read_value(told, threshold) if threshold.strip() else None
    except GoalRefused as refused:
        raise GoalRefused("threshold", str(refused)) from None
    if limit is not None and (limit >= aim if told.direction == Direction.UP else limit <= aim):
        side = "below" if told.direction == Direction.UP else "above"
        raise GoalRefused("threshold", f"The limit lies {side} the goal: that is where it turns serious.")
    fairness.refuse(told, scope, period, aim, zone=by.zone, at=at)
    return _add(by, Goal(metric=metric, scope_kind=scope.kind, scope_key=scope.key, period=period, target=aim,
                         threshold=limit, from_on=from_on), "goal.set", at)  # fmt: skip


@transaction.atomic
def end_goal(*, by: Viewer, goal: Goal, at: datetime) -> Goal:
    """Let a goal end tomorrow; what was aimed at until then stays.

    :raises NotAllowed: not one who sets things up.
    """
    by.require(Permission.MANAGE_SETUP)
    tomorrow = at.astimezone(by.zone).date() + timedelta(days=1)
    ended = Goal(metric=goal.metric, scope_kind=goal.scope_kind, scope_key=goal.scope_key, period=goal.period,
                 from_on=max(tomorrow, goal.from_on))  # fmt: skip
    return _add(by, ended, "goal.ended", at)


def _add(by: Viewer, goal: Goal, verb: str, at: datetime) -> Goal:
    goal.zone, goal.made_by, goal.made_at = by.user.time_zone, by.user, at
    goal.save(force_insert=True)
    about = f"{DICTIONARY[goal.metric].name}, {shown([goal])[0].whose}, {PERIODS[goal.period]}"
    audit.record(by=by, verb=verb, subject=goal, about=about, at=at)
    return goal
