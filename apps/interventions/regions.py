"""The live pages of interventions, and the bar of a shift that was handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interventions import handover, queries
from apps.interventions.models import Intervention
from apps.shared.asking import account_of, key_of
from apps.shared.errors import OutOfScope
from apps.shared.regions import Params, Region

Reader = Callable[[Viewer, Params, datetime], dict[str, Any]]


def _list(viewer: Viewer, params: Params, at: datetime) -> dict[str, Any]:
    return {"rows": queries.recent(viewer=viewer, at=at), "works": queries.works(viewer=viewer, at=at)}


def _one(viewer: Viewer, params: Params, at: datetime) -> dict[str, Any]:
    return {"told": queries.get_told(viewer=viewer, pk=named(params), at=at)}


def named(params: Params) -> UUID:
    """Read the key of an intervention.

    :raises OutOfScope: it is missing or no key at all.
    """
    found = key_of(params.get("intervention", ""))
    if found is None:
        raise OutOfScope
    return found


def _handed(viewer: Viewer, params: Params, at: datetime) -> dict[str, Any]:
    return {"handovers": handover.unseen(viewer=viewer, at=at)}


PARTS: dict[str, tuple[str, Reader]] = {
    "interventions.list": ("interventions/parts/list.html", _list),
    "interventions.one": ("interventions/parts/one.html", _one),
    "handover.bar": ("interventions/parts/bar.html", _handed),
}


def render(name: str, viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of a region, the same for a first visit, a push and a poll."""
    template, read = PARTS[name]
    return render_to_string(
        template, {"face": "filled", **read(viewer, params, at), "region": name, "params": dict(params), "now": at}
    )


def _sees(viewer: Viewer, params: Params) -> bool:
    return viewer.allows(Permission.VIEW_INTERVENTIONS)


def _sees_one(viewer: Viewer, params: Params) -> bool:
    return Intervention.objects.visible_to(viewer).filter(pk=named(params)).exists()


def _topics(name: str, params: Params) -> list[str]:
    if name == "interventions.one":
        named(params)
    return ["interventions"]


def _region(name: str, permitted: Callable[[Viewer, Params], bool]) -> Region:
    return Region(
        name=name,
        topics=lambda viewer, params: _topics(name, params),
        permitted=permitted,
        render=lambda viewer, params, at: render(name, viewer, params, at),
    )


REGIONS: dict[str, Region] = {
    "interventions.list": _region("interventions.list", _sees),
    "interventions.one": _region("interventions.one", _sees_one),
    # Of one person, so the region names them: who has the same scope is otherwise sent the same HTML.
    "handover.bar": Region(
        name="handover.bar",
        topics=lambda viewer, params: [f"handover:{account_of(params)}"],
        permitted=lambda viewer, params: viewer.allows(Permission.REROUTE) and account_of(params) == viewer.user.pk,
        render=lambda viewer, params, at: render("handover.bar", viewer, params, at),
    ),
}
