"""The live region of the sources page."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.connectors import queries
from apps.shared.regions import Params, Region


def _health(viewer: Viewer, params: Params, at: datetime) -> str:
    found = queries.sources_health(viewer=viewer, at=at)
    title, text = queries.health_verdict(found)
    context = {
        "title": title, "text": text, "sources": found, "now": at, "region": "sources.health", "params": dict(params),
    }  # fmt: skip
    return cast(str, render_to_string("connectors/parts/health.html", context))


REGIONS: dict[str, Region] = {
    "sources.health": Region(
        name="sources.health",
        topics=lambda viewer, params: ["sources"],
        permitted=lambda viewer, params: viewer.allows(Permission.MANAGE_SOURCES),
        render=_health,
    )
}
