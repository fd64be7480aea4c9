"""What comes back from a reviewer's form, held against the version it was begun with. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.reviews.scoring import Answers, asked, is_low
from apps.reviews.spec import LineSpec, RubricSpec

MOST_POINTS = 2
LONGEST_NOTE = 400
LONGEST_COMMENT = 200
MOST_EVIDENCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a reviewer says about one line: a step, or that it does not apply, or nothing yet; and what shows it."""

    step: int | None = None
    is_na: bool = False
    causes: tuple[str, ...] = ()
    evidence: tuple[UUID, ...] = ()
    comment: str = ""

    @property
    def is_set(self) -> bool:
        """It is marked."""
        return self.is_na or self.step is not None


Entries = Mapping[str, Entry]


def answers(entries: Entries) -> Answers:
    """The entries that are marked, as they are scored."""
    return {key: one.step for key, one in entries.items() if one.is_set}


def points(note: str) -> list[str]:
    """The points of a note: its lines that say something."""
    return [line.strip() for line in note.splitlines() if line.strip()]


def mistakes(spec: RubricSpec, entries: Entries, *, said: Collection[UUID]) -> list[str]:
    """Say what cannot be kept at all: an unknown line, a step that the scale has not, a cause or message that there is not.

    `said` are the keys of the conversation's messages.
    """
    lines = {line.key: line for line in spec.lines}
    found = [f"This form has no line “{key[:40]}”." for key in entries if key not in lines]
    for key, one in entries.items():
        if key in lines:
            found += _of_line(lines[key], one, said)
    return found


def _of_line(line: LineSpec, one: Entry, said: Collection[UUID]) -> list[str]:
    found = []
    if one.step is not None and (one.is_na or not 1 <= one.step <= line.scale.steps):
        found.append(f"“{line.text}” cannot be marked {one.step}. Choose from 1 to {line.scale.steps}.")
    if one.is_na and not line.may_be_na:
        found.append(f"“{line.text}” always applies.")
    if set(one.causes) - set(line.causes):
        found.append(f"“{line.text}” does not know this cause. Choose from those it lists.")
    if set(one.evidence) - set(said):
        found.append(f"“{line.text}” names a message that is not in this conversation.")
    if len(one.evidence) > MOST_EVIDENCE:
        found.append(f"Saw {len(one.evidence)} messages at “{line.text}”. Expected at most {MOST_EVIDENCE}.")
    if len(one.comment) > LONGEST_COMMENT:
        found.append(f"Saw {len(one.comment)} characters at “{line.text}”. Expected at most {LONGEST_COMMENT}.")
    return found


def note_mistakes(note: str) -> list[str]:
    """Say what is wrong with a note to an agent: more than two points are none (METRICS.md, section 7)."""
    found = []
    if len(points(note)) > MOST_POINTS:
        found.append(f"Saw {len(points(note))} points in the note. Expected at most {MOST_POINTS}, a line each.")
    if len(note) > LONGEST_NOTE:
        found.append(f"Saw {len(note)} characters in the note. Expected at most {LONGEST_NOTE}.")
    return found


def missing(spec: RubricSpec, entries: Entries) -> list[str]:
    """Say what a review lacks before it may be submitted, in the order of its lines."""
    found = []
    for line in asked(spec.lines, answers(entries)):
        one = entries.get(line.key, Entry())
        if not one.is_set:
            found.append(f"“{line.text}” is not marked yet.")
        elif one.step is not None and is_low(line.scale, one.step):
            if not one.evidence:
                found.append(
                    f"“{line.text}” is marked {line.scale.words[one.step - 1]}: name the message that shows it."
                )
            if line.causes and not one.causes:
                found.append(f"“{line.text}” is marked {line.scale.words[one.step - 1]}: say why it was so.")
    return found
