"""The agent's bar of notes, live on every page of theirs."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.coaching import queries, services
from apps.shared.regions import Params, Region

BAR = "coaching.bar"


def bar(viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of the bar. Drawing it is the delivery."""
    notes = queries.waiting(viewer=viewer)
    if any(one.note.delivered_at is None for one in notes):
        services.deliver(to=viewer, at=at)
    return render_to_string(
        "coaching/parts/bar.html", {"notes": notes, "region": BAR, "params": dict(params), "now": at}
    )


REGIONS: dict[str, Region] = {
    BAR: Region(
        name=BAR,
        topics=lambda viewer, params: [f"notes:{viewer.user.pk}"],
        permitted=lambda viewer, params: viewer.allows(Permission.BE_COACHED),
        render=bar,
    )
}
