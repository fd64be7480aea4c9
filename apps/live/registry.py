"""The live regions, found through the settings because the screens that own them stand on the same layer."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils.module_loading import import_string

from apps.shared.regions import Region


def region_named(name: str) -> Region | None:
    """Return the region of a name, or None when no screen has one."""
    regions: Mapping[str, Region] = import_string(settings.LIVE_REGIONS)
    return regions.get(name)
