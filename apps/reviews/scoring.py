"""From marks to a score. Pure, and exact: scores are fractions until somebody writes them.

Formulas are those of METRICS.md, section 5, whose sources are what Zendesk QA and Amazon Connect publish. `static/js/
components/scoring.js` says the same in the browser, while a reviewer marks; `tests/reviews` hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from apps.reviews.spec import WHOLE, Fails, LineSpec, RubricSpec, Scale, SectionSpec, Weighing

# The step a line was marked with; None: it does not apply. A line that is not in it is not marked yet.
Answers = Mapping[str, int | None]
HALF = Fraction(WHOLE, 2)


def line_score(scale: Scale, step: int) -> Fraction:
    """A mark as a part of 100: (step − lowest) ÷ (highest − lowest) × 100 (Zendesk QA, category score).

    :raises ValueError: the scale has no such step.
    """
    if not 1 <= step <= scale.steps:
        raise ValueError(f"Saw the mark {step}. Expected 1 to {scale.steps}.")
    return Fraction((step - 1) * WHOLE, scale.steps - 1)


def is_low(scale: Scale, step: int) -> bool:
    """Whether a mark lies under the middle of its scale: it asks for a cause and for evidence, and fails a must-pass line."""
    return line_score(scale, step) < HALF


@dataclass(frozen=True, slots=True)
class SectionScore:
    """One section. `score` is None when none of its lines counts; `raw` is without what failed."""

    name: str
    score: Fraction | None
    raw: Fraction | None
    is_failed: bool


@dataclass(frozen=True, slots=True)
class Score:
    """A whole review, of what is marked so far.

    `score` is None when no line with a weight is marked. `raw` is what it would be had no must-pass line failed. `failed` are the keys of
    must-pass lines that failed, `asked` those of the lines that are to be marked, `left` how many of them are not.
    """

    score: Fraction | None
    raw: Fraction | None
    sections: tuple[SectionScore, ...]
    failed: tuple[str, ...]
    asked: tuple[str, ...]
    left: int

    @property
    def is_complete(self) -> bool:
        """Every line that is asked is marked."""
        return self.left == 0

    @property
    def is_failed(self) -> bool:
        """A must-pass line failed; the flag rises to the review from wherever it is (Amazon Connect, automatic fail)."""
        return bool(self.failed)


def asked(lines: Sequence[LineSpec], answers: Answers) -> tuple[LineSpec, ...]:
    """The lines that are to be marked: those without a condition, and those whose condition holds.

    A line that depends on one which is not asked itself is not asked either, whatever was once marked there.
    """
    found: dict[str, LineSpec] = {}
    for line in lines:
        if not line.shown_if or (line.shown_if in found and answers.get(line.shown_if) in line.shown_at):
            found[line.key] = line
    return tuple(found.values())


def score(spec: RubricSpec, answers: Answers) -> Score:
    """Score what is marked so far.

    Lines that do not apply, are not asked or not marked yet leave the denominator. A must-pass line under the middle of its
    scale makes its section or the review nought.

    :raises ValueError: a mark that its scale does not have.
    """
    visible = {line.key for line in asked(spec.lines, answers)}
    marked = {
        line.key: line_score(line.scale, step)
        for line in spec.lines
        if line.key in visible and (step := answers.get(line.key)) is not None
    }
    failed = tuple(x.key for x in spec.lines if x.fails != Fails.NOTHING and marked.get(x.key, HALF) < HALF)
    sections = tuple(_section(spec, section, marked, failed) for section in spec.sections)
    by_section = list(zip(spec.sections, sections, strict=True))
    weights = [_weight(spec, section, marked) for section in spec.sections]
    raw = _mean([(one.raw, weight) for (_, one), weight in zip(by_section, weights, strict=True)])
    told = _mean([(one.score, weight) for (_, one), weight in zip(by_section, weights, strict=True)])
    if any(line.key in failed and line.fails == Fails.REVIEW for line in spec.lines):
        told = Fraction(0)
    return Score(
        score=told, raw=raw, sections=sections, failed=failed, asked=tuple(x.key for x in spec.lines if x.key in visible),
        left=len([key for key in visible if key not in answers]),
    )  # fmt: skip


def _section(
    spec: RubricSpec, section: SectionSpec, marked: Mapping[str, Fraction], failed: tuple[str, ...]
) -> SectionScore:
    alike = spec.weighing == Weighing.SECTIONS
    raw = _mean([(marked[x.key], 1 if alike else x.weight) for x in section.lines if x.key in marked])
    fell = [line for line in section.lines if line.key in failed]
    down = any(line.fails == Fails.SECTION for line in fell)
    return SectionScore(section.name, Fraction(0) if down and raw is not None else raw, raw, bool(fell))


def _weight(spec: RubricSpec, section: SectionSpec, marked: Mapping[str, Fraction]) -> int:
    """What a section weighs in this review: all of it where sections are weighed, else what its marked lines weigh."""
    if spec.weighing == Weighing.SECTIONS:
        return section.weight
    return sum(line.weight for line in section.lines if line.key in marked)


def _mean(parts: Sequence[tuple[Fraction | None, int]]) -> Fraction | None:
    counted = [(value, weight) for value, weight in parts if value is not None]
    whole = sum(weight for _, weight in counted)
    return None if whole == 0 else sum((value * weight for value, weight in counted), Fraction(0)) / whole


def stored(value: Fraction | None) -> Decimal | None:
    """A score as a row keeps it: two decimals, halves rounded up."""
    if value is None:
        return None
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)
