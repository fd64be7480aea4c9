"""One card number in several messages: what each of them has of it, as sums from which no figure can be told."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apps.access.detectors import DOUBLED
from apps.access.plain_text import Span

# Figures in groups at the beginning and at the end of a text, which the next or the last message may go on with.
_RUN = r"\d(?:[ -]?\d){2,15}"
_LEADS = re.compile(rf"\W{{0,3}}({_RUN})(?!\w)")
_TRAILS = re.compile(rf"(?<!\w)({_RUN})\W{{0,3}}\Z")
# Among so many signs is the last figure of those that a text ends with.
_NEAR_THE_END = 4
# How many figures a run has, in one sign: as in hexadecimal, and g for sixteen.
_COUNTS = "0123456789abcdefg"
# Of the first part what it ends with, of the last what it begins with; one in the middle is nothing else.
_FIRST, _MIDDLE, _LAST = (re.compile(rf"[{signs}](\w{{3}})") for signs in ("=>", "=", "=<"))
_FEWEST, _MOST = 13, 19
# Said of a customer's message that answers nothing: its figures and those of its neighbours are one card number. Of one that answers
# something it is said by small letters, so that both fit where the answer alone did.
_PART = "+"


def as_part(asked: str) -> str:
    """Return what is said of a message that answers this and holds a part of a number told in several."""
    return asked.lower() or _PART


def told_apart(asked: str) -> tuple[str, bool]:
    """Return what a message answers, and whether it holds a part of a number told in several."""
    return ("", True) if asked == _PART else (asked.upper(), asked.islower())


def runs_in(view: str) -> list[Span]:
    """Return where the figures stand that a text begins with, and those it ends with."""
    return [found.span(1) for found in (_LEADS.match(view), _TRAILS.search(view)) if found is not None]


def figures_in(view: str) -> str:
    """Return what a text has of a number that goes on in the next one, or was begun in the last one; empty where nothing.

    "<" the figures it begins with, ">" those it ends with, "=" where it is nothing else; each with how many they are and the two
    sums of Luhn's formula, with the last figure as it is and doubled. Of 3 to 16 figures.
    """
    lead = _LEADS.match(view)
    # Most texts do not end with figures, and that is seen sooner than searched for.
    trail = _TRAILS.search(view) if any(map(str.isdigit, view[-_NEAR_THE_END:])) else None
    if lead is not None and trail is not None and lead.span(1) == trail.span(1):
        return "=" + _sums(lead[1])
    return "".join(mark + _sums(run[1]) for mark, run in (("<", lead), (">", trail)) if run is not None)


def _sums(run: str) -> str:
    figures = [int(sign) for sign in reversed(run) if sign.isdigit()]
    plain = sum(DOUBLED[figure] if n % 2 else figure for n, figure in enumerate(figures))
    doubled = sum(figure if n % 2 else DOUBLED[figure] for n, figure in enumerate(figures))
    return f"{_COUNTS[len(figures)]}{plain % 10}{doubled % 10}"


def is_card(parts: Sequence[str]) -> bool:
    """Say whether figures of two or more messages that follow each other, as `figures_in` tells of each, are one card number."""
    marks = [_FIRST, *[_MIDDLE] * (len(parts) - 2), _LAST]
    count = total = 0
    # From the last figure on: an odd number of figures behind a run turns around which of its own are doubled.
    for mark, part in zip(reversed(marks), reversed(parts), strict=True):
        run = mark.search(part)
        if run is None:
            return False
        total += int(run[1][1 + count % 2])
        count += _COUNTS.index(run[1][0])
    return _FEWEST <= count <= _MOST and total % 10 == 0
