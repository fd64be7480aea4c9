"""Regions of the tests: small enough to see through, with the database and the permissions that real ones have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.shared.errors import OutOfScope
from apps.shared.regions import Region

renders: list[str] = []


def names(viewer: Viewer, params: Mapping[str, str], at: datetime) -> str:
    """The names of everybody, so that a change in the database changes the HTML."""
    renders.append(viewer.user.username)
    people = ", ".join(User.objects.order_by("username").values_list("display_name", flat=True))
    return f'<section id="floor-names"><p>{escape(people)}</p></section>'


def broken(viewer: Viewer, params: Mapping[str, str], at: datetime) -> str:
    raise ZeroDivisionError("this region has a bug")


def in_scope(viewer: Viewer, params: Mapping[str, str]) -> bool:
    if params.get("key") != "mine":
        raise OutOfScope
    return True


def sees_floor(viewer: Viewer, params: Mapping[str, str]) -> bool:
    return viewer.allows(Permission.VIEW_FLOOR)


REGIONS = {
    region.name: region
    for region in [
        Region("floor.names", lambda viewer, params: ["floor"], sees_floor, names),
        Region("floor.broken", lambda viewer, params: ["floor"], sees_floor, broken),
        Region("one.thing", lambda viewer, params: [f"thing:{params['key']}"], in_scope, names),
    ]
}
