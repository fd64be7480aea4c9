"""A rubric as a YAML document, out and in: `midshift-rubric/1`. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from apps.analysis.opinions import Topic
from apps.reviews.spec import Fails, Family, LineSpec, RubricSpec, Scale, SectionSpec, Weighing, key_of
from apps.shared.errors import Refusal

FORMAT = "midshift-rubric/1"
LARGEST = 100_000


class RubricUnreadable(Refusal):
    """The document is no rubric."""


class _Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    text: str
    key: str = ""
    scale: str = Scale.FOUR.value
    weight: int = 0
    may_be_na: bool = True
    fails: str = ""
    shown_if: str = ""
    shown_at: list[int] = []
    causes: list[str] = []
    guidance: str = ""
    good_example: str = ""
    reading: str = ""


class _Section(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: str
    lines: list[_Line]
    weight: int = 0


class _Document(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    format: str
    name: str
    family: str
    sections: list[_Section]
    weighing: str = Weighing.LINES.value


def written(*, name: str, family: str, spec: RubricSpec) -> str:
    """Return a rubric as a document. What is as usual is left out."""
    usual = {one.encode_name: one.default for one in msgspec.structs.fields(_Line)}

    def line(one: LineSpec) -> dict[str, Any]:
        said: dict[str, Any] = {
            "key": one.key, "text": one.text, "scale": one.scale.value, "weight": one.weight, "may_be_na": one.may_be_na,
            "fails": one.fails.value, "shown_if": one.shown_if, "shown_at": list(one.shown_at), "causes": list(one.causes),
            "guidance": one.guidance, "good_example": one.good_example, "reading": str(one.reading or ""),
        }  # fmt: skip
        return {key: value for key, value in said.items() if value not in ([], "") and value != usual.get(key)}

    sections = [
        {"name": s.name, **({"weight": s.weight} if spec.weighing == Weighing.SECTIONS else {}), "lines": [line(x) for x in s.lines]}
        for s in spec.sections
    ]  # fmt: skip
    whole = {
        "format": FORMAT,
        "name": name,
        "family": str(family),
        "weighing": spec.weighing.value,
        "sections": sections,
    }
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=120)


def read(text: str) -> tuple[str, Family, RubricSpec]:
    """Return the name, family and content of a document. Whether it may be used is asked of `spec.mistakes`.

    :raises RubricUnreadable: it is too long, no YAML, or not of this form; with the place.
    """
    if len(text) > LARGEST:
        raise RubricUnreadable(f"Saw {len(text)} characters. Expected at most {LARGEST}.")
    try:
        found = msgspec.convert(yaml.safe_load(text), _Document)
        if b"\\u0000" in msgspec.json.encode(found):
            raise RubricUnreadable("Saw a character that nothing can be written with. Take it out.")
        if found.format != FORMAT:
            raise RubricUnreadable(f"Saw the format “{found.format[:40]}”. Expected “{FORMAT}”.")
        keys: list[str] = []
        sections = tuple(
            SectionSpec(name=s.name.strip(), weight=s.weight, lines=tuple(_line(one, keys) for one in s.lines))
            for s in found.sections
        )
        return (
            found.name.strip(),
            Family(found.family),
            RubricSpec(weighing=Weighing(found.weighing), sections=sections),
        )
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" Line {mark.line + 1}, column {mark.column + 1}."
        raise RubricUnreadable(f"This is no YAML.{where}") from error
    except RecursionError as error:
        raise RubricUnreadable("It is nested deeper than any rubric.") from error
    except (msgspec.ValidationError, ValueError) as error:
        raise RubricUnreadable(f"{error}. Compare it with a rubric that was exported here.") from error


def _line(one: _Line, keys: list[str]) -> LineSpec:
    key = one.key or key_of(one.text, keys)
    keys.append(key)
    return LineSpec(
        key=key, text=one.text.strip(), scale=Scale(one.scale), weight=one.weight, may_be_na=one.may_be_na,
        fails=Fails(one.fails), shown_if=one.shown_if, shown_at=tuple(one.shown_at), causes=tuple(one.causes),
        guidance=one.guidance.strip(), good_example=one.good_example.strip(), reading=Topic(one.reading) if one.reading else None,
    )  # fmt: skip
