"""The live region of reviews: the second looks that wait."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import queries
from apps.shared.regions import Params, Region

WAITING = "reviews.doubts"


def waiting(viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of the second looks that wait, the same for a first visit, a push and a poll."""
    found, _ = queries.second_looks(viewer=viewer)
    context = {
        "waiting": found, "overdue": sum(one.due_at <= at for one in found), "region": WAITING, "params": dict(params), "now": at,
    }  # fmt: skip
    return render_to_string("reviews/parts/waiting.html", context)


REGIONS: dict[str, Region] = {
    WAITING: Region(
        name=WAITING,
        topics=lambda viewer, params: ["secondlooks"],
        permitted=lambda viewer, params: viewer.allows(Permission.MANAGE_QUALITY),
        render=waiting,
    )
}
