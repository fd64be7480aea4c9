"""The live regions of the sources and health pages."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.connectors import queries, running
from apps.shared.regions import Params, Region


def _health(viewer: Viewer, params: Params, at: datetime) -> str:
    found = queries.sources_health(viewer=viewer, at=at)
    title, text = queries.health_verdict(found)
    context = {
        "title": title, "text": text, "sources": found, "now": at, "region": "sources.health", "params": dict(params),
    }  # fmt: skip
    return cast(str, render_to_string("connectors/parts/health.html", context))


def _running(viewer: Viewer, params: Params, at: datetime) -> str:
    now = running.running(viewer=viewer, at=at)
    title, text = running.verdict(now, at=at)
    context = {"title": title, "text": text, "running": now, "now": at, "region": "health.now", "params": dict(params)}
    return cast(str, render_to_string("connectors/parts/running.html", context))


REGIONS: dict[str, Region] = {
    "sources.health": Region(
        name="sources.health",
        topics=lambda viewer, params: ["sources"],
        permitted=lambda viewer, params: viewer.allows(Permission.MANAGE_SOURCES),
        render=_health,
    ),
    # Nothing tells of a worker that stopped: it is rendered again every ten seconds all the same.
    "health.now": Region(
        name="health.now",
        topics=lambda viewer, params: ["sources"],
        permitted=lambda viewer, params: viewer.allows(Permission.VIEW_HEALTH),
        render=_running,
    ),
}
