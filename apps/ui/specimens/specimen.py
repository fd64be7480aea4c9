"""One component in one face, with the arguments it is shown with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FACES = ("filled", "empty", "waiting", "stale", "refused")


@dataclass(frozen=True)
class Specimen:
    """One component in one face: the arguments it is included with."""

    component: str  # file name under templates/components, without .html
    face: str
    arguments: Mapping[str, Any]
    wrap: str = ""  # "list" puts it in a <ul>, "rows" in a table, "form" in a form, "narrow" in a column

    @property
    def template(self) -> str:
        """The template's path."""
        return f"components/{self.component}.html"


def in_every_face(
    component: str, arguments: Mapping[str, Any], *, emptied: tuple[str, ...], now: datetime
) -> list[Specimen]:
    """A region in its five faces; `emptied` are the arguments an empty region does not have."""
    specimens = []
    for face in FACES:
        kept = {name: value for name, value in arguments.items() if face in ("filled", "stale") or name not in emptied}
        specimens.append(
            Specimen(component, face, {**kept, "face": face, "now": now, "as_of": now - timedelta(minutes=15)})
        )
    return specimens
