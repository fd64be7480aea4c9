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
    # Of a reply of ours, beside what it must not hold: how much it is like texts that people called rude, and by which version
    # that was read. It only sorts.
    roughness: float | None = None
    roughness_version: int | None = None
