"""The live regions of the operations page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.metrics import ops
from apps.shared.regions import Params, Region

Reader = Callable[[Viewer, datetime], dict[str, Any]]


def _volume(viewer: Viewer, at: datetime) -> dict[str, Any]:
    return {"ahead": ops.ahead(viewer=viewer, at=at)}


def _risk(viewer: Viewer, at: datetime) -> dict[str, Any]:
    found = ops.risks(viewer=viewer, at=at)
    return {"queues": found, "starts": [hour.starts_at for hour in found[0].hours] if found else []}


def _mix(viewer: Viewer, at: datetime) -> dict[str, Any]:
    return {"channels": ops.mix(viewer=viewer, at=at)}


def _ai(viewer: Viewer, at: datetime) -> dict[str, Any]:
    return {"sides": ops.ai(viewer=viewer, at=at)}


PARTS: dict[str, tuple[str, Reader]] = {
    "ops.volume": ("metrics/parts/volume.html", _volume),
    "ops.risk": ("metrics/parts/risk.html", _risk),
    "ops.ai": ("metrics/parts/containment.html", _ai),
    "ops.mix": ("metrics/parts/mix.html", _mix),
}


def render(name: str, viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of a region, the same for a first visit, a push and a poll."""
    template, read = PARTS[name]
    return render_to_string(
        template, {"face": "filled", **read(viewer, at), "region": name, "params": dict(params), "now": at}
    )


def _region(name: str) -> Region:
    return Region(
        name=name,
        topics=lambda viewer, params: ["floor"],
        permitted=lambda viewer, params: viewer.allows(Permission.VIEW_FLOOR),
        render=lambda viewer, params, at: render(name, viewer, params, at),
    )


REGIONS: dict[str, Region] = {name: _region(name) for name in PARTS}
