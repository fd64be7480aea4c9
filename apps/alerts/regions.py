"""The live regions of the alerts pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts import queries, wording
from apps.alerts.cards import MINUTES
from apps.alerts.models import Episode
from apps.shared.errors import OutOfScope
from apps.shared.regions import Params, Region

Reader = Callable[[Viewer, Params, datetime], dict[str, Any]]


def _open(viewer: Viewer, params: Params, at: datetime) -> dict[str, Any]:
    return queries.drawn(viewer=viewer, at=at, most=queries.ON_PAGE)


def _past(viewer: Viewer, params: Params, at: datetime) -> dict[str, Any]:
    return {"alerts": queries.past(viewer=viewer, at=at)}


def _one(viewer: Viewer, params: Params, at: datetime) -> dict[str, Any]:
    told = queries.get_alert(viewer=viewer, pk=named(params), at=at)
    return {"told": told, "alert": told.card, "outcomes": wording.OUTCOMES, "minutes": MINUTES}


def named(params: Params) -> UUID:
    """Read the key of an alert.

    :raises OutOfScope: it is missing or no key at all.
    """
    try:
        return UUID(params.get("alert", ""))
    except ValueError:
        raise OutOfScope from None


PARTS: dict[str, tuple[str, Reader]] = {
    "alerts.open": ("components/alerts.html", _open),
    "alerts.past": ("alerts/parts/past.html", _past),
    "alerts.one": ("alerts/parts/one.html", _one),
}


def render(name: str, viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of a region, the same for a first visit, a push and a poll."""
    template, read = PARTS[name]
    return render_to_string(
        template, {"face": "filled", **read(viewer, params, at), "region": name, "params": dict(params), "now": at}
    )


def _sees(viewer: Viewer, params: Params) -> bool:
    return viewer.allows(Permission.VIEW_ALERTS)


def _sees_one(viewer: Viewer, params: Params) -> bool:
    return Episode.objects.visible_to(viewer).filter(pk=named(params)).exists()


def _topics(name: str, params: Params) -> list[str]:
    if name == "alerts.one":
        named(params)
    return ["alerts"]


def _region(name: str, permitted: Callable[[Viewer, Params], bool]) -> Region:
    return Region(
        name=name,
        topics=lambda viewer, params: _topics(name, params),
        permitted=permitted,
        render=lambda viewer, params, at: render(name, viewer, params, at),
    )


REGIONS: dict[str, Region] = {
    "alerts.open": _region("alerts.open", _sees),
    "alerts.past": _region("alerts.past", _sees),
    "alerts.one": _region("alerts.one", _sees_one),
}
