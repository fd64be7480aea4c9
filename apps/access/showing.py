"""What a role is shown of a masked text: the one function behind every page, region, list and preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.access.masking import PLACEHOLDER
from apps.access.policy import OPENERS, Level, Rules, level_of
from apps.access.roles import Role
from apps.ui.masked import Chip, MaskedText


@dataclass(frozen=True, slots=True)
class Held:
    """A value that lies sealed: what may be seen of it beforehand, and how it is opened."""

    hint: str
    open: Callable[[], str]


NOTHING: Mapping[tuple[str, int], Held] = {}


def shown(
    text: str, *, rules: Rules, role: Role, held: Mapping[tuple[str, int], Held] = NOTHING,
    href: Callable[[str, int], str] | None = None, key: str = "",
) -> MaskedText:  # fmt: skip
    """Return a text as the table says the role is shown it; a value is opened only where the level is "shown".

    `href` says where a value is opened, on a page that can do that. What is not in `held` stays a bare placeholder.
    """
    pieces: list[str | Chip] = []
    # Two capturing groups: the text between placeholders, then kind and number, in turn.
    parts = PLACEHOLDER.split(text)
    for place in range(0, len(parts), 3):
        pieces.append(parts[place])
        if place + 2 < len(parts):
            kind, number = parts[place + 1], int(parts[place + 2])
            pieces.append(_chip(kind, number, level_of(rules, role, kind), held.get((kind, number)), href, key))
    return MaskedText(text, pieces)


def _chip(
    kind: str, number: int, level: Level, held: Held | None, href: Callable[[str, int], str] | None, key: str
) -> Chip:
    label = f"{kind} {number}"
    if level == Level.HIDDEN:
        return Chip(label)
    if level == Level.SHOWN and held is not None:
        return Chip(label, value=held.open())
    hint = held.hint if held is not None and level == Level.PARTLY else ""
    return Chip(
        label, hint=hint, href=href(kind, number) if href is not None else "", key=f"{key} {label}" if key else ""
    )


def kinds_at(rules: Rules, role: Role, *levels: Level) -> list[str]:
    """The kinds of which a role is shown something at these levels."""
    return [kind for kind in rules.get(role, {}) if level_of(rules, role, kind) in levels] if role in OPENERS else []


def values_in(*texts: str) -> int:
    """How many values stand in texts because the table shows them: what the audit counts."""
    return sum(isinstance(one, Chip) and bool(one.value) for text in texts for one in getattr(text, "pieces", ()))
