"""What one version of a rubric says otherwise than another. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from apps.reviews.spec import LineSpec, RubricSpec, section_weight

_WORDS = {
    "text": "words", "scale": "scale", "weight": "weight", "may_be_na": "may not apply", "fails": "fails", "shown_if": "asked if",
    "shown_at": "asked at", "causes": "causes", "guidance": "guidance", "good_example": "good example",
    "reading": "suggested by",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `before` and `after` are None where there is none: a line that is new, or gone."""

    where: str
    what: str
    before: str | None
    after: str | None


def differences(before: RubricSpec, after: RubricSpec) -> list[Difference]:
    """Return all that differs, in the order of the newer version, what is gone last."""
    found: list[Difference] = []
    if before.weighing != after.weighing:
        found.append(Difference("", "weighed by", before.weighing.label, after.weighing.label))
    found += _sections(before, after)
    old, new = ({line.key: line for line in spec.lines} for spec in (before, after))
    home_before, home_after = ({x.key: s.name for s in spec.sections for x in s.lines} for spec in (before, after))
    for key, line in new.items():
        if key not in old:
            found.append(Difference(home_after[key], "line", None, line.text))
            continue
        found += _line(old[key], line)
        if home_before[key] != home_after[key]:
            found.append(Difference(line.text, "section", home_before[key], home_after[key]))
    if [key for key in old if key in new] != [key for key in new if key in old]:
        found.append(Difference("", "order of lines", _numbered(old, new), _numbered(new, old)))
    found += [Difference(home_before[key], "line", line.text, None) for key, line in old.items() if key not in new]
    return found


def _numbered(lines: dict[str, LineSpec], other: dict[str, LineSpec]) -> str:
    return ", ".join(line.text for key, line in lines.items() if key in other)


def _sections(before: RubricSpec, after: RubricSpec) -> Iterator[Difference]:
    old, new = ({s.name: section_weight(spec, s) for s in spec.sections} for spec in (before, after))
    for name, weight in new.items():
        if name not in old:
            yield Difference("", "section", None, f"{name}, {weight} %")
        elif old[name] != weight:
            yield Difference(name, "weight", f"{old[name]} %", f"{weight} %")
    for name, weight in old.items():
        if name not in new:
            yield Difference("", "section", f"{name}, {weight} %", None)


def _line(before: LineSpec, after: LineSpec) -> Iterator[Difference]:
    for one in fields(LineSpec):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if one.name != "key" and old != new:
            yield Difference(after.text, _WORDS[one.name], _said(old), _said(new))


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(getattr(value, "label", value)) or "none"
