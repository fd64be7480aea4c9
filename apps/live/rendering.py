"""What is asked and rendered for a region: placing a viewer, asking again, rendering once a class. Runs in threads."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.live.identities import Identities, Identity, Known
from apps.live.registry import region_named
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.regions import Region

log = structlog.get_logger(__name__)

NOT_HERE = "There is no such part, or your access does not cover it."
NO_LONGER = "Your access no longer covers this part."
NOT_RENEWED = "This part could not be renewed. The figures shown are from before."

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a viewer's watch belongs: a permission class and the topics that make it stale; or a refusal."""

    permission_class: str = ""
    topics: Sequence[str] = ()
    refused: str = ""


@dataclass(slots=True)
class Standing:
    """Which accounts may be shown a class's content now; the others have lost the right or moved to another class."""

    allowed: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Rendered:
    """One render for one class. Without `html` it failed and `reference` finds the reason in the log."""

    standing: Standing
    html: str | None = None
    reference: str = ""


class Workshop:
    """The sync half of a hub. Nothing here keeps content; only viewers are kept, for two seconds."""

    def __init__(self) -> None:
        self.identities = Identities()

    def ended(self, identities: Iterable[Identity]) -> set[Identity]:
        """Return those whose session or account has ended."""
        return self.identities.ended(identities)

    def place(self, user_id: int, keys: Sequence[Key]) -> dict[Key, Place]:
        """Say for each watch of one account where it belongs, or why it is refused."""
        known = self.identities.known([user_id])[user_id]
        return {key: self._place(known, key) for key in keys}

    def _place(self, known: Known | None, key: Key) -> Place:
        region, params = region_named(key[0]), dict(key[1])
        if region is None or known is None or not self._may(region, known.viewer, params):
            return Place(refused=NOT_HERE)
        try:
            if region.seen is not None:
                region.seen(known.viewer, params, timezone.now())
            return Place(permission_class=known.permission_class, topics=tuple(region.topics(known.viewer, params)))
        except Exception:
            log.exception("a region cannot be watched", region=region.name)
            return Place(refused=NOT_RENEWED)

    def _may(self, region: Region, viewer: Viewer, params: Mapping[str, str]) -> bool:
        try:
            return region.permitted(viewer, params)
        except (OutOfScope, Refusal):
            return False
        except Exception:  # a bug in one region's permission must refuse, and must not stop the others
            log.exception("permission of a region failed", region=region.name)
            return False

    def standing(self, key: Key, permission_class: str, user_ids: Iterable[int]) -> Standing:
        """Ask the region's permission again for each account."""
        region, params, found = region_named(key[0]), dict(key[1]), Standing()
        for user_id, known in self.identities.known(user_ids).items():
            if region is None or known is None or not self._may(region, known.viewer, params):
                found.refused.add(user_id)
            elif known.permission_class != permission_class:
                found.moved.add(user_id)
            else:
                found.allowed.add(user_id)
        return found

    def standings(self, groups: Mapping[tuple[Key, str], Iterable[int]]) -> dict[tuple[Key, str], Standing]:
        """Ask every permission again, for the sweep."""
        return {(key, name): self.standing(key, name, users) for (key, name), users in groups.items()}

    def render(self, key: Key, permission_class: str, user_ids: Iterable[int], at: datetime) -> Rendered:
        """Ask the permission of every account, then render once for all that may see it."""
        standing = self.standing(key, permission_class, user_ids)
        rendered = Rendered(standing=standing)
        region = region_named(key[0])
        if not standing.allowed or region is None:
            return rendered
        chosen = min(standing.allowed)
        known = self.identities.known([chosen])[chosen]
        if known is None:  # switched off in this very moment: the next round refuses it
            return rendered
        try:
            with timezone.override(known.viewer.user.time_zone):
                # A plain copy: a template gives a SafeString, which the JSON encoder of frames does not take.
                rendered.html = str.__str__(region.render(known.viewer, dict(key[1]), at))
        except (OutOfScope, Refusal):
            standing.refused |= standing.allowed
            standing.allowed = set()
        except Exception:  # one broken region says so in its own place; the rest of the page stays live
            rendered.reference = uuid.uuid4().hex[:8]
            log.exception("a live region failed", region=key[0], reference=rendered.reference)
        return rendered
