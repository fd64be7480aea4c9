"""An invented message with one value of every kind, as each role would be shown it: what an admin sees before saving."""

from __future__ import annotations

from functools import cache

from apps.access.masking import Found, Known, mask
from apps.access.policy import Rules
from apps.access.roles import Role
from apps.access.showing import Held, shown
from apps.ui.masked import MaskedText

# Admins read no conversations, so the sample is nobody's.
_LINES = (
    "This is Anna Berg, my card is 4111 1111 1111 1111 and my IBAN DE89 3704 0044 0532 0130 00.",
    "Order number 84-2213-77, account number 30177429. Write to anna.berg@example.test or call +44 20 7946 0958.",
    "I live at 14 Harbour Street, London. I was born on 4 March 1988. My IP is 203.0.113.9.",
    "My password is hunter2x, the code is 482913, the key sk_test_4eC39HqLyjWDarjtT1zdp7dc. My passport number is 533380006.",
    "The bot called it [card 1].",
)
_KNOWN = Known(names=("Anna Berg",))


@cache
def masked() -> tuple[tuple[str, ...], tuple[Found, ...]]:
    """The lines as they would be stored, and what would be sealed."""
    found: tuple[Found, ...] = ()
    texts = []
    for line in _LINES:
        made = mask(text=line, known=_KNOWN, among=found)
        found = made.found
        texts.append(made.text)
    return tuple(texts), found


def _held(one: Found) -> Held:
    return Held(one.hint, lambda: one.value)


def preview(*, rules: Rules, role: Role) -> list[MaskedText]:
    """The sample as the table shows it to a role, through the function that every screen uses."""
    texts, found = masked()
    held = {(one.kind, one.number): _held(one) for one in found}
    return [shown(text, rules=rules, role=role, held=held) for text in texts]
