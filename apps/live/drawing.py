"""Draw a region for a viewer: the same for the socket and for HTTP. Permission is asked at every drawing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.access.viewer import Viewer
from apps.shared.errors import NotAllowed, OutOfScope
from apps.shared.regions import Region

MAX_PARAMS = 10
PARAM_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_VALUE = 200


class Watch(NamedTuple):
    """A region with its parameters, in one spelling, so that equal ones meet."""

    region: str
    params: tuple[tuple[str, str], ...]


class BadWatch(ValueError):
    """The region or its parameters make no sense; the message is a sentence for whoever wrote the page."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A "no": 403 in sight but not allowed, 404 out of sight."""

    status: int
    sentence: str


def regions() -> Mapping[str, Region]:
    """Return every region that the screens offer."""
    found: Mapping[str, Region] = import_string(settings.LIVE_REGIONS)
    return found


def read_watch(region: Any, params: Any) -> Watch:
    """Check what a page asks for.

    :raises BadWatch: with what was seen and what was expected.
    """
    if not isinstance(region, str) or region not in regions():
        raise BadWatch(f"There is no region called “{str(region)[:80]}”.")
    if not isinstance(params, Mapping) or len(params) > MAX_PARAMS:
        raise BadWatch(f"The params of {region} must be an object with at most {MAX_PARAMS} entries.")
    for name, value in params.items():
        if not isinstance(name, str) or not PARAM_NAME.fullmatch(name):
            raise BadWatch(f"“{str(name)[:80]}” is no name of a parameter: small letters, digits and _ are.")
        if not isinstance(value, str) or len(value) > MAX_VALUE:
            raise BadWatch(f"The parameter {name} of {region} must be text of at most {MAX_VALUE} characters.")
    return Watch(region, tuple(sorted(params.items())))


def topics_of(watch: Watch, viewer: Viewer) -> frozenset[str] | Refused:
    """Return the topics that make the region stale for this viewer, or the refusal."""
    region, params = regions()[watch.region], dict(watch.params)
    try:
        if not region.permitted(viewer, params):
            return _not_allowed()
        topics: Sequence[str] = region.topics(viewer, params)
        return frozenset(topics)
    except NotAllowed as no:
        return Refused(403, str(no))
    except OutOfScope:
        return _out_of_scope()


def draw(watch: Watch, viewer: Viewer, at: datetime) -> str | Refused:
    """Return the region's HTML, times in the viewer's zone, or the refusal."""
    region, params = regions()[watch.region], dict(watch.params)
    try:
        if not viewer.user.is_active or not region.permitted(viewer, params):
            return _not_allowed()
        with timezone.override(viewer.zone):
            return region.render(viewer, params, at)
    except NotAllowed as no:
        return Refused(403, str(no))
    except OutOfScope:
        return _out_of_scope()


def _not_allowed() -> Refused:
    return Refused(403, "Your role does not include this. Ask an admin if you need it.")


def _out_of_scope() -> Refused:
    return Refused(404, "There is nothing here for you.")
