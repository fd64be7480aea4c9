"""A review as a sheet: its sections and lines with what was marked, for who fills it in and for who reads it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.interactions.quotes import Quote
from apps.reviews.drafts import Entries, Entry, answers
from apps.reviews.scoring import Score, is_low, score
from apps.reviews.spec import Fails, LineSpec, RubricSpec, Scale, section_weight

# Keys of a scale's steps. Those of two steps are letters, so that no digit means two things.
_LETTERS = {1: "F", 2: "P"}
NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a line."""

    value: str
    key: str
    word: str
    is_chosen: bool
    # "crit", "warn" or nothing: how a chosen one is drawn.
    tone: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause that a low mark may have."""

    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would be marked of one line. `word` is empty where nothing is suggested, and `why` says why not."""

    key: str
    step: int | None
    word: str
    why: str
    # Places of the messages that show it, as the transcript numbers them.
    messages: tuple[int, ...]
    model: str
    version: int

    @property
    def face(self) -> str:
        """How it is drawn: a suggestion, or that there is none."""
        return "empty" if self.step is None else "filled"


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line. `number` is its place in the form, from 1."""

    number: int
    key: str
    text: str
    choices: Sequence[Choice]
    causes: Sequence[Cause]
    guidance: str
    good_example: str
    must_pass: str
    is_asked: bool
    is_low: bool
    entry: Entry
    word: str
    tone: str
    evidence: str
    quotes: Sequence[Quote] = ()
    # A reading suggests a mark of it, and this is whose turn it is: None before the reviewer's own mark is kept.
    reads: bool = False
    suggestion: Suggestion | None = None

    @property
    def cause_words(self) -> str:
        """The causes that were chosen, as words."""
        return ", ".join(self.entry.causes)


@dataclass(frozen=True, slots=True)
class SheetSection:
    """One heading."""

    name: str
    weight: int
    lines: Sequence[SheetLine]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole form."""

    sections: Sequence[SheetSection]
    score: Score
    # The form as `scoring.js` reads it.
    form: str = field(default="", repr=False)

    @property
    def current(self) -> int:
        """The number of the line one is at: the first that is asked and not marked, else the first that is asked; 0 with none."""
        asked = [line for section in self.sections for line in section.lines if line.is_asked]
        left = (line.number for line in asked if not any(choice.is_chosen for choice in line.choices))
        return next(left, asked[0].number if asked else 0)

    @property
    def whole(self) -> str:
        """The score so far as it is shown, a whole number; a dash for none."""
        return shown(self.score)


def shown(found: Score) -> str:
    """A score as a whole number, halves rounded up; a dash for none."""
    if found.score is None:
        return "–"
    return str((2 * found.score.numerator + found.score.denominator) // (2 * found.score.denominator))


def sheet(
    spec: RubricSpec, entries: Entries, *, quotes: Mapping[UUID, Quote] | None = None, suggestions: Mapping[str, Suggestion] | None = None
) -> Sheet:  # fmt: skip
    """Lay out what was marked. `quotes` are the messages that the reader may be shown as evidence, `suggestions` what machines
    would mark of the lines that are marked; None: no line has a place for one."""
    told = score(spec, answers(entries))
    words = quotes or {}
    numbers = {line.key: number for number, line in enumerate(spec.lines, 1)}
    return Sheet(
        sections=[
            SheetSection(
                section.name, section_weight(spec, section),
                [_line(numbers[x.key], x, entries.get(x.key, Entry()), told, words, suggestions) for x in section.lines],
            )
            for section in spec.sections
        ],
        score=told, form=json.dumps(_form(spec), separators=(",", ":")),
    )  # fmt: skip


def _line(
    number: int, line: LineSpec, entry: Entry, told: Score, quotes: Mapping[UUID, Quote], suggestions: Mapping[str, Suggestion] | None
) -> SheetLine:  # fmt: skip
    low = entry.step is not None and is_low(line.scale, entry.step)
    word = "Does not apply" if entry.is_na else "" if entry.step is None else line.scale.words[entry.step - 1]
    return SheetLine(
        number=number, key=line.key, text=line.text, choices=_choices(line, entry), causes=[Cause(x, x in entry.causes) for x in line.causes],
        guidance=line.guidance, good_example=line.good_example,
        must_pass={Fails.NOTHING: "", Fails.SECTION: "Must pass, for its section", Fails.REVIEW: "Must pass"}[line.fails],
        is_asked=line.key in told.asked, is_low=low, entry=entry, word=word, tone="" if entry.step is None else _tone(line.scale, entry.step),
        evidence=" ".join(map(str, entry.evidence)), quotes=[quotes[key] for key in entry.evidence if key in quotes],
        reads=suggestions is not None and line.reading is not None, suggestion=(suggestions or {}).get(line.key),
    )  # fmt: skip


def _choices(line: LineSpec, entry: Entry) -> list[Choice]:
    steps = range(1, line.scale.steps + 1)
    letters = line.scale == Scale.PASS_FAIL
    found = [
        Choice(str(step), _LETTERS[step] if letters else str(step), line.scale.words[step - 1], entry.step == step, _tone(line.scale, step))
        for step in (reversed(steps) if letters else steps)
    ]  # fmt: skip
    return [*found, Choice(NOT_APPLICABLE, "N", "N/A", entry.is_na, "")] if line.may_be_na else found


def _tone(scale: Scale, step: int) -> str:
    return "crit" if step == 1 else "warn" if is_low(scale, step) else ""


def _form(spec: RubricSpec) -> dict[str, object]:
    return {
        "weighing": spec.weighing.value,
        "sections": [
            {
                "weight": s.weight,
                "lines": [
                    {
                        "key": x.key, "steps": x.scale.steps, "weight": x.weight, "fails": x.fails.value, "shownIf": x.shown_if,
                        "shownAt": list(x.shown_at),
                    }
                    for x in s.lines
                ],
            }
            for s in spec.sections
        ],
    }  # fmt: skip
