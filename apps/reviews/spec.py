"""What a rubric says, apart from any row: sections, lines, scales, weights and conditions, and what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import TextChoices

from apps.analysis.opinions import Topic

WHOLE = 100
MOST_SECTIONS = 12
MOST_LINES = 40
MOST_CAUSES = 8
LONGEST_KEY, LONGEST_NAME, LONGEST_TEXT, LONGEST_CAUSE = 40, 80, 160, 60
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Family(TextChoices):
    """Whose work a rubric is for. People and AI agents are never scored by one rubric."""

    PEOPLE = "people", "People"
    AI = "ai", "AI agents"


class Scale(TextChoices):
    """In how many steps a line is marked. Steps are numbered from 1, the lowest."""

    PASS_FAIL = "pass_fail", "Pass or fail"
    THREE = "three", "3 points"
    FOUR = "four", "4 points"
    FIVE = "five", "5 points"

    @property
    def words(self) -> tuple[str, ...]:
        """Each step in a word, lowest first."""
        return _WORDS[self]

    @property
    def steps(self) -> int:
        """How many there are."""
        return len(_WORDS[self])


_WORDS = {
    Scale.PASS_FAIL: ("Fail", "Pass"),
    Scale.THREE: ("Missed", "Partly", "Met"),
    Scale.FOUR: ("Missed", "Partly", "Met", "Strong"),
    Scale.FIVE: ("Missed", "Mostly missed", "Partly", "Met", "Strong"),
}


class Fails(TextChoices):
    """What a mark under the middle of its scale brings down with it: nothing, its section, or the whole review."""

    NOTHING = "", "nothing"
    SECTION = "section", "its section"
    REVIEW = "review", "the whole review"


class Weighing(TextChoices):
    """What carries the weights that add up to 100."""

    LINES = "lines", "each line"
    SECTIONS = "sections", "each section; its lines count alike"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """One thing that is looked for.

    `key` names the line through all versions. `shown_if` is the key of an earlier line: this one is only asked when that
    one was marked with one of `shown_at`.
    """

    key: str
    text: str
    scale: Scale = Scale.FOUR
    weight: int = 0
    may_be_na: bool = True
    fails: Fails = Fails.NOTHING
    shown_if: str = ""
    shown_at: tuple[int, ...] = ()
    causes: tuple[str, ...] = ()
    guidance: str = ""
    good_example: str = ""
    # Which reading suggests a mark; none: nobody but a person says anything about it.
    reading: Topic | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSpec:
    """Lines under one heading. `weight` is used where sections carry the weights."""

    name: str
    lines: tuple[LineSpec, ...]
    weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricSpec:
    """A whole rubric."""

    sections: tuple[SectionSpec, ...]
    weighing: Weighing = Weighing.LINES
    lines: tuple[LineSpec, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(line for section in self.sections for line in section.lines))


def section_weight(spec: RubricSpec, section: SectionSpec) -> int:
    """The part of 100 that a section stands for, whichever way the rubric weighs."""
    if spec.weighing == Weighing.SECTIONS:
        return section.weight
    return sum(line.weight for line in section.lines)


def key_of(text: str, taken: Sequence[str] = ()) -> str:
    """A key for a new line, made from its text; none that is `taken`."""
    plain = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[: LONGEST_KEY - 3].strip("-") or "line"
    found, n = plain, 2
    while found in taken:
        found, n = f"{plain}-{n}", n + 1
    return found


def mistakes(spec: RubricSpec) -> Iterator[str]:
    """Say what keeps a rubric from being used: what was seen, what was expected."""
    if not 0 < len(spec.sections) <= MOST_SECTIONS:
        yield f"Saw {len(spec.sections)} sections. Expected 1 to {MOST_SECTIONS}."
    if not 0 < len(spec.lines) <= MOST_LINES:
        yield f"Saw {len(spec.lines)} lines. Expected 1 to {MOST_LINES}."
    yield from _weights(spec)
    earlier: dict[str, LineSpec] = {}
    for section in spec.sections:
        if not section.name.strip():
            yield "A section has no name."
        if len(section.name) > LONGEST_NAME:
            yield f"Saw a section's name of {len(section.name)} characters. Expected at most {LONGEST_NAME}."
        if not section.lines:
            yield f"“{section.name}” has no line. Add one, or leave the section out."
        for line in section.lines:
            yield from _line(line, earlier)
            earlier[line.key] = line


def _weights(spec: RubricSpec) -> Iterator[str]:
    for name, weight in [*((s.name, s.weight) for s in spec.sections), *((x.text, x.weight) for x in spec.lines)]:
        if not 0 <= weight <= WHOLE:
            yield f"Saw the weight {weight} at “{name}”. Expected a whole number from 0 to {WHOLE}."
    total = sum(section_weight(spec, section) for section in spec.sections)
    if total != WHOLE:
        what = "sections" if spec.weighing == Weighing.SECTIONS else "lines"
        short = WHOLE - total
        do = f"Give {short} more" if short > 0 else f"Take {-short} away"
        yield f"The weights of the {what} add up to {total}. Expected {WHOLE}. {do}."


def _line(line: LineSpec, earlier: dict[str, LineSpec]) -> Iterator[str]:
    name = line.text.strip() or "a line without words"
    if not line.text.strip():
        yield "A line has no words."
    if not _KEY.fullmatch(line.key) or len(line.key) > LONGEST_KEY:
        yield f"Saw the key “{line.key}” at “{name}”. Expected small letters, digits and hyphens, at most {LONGEST_KEY}."
    if len(line.text) > LONGEST_TEXT:
        yield f"Saw {len(line.text)} characters at “{name[:40]}…”. Expected at most {LONGEST_TEXT}; guidance may say more."
    if any(len(cause) > LONGEST_CAUSE for cause in line.causes):
        yield f"A cause at “{name}” is too long. Expected at most {LONGEST_CAUSE} characters."
    if line.key in earlier:
        yield f"Two lines have the key “{line.key}”. Each needs its own."
    if len(line.causes) > MOST_CAUSES:
        yield f"Saw {len(line.causes)} causes at “{name}”. Expected at most {MOST_CAUSES}."
    if line.shown_if:
        on = earlier.get(line.shown_if)
        if on is None:
            yield f"“{name}” is asked depending on “{line.shown_if}”, and no earlier line is called that."
        elif not line.shown_at or not all(1 <= step <= on.scale.steps for step in line.shown_at):
            yield f"“{name}” is asked depending on “{on.text}”, at marks it cannot have. Choose from 1 to {on.scale.steps}."
    elif line.shown_at:
        yield f"“{name}” names marks at which it is asked, and no line that has them."
