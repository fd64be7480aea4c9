"""A masked text as somebody is shown it: a string with its placeholders, and what is drawn in the place of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chip:
    """What stands in the place of a value."""

    label: str  # "card 1"
    hint: str = ""  # its last signs
    value: str = ""  # shown without being asked for
    href: str = ""  # where it is opened
    key: str = ""  # by which the page finds it


class MaskedText(str):
    """The text with placeholders, which is what everything but the tags that draw it see; `part` has the chips of a part."""

    __slots__ = ("pieces",)
    pieces: Sequence[str | Chip]

    def __new__(cls, text: str, pieces: Sequence[str | Chip]) -> MaskedText:
        made = super().__new__(cls, text)
        made.pieces = pieces
        return made

    def part(self, text: str) -> MaskedText:
        """A part of it as another reader of the text cut it out, such as one line, with the same chips."""
        chips = {f"[{one.label}]": one for one in self.pieces if isinstance(one, Chip)}
        if not chips:
            return MaskedText(text, [text])
        # A capturing group makes split hand back the placeholders at the odd places.
        found = re.split("(" + "|".join(map(re.escape, chips)) + ")", text)
        return MaskedText(text, [chips[piece] if place % 2 else piece for place, piece in enumerate(found)])
