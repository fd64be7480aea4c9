"""What is routed otherwise now, and who calls for help: live on the floor and on the page of routing."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.routing import queries
from apps.shared.regions import Params, Region

NOW = "routing.now"


def now(viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of the panel."""
    context = {
        "running": queries.running(viewer=viewer, at=at), "helps": queries.helps(viewer=viewer, at=at), "face": "filled",
        "region": NOW, "params": dict(params), "now": at,
    }  # fmt: skip
    return render_to_string("routing/parts/now.html", context)


REGIONS: dict[str, Region] = {
    NOW: Region(
        name=NOW,
        topics=lambda viewer, params: ["routing"],
        permitted=lambda viewer, params: viewer.allows(Permission.REROUTE),
        render=now,
    )
}
