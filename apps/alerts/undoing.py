"""Take back what one just did to an alert: its row and the memory of its series are as before, and its history says both."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts import episodes
from apps.alerts.engine.people import Care
from apps.alerts.facts import AlertsChanged
from apps.alerts.models import Episode, Rule, Series
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.outbox import announce

CAN_BE = ("taken_on", "snoozed", "resolved_by_hand")
# A toast offers it for eight seconds; a slow network and a second thought are allowed for.
WITHIN = timedelta(seconds=60)


def kept(care: Care, memory: dict[str, Any] | None) -> dict[str, Any]:
    """What an act is about to change, to be written beside it."""
    return {"care": msgspec.to_builtins(asdict(care)), "memory": memory}


@transaction.atomic
def undo(*, by: Viewer, pk: UUID, at: datetime) -> Episode:
    """Put an alert back as it was before the viewer took it on, put it aside or said that it is over.

    :raises NotAllowed: the role looks after no alerts.
    :raises OutOfScope: no alert of theirs.
    :raises Refusal: something else happened to it since, or too long ago.
    """
    by.require(Permission.CARE_FOR_ALERTS)
    seen = Episode.objects.visible_to(by)
    rule = seen.filter(pk=pk).values_list("rule_id", flat=True).first()
    if rule is None:
        raise OutOfScope
    # Whoever evaluates holds the rule's row: the memory must not be written by both.
    Rule.objects.select_for_update().get(pk=rule)
    one = seen.select_for_update(of=("self",)).select_related("version").get(pk=pk)
    last = one.history.order_by("-at", "-pk").first()
    if last is None or last.by_id != by.user.pk or last.before is None:
        raise Refusal("Something else happened to this alert since. Open it to see what.")
    if at - last.at > WITHIN:
        raise Refusal("This was more than a minute ago. Open the alert to change it.")
    episodes.put(one, msgspec.convert(last.before["care"], Care)).save()
    if last.before["memory"] is not None:
        Series.objects.filter(rule=rule, key=one.series_key).update(memory=last.before["memory"], is_quiet=False)
    episodes.told(one, "undone", at=at, by=by.user, detail=last.what).save()
    audit.record(by=by, verb="alert.undone", subject=one, about=one.version.name, at=at)
    announce(AlertsChanged(at=at), at=at)
    return one
