"""How much personal data is found in marked texts, and how much of what is taken out was none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from apps.access.masking import Claim
from apps.access.training.labelled import Marked

# Of these none may stay.
MUST_GO = ("CARD", "SSN", "EMAIL", "IBAN", "PHONE")
# A value counts as taken out when so much of its letters and digits is.
WHOLE = 0.9
# What was taken out counts as right when so much of it is personal data.
MOSTLY = 0.5


@dataclass(slots=True)
class Found:
    """Values that are there, values that were taken out whole, and what was taken out rightly and wrongly; by kind."""

    there: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    right: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        """The share of the values that were taken out."""
        return self.whole.total() / max(1, self.there.total())

    @property
    def precision(self) -> float:
        """The share of what was taken out that was personal data."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def f2(self) -> float:
        """Both in one, recall counting four times as much."""
        return 5 * self.precision * self.recall / max(1e-9, 4 * self.precision + self.recall)

    def leaked(self, *kinds: str) -> int:
        """How many values of these kinds stayed."""
        return sum(self.there[kind] - self.whole[kind] for kind in kinds)


def measure(marked: Iterable[Marked], spans_of: Callable[[str], Sequence[Claim]]) -> Found:
    """Count over marked texts. What lies mostly where a mask is neither right nor wrong is not counted."""
    found = Found()
    for one in marked:
        taken = spans_of(one.text)
        hidden = {n for start, end, _ in taken for n in range(start, end)}
        personal = {n for start, end, _ in one.spans for n in range(start, end)}
        either = {n for start, end in one.either for n in range(start, end)}
        for start, end, kind in one.spans:
            places = _signs(one.text, start, end)
            found.there[kind] += 1
            found.whole[kind] += sum(n in hidden for n in places) >= WHOLE * len(places)
        for start, end, _ in taken:
            places = _signs(one.text, start, end)
            if sum(n in personal for n in places) >= MOSTLY * len(places):
                found.right += 1
            elif sum(n in either for n in places) < MOSTLY * len(places):
                found.wrong += 1
    return found


def _signs(text: str, start: int, end: int) -> list[int]:
    return [n for n in range(start, end) if text[n].isalnum()] or [start]
