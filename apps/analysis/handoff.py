"""How well an AI agent's hand-off went for the customer: one score whose parts are shown, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.analysis import repeat

PART = "handoff"
VERSION = 3
# A first human reply within so many seconds is in time; after so many it counts nothing.
IN_TIME_SECONDS, LOST_SECONDS = 60, 600
# What each part weighs, the surest first: a value given again is exact, likeness of texts is a guess.
WEIGHTS = {"given again": 0.3, "context": 0.25, "repeated": 0.2, "reply": 0.15, "complaint": 0.1}


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one hand-off. Texts are masked, oldest first."""

    said_before: Sequence[str]
    said_after: Sequence[str]
    # Kinds of the values that the customer gave before it and again after it.
    given_again: Sequence[str]
    has_context: bool
    # None while nobody has answered.
    reply_seconds: float | None
    # Kinds of values that somebody of ours asked for after it, although the customer had given one before it.
    asked_again: Sequence[str] = ()
    # Whether each of what was said after it says again what was said before, as it was read and stored; None, or too few of them:
    # it is read here, by words alone.
    repeats: Sequence[bool | None] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: from 0 (bad) to 1 (good), None where it cannot be said yet, and why in words."""

    name: str
    value: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Quality:
    """The score from 0 to 1, None where no part can be said, and its parts in the order of their weight."""

    score: float | None
    parts: tuple[Part, ...]


def quality_of(about: About) -> Quality:
    """Score one hand-off. Parts that cannot be said yet are left out, and the others count for them."""
    after = about.said_after[: repeat.FIRST_AFTER]
    said_again = next((text for n, text in enumerate(after) if _is_again(about, n)), None)
    complaint = next((text[slice(*place)] for text in after if (place := repeat.complaint_in(text)) is not None), None)
    is_heard = bool(after)
    again = [
        f"{what}: {', '.join(kinds)}"
        for what, kinds in (("asked again", about.asked_again), ("gave again", about.given_again)) if kinds
    ]  # fmt: skip
    parts = (
        Part("given again", None if not is_heard and not about.asked_again else float(not again),
             "; ".join(again) or "no value was given again"),
        Part("context", float(about.has_context), "a summary or values were passed" if about.has_context else "no context was passed"),
        Part("repeated", None if not is_heard else float(said_again is None),
             f"said again: “{_short(said_again)}”" if said_again else "nothing was said again"),
        Part("reply", _promptness(about.reply_seconds), "first human reply" if about.reply_seconds is not None else "no human reply yet"),
        Part("complaint", None if not is_heard else float(complaint is None),
             f"complained: “{complaint}”" if complaint else "no complaint of repeating"),
    )  # fmt: skip
    known = [(WEIGHTS[part.name], part.value) for part in parts if part.value is not None]
    whole = sum(weight for weight, _ in known)
    return Quality(round(sum(w * v for w, v in known) / whole, 4) if whole and is_heard else None, parts)


def _is_again(about: About, n: int) -> bool:
    known = about.repeats[n] if n < len(about.repeats) else None
    return repeat.read(about.said_after[n], about.said_before).label == repeat.REPEATED if known is None else known


def _promptness(seconds: float | None) -> float | None:
    if seconds is None:
        return None
    return min(1.0, max(0.0, (LOST_SECONDS - seconds) / (LOST_SECONDS - IN_TIME_SECONDS)))


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
