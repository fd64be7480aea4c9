"""The builder's form: a rubric as fields, in and out. Parsing only; whether it can be used is asked of `spec.mistakes`.

Fields are numbered by section and line (`text-2-1`). A section or line whose words are empty is left out, so a line is taken away
by emptying it, and the last, empty one of each section is how one is added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.datastructures import MultiValueDict

from apps.analysis.opinions import Topic
from apps.reviews.spec import (
    MOST_LINES,
    MOST_SECTIONS,
    Fails,
    LineSpec,
    RubricSpec,
    Scale,
    SectionSpec,
    Weighing,
    key_of,
    section_weight,
)


@dataclass(frozen=True, slots=True)
class LineFields:
    """One line as the builder shows it. `place` is the number its fields end in."""

    place: str
    line: LineSpec
    is_new: bool = False

    @property
    def causes(self) -> str:
        """The causes, a line each."""
        return "\n".join(self.line.causes)

    @property
    def shown_at(self) -> str:
        """The marks at which it is asked."""
        return ", ".join(map(str, self.line.shown_at))


@dataclass(frozen=True, slots=True)
class SectionFields:
    """One section as the builder shows it; the last line of `lines` is the empty one."""

    place: int
    name: str
    weight: int
    total: int
    lines: Sequence[LineFields]


_EMPTY = LineSpec(key="", text="")


def fields_of(spec: RubricSpec) -> list[SectionFields]:
    """Lay a rubric out, with an empty line in each section and an empty section at the end."""
    found = [
        SectionFields(
            place, section.name, section.weight, section_weight(spec, section),
            [*(LineFields(f"{place}-{n}", line) for n, line in enumerate(section.lines, 1)),
             LineFields(f"{place}-{len(section.lines) + 1}", _EMPTY, is_new=True)],
        )
        for place, section in enumerate(spec.sections, 1)
    ]  # fmt: skip
    place = len(found) + 1
    return [*found, SectionFields(place, "", 0, 0, [LineFields(f"{place}-1", _EMPTY, is_new=True)])]


def posted_spec(data: MultiValueDict[str, str]) -> RubricSpec:
    """Read a posted builder. Choices that there are not stand for the usual one; numbers that are none for nought."""
    keys: list[str] = []
    sections = []
    for place in range(1, MOST_SECTIONS + 2):
        lines = [
            _line(data, f"{place}-{n}", keys)
            for n in range(1, MOST_LINES + 2)
            if data.get(f"text-{place}-{n}", "").strip()
        ]
        name = data.get(f"name-{place}", "").strip()[:80]
        if name or lines:
            sections.append(SectionSpec(name=name, weight=_number(data, f"section-weight-{place}"), lines=tuple(lines)))
    weighing = data.get("weighing", "")
    return RubricSpec(
        sections=tuple(sections), weighing=Weighing(weighing) if weighing in Weighing.values else Weighing.LINES
    )


def _line(data: MultiValueDict[str, str], place: str, keys: list[str]) -> LineSpec:
    def word(name: str, most: int = 2000) -> str:
        return " ".join(data.get(f"{name}-{place}", "").split())[:most]

    text = word("text", 160)
    key = word("key", 40) or key_of(text, keys)
    keys.append(key)
    scale, fails, reading = word("scale"), word("fails"), word("reading")
    causes = [" ".join(one.split())[:60] for one in data.get(f"causes-{place}", "").splitlines()]
    return LineSpec(
        key=key, text=text, scale=Scale(scale) if scale in Scale.values else Scale.FOUR, weight=_number(data, f"weight-{place}"),
        may_be_na=bool(data.get(f"may-be-na-{place}")), fails=Fails(fails) if fails in Fails.values else Fails.NOTHING,
        shown_if=word("shown-if", 40), shown_at=tuple(int(n) for n in re.findall(r"\d", word("shown-at"))),
        causes=tuple(dict.fromkeys(one for one in causes if one)), guidance=word("guidance"), good_example=word("good-example"),
        reading=Topic(reading) if reading in Topic.values else None,
    )  # fmt: skip


def _number(data: MultiValueDict[str, str], name: str) -> int:
    text = data.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
