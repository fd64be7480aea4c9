"""What a reading of one message is: a label, how sure, by which model, and the words that decided it."""

from __future__ import annotations

from dataclasses import dataclass

NOT_ANALYSED = "not_analysed"


@dataclass(frozen=True, slots=True)
class Clue:
    """Words that spoke for the label or against it: their place in the masked text, and how strongly (less than 0: against)."""

    start: int
    end: int
    weight: float
    # What they are a mark of, where a reading knows several: an apology, a promise.
    name: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One reading of one text. `score` and `confidence` are None where nothing was analysed: never neutral."""

    part: str
    label: str
    score: float | None
    confidence: float | None
    model: str
    version: int
    clues: tuple[Clue, ...] = ()
