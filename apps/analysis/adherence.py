"""Whether a conversation followed its checklist: each step with the words or the event that show it, or why it is not assessed.

A step that cannot be judged is "not assessed" and never "failed": it needs sentences to be compared and nothing compares
them, the conversation is in another language, or it is not over yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

PART = "adherence"
VERSION = 1
MODEL = "checklist"
DONE, MISSING, OUT_OF_ORDER, LATE = "done", "missing", "out of order", "late"
NOT_ASSESSED, OPEN, NOT_MEANT = "not assessed", "still open", "does not apply"
# How alike a sentence must be to an example, where nothing else is said.
ALIKE = 0.6
MOST_PATTERN = 4000


class WrongChecklist(ValueError):
    """A checklist that cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that replies should do. It is shown by any of its phrases, patterns, examples or events."""

    name: str
    title: str
    phrases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    # A message that matches one of these does not show the step, whatever else it says.
    unless: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    alike: float = ALIKE
    events: tuple[str, ...] = ()
    # Names of steps that must have been done before this one.
    after: tuple[str, ...] = ()
    # Among the first messages of ours (above 0) or the last ones (below 0); 0: anywhere.
    within_messages: int = 0
    within_seconds: int = 0
    # Which conversations it is meant for: {"queue": [...], "intent": [...], "tag": [...], "channel": [...]}.
    applies_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of ours, or one event, in the order of time. `is_event`: `text` is the event's name."""

    key: str
    text: str
    at: datetime
    is_event: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows a step: the message or event, and the place of the words in it."""

    key: str
    start: int
    end: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StepRead:
    """What was read of one step, with its evidence or the reason there is none."""

    step: Step
    state: str
    evidence: Evidence | None = None
    why: str = ""


@lru_cache(maxsize=256)
def _any_of(phrases: tuple[str, ...], patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    parts = [rf"(?<!\w){_spaced(phrase)}(?!\w)" for phrase in phrases if phrase.strip()] + [
        f"(?:{one})" for one in patterns
    ]
    return re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE) if parts else None


def _spaced(phrase: str) -> str:
    return r"\s{1,3}".join(re.escape(word).replace("'", "['’]?") for word in phrase.split())


def shown(step: Step, text: str, similar: Callable[[str, str], float] | None = None) -> tuple[int, int] | None:
    """Return where a text shows a step, None where it does not. `similar` compares two sentences, from 0 to 1."""
    if (never := _any_of((), step.unless)) is not None and never.search(text):
        return None
    said = _any_of(step.phrases, step.patterns)
    if said is not None and (found := said.search(text)) is not None:
        return found.span()
    if similar is not None and any(similar(text, one) >= step.alike for one in step.examples):
        return 0, len(text)
    return None


def follow(
    steps: Sequence[Step],
    lines: Sequence[Line],
    *,
    about: Mapping[str, Sequence[str]],
    began_at: datetime,
    is_over: bool,
    is_known_language: bool = True,
    similar: Callable[[str, str], float] | None = None,
) -> list[StepRead]:
    """Read a conversation against a checklist. `about` is what it is about: its queue, intents, tags and channel."""
    found: dict[str, Evidence] = {}
    out: list[StepRead] = []
    for step in steps:
        if any(not set(wanted) & set(about.get(kind, ())) for kind, wanted in step.applies_when.items()):
            out.append(StepRead(step, NOT_MEANT))
            continue
        if not is_known_language and not step.events:
            out.append(StepRead(step, NOT_ASSESSED, why="It is in a language that is not read."))
            continue
        only_alike = step.examples and not (step.phrases or step.patterns or step.events)
        if only_alike and similar is None:
            out.append(StepRead(step, NOT_ASSESSED, why="Nothing here compares sentences by their meaning."))
            continue
        out.append(_judged(step, lines, found, began_at, is_over=is_over, similar=similar))
        if (evidence := out[-1].evidence) is not None:
            found[step.name] = evidence
    return out


def _judged(
    step: Step,
    lines: Sequence[Line],
    found: Mapping[str, Evidence],
    began_at: datetime,
    *,
    is_over: bool,
    similar: Callable[[str, str], float] | None,
) -> StepRead:
    said = [line for line in lines if not line.is_event]
    meant = {
        line.key
        for line in (said[: step.within_messages] if step.within_messages > 0 else said[step.within_messages :])
    }
    evidence = outside = None
    for line in lines:
        place = (
            (0, 0)
            if line.is_event and line.text in step.events
            else None
            if line.is_event
            else shown(step, line.text, similar)
        )
        if place is None:
            continue
        one = Evidence(line.key, *place, line.at)
        if line.is_event or not step.within_messages or line.key in meant:
            evidence = one
            break
        outside = outside or one
    if evidence is None and outside is not None and (is_over or step.within_messages > 0):
        return StepRead(step, LATE, outside, "It was said, but not where it belongs.")
    if evidence is None:
        if is_over or (step.within_messages > 0 and len(said) >= step.within_messages):
            return StepRead(step, MISSING)
        return StepRead(step, OPEN)
    if step.within_seconds and evidence.at - began_at > timedelta(seconds=step.within_seconds):
        return StepRead(step, LATE, evidence, f"It came after {step.within_seconds} s.")
    for name in step.after:
        before = found.get(name)
        if before is None or before.at > evidence.at:
            return StepRead(step, OUT_OF_ORDER, evidence, f"“{name}” should come first.")
    return StepRead(step, DONE, evidence)


def score_of(read: Sequence[StepRead]) -> float | None:
    """The share of the assessed steps that were done; None where none could be assessed."""
    assessed = [one for one in read if one.state in (DONE, MISSING, OUT_OF_ORDER, LATE)]
    return sum(one.state == DONE for one in assessed) / len(assessed) if assessed else None


# Checklists as they are written ----------------------------------------------------------------------------------------

_LISTS = ("phrases", "patterns", "unless", "examples", "events", "after")
_FIELDS = {"name", "title", *_LISTS, "alike", "within_messages", "within_seconds", "applies_when"}
_KINDS = {"queue", "intent", "tag", "channel"}


def steps_from(told: Any) -> tuple[Step, ...]:
    """Read steps as they are written in YAML or JSON: a list of mappings.

    :raises WrongChecklist: something is not as expected; the message names the step and what was expected.
    """
    if not isinstance(told, list) or not told:
        raise WrongChecklist("Expected a list of steps, each with a name.")
    steps: list[Step] = []
    for number, one in enumerate(told, start=1):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str) or not one["name"].strip():
            raise WrongChecklist(f"Step {number} has no name.")
        steps.append(_step(one, {step.name for step in steps}))
    return tuple(steps)


def _step(one: dict[str, Any], before: set[str]) -> Step:
    name = one["name"].strip()
    if name in before:
        raise WrongChecklist(f"Two steps are called “{name}”.")
    if unknown := set(one) - _FIELDS:
        raise WrongChecklist(f"Step “{name}” has “{sorted(unknown)[0]}”. Known are {', '.join(sorted(_FIELDS))}.")
    lists = {key: one.get(key) or [] for key in _LISTS}
    for key, values in lists.items():
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            raise WrongChecklist(f"Step “{name}”: {key} is a list of texts.")
    if not any(lists[key] for key in ("phrases", "patterns", "examples", "events")):
        raise WrongChecklist(f"Step “{name}” says nothing by which it is known: phrases, patterns, examples or events.")
    if missing := [value for value in lists["after"] if value not in before]:
        raise WrongChecklist(f"Step “{name}” comes after “{missing[0]}”, which does not stand before it.")
    for pattern in (*lists["patterns"], *lists["unless"]):
        if len(pattern) > MOST_PATTERN:
            raise WrongChecklist(f"Step “{name}” has a pattern of more than {MOST_PATTERN} signs.")
        try:
            re.compile(pattern)
        except re.error as raised:
            raise WrongChecklist(f"Step “{name}” has a pattern that cannot be read: {raised}.") from raised
    when = one.get("applies_when") or {}
    if not isinstance(when, dict) or not set(when) <= _KINDS:
        raise WrongChecklist(f"Step “{name}”: applies_when knows {', '.join(sorted(_KINDS))}.")
    numbers = {key: one.get(key, 0) for key in ("within_messages", "within_seconds")}
    alike = one.get("alike", ALIKE)
    if (
        not all(isinstance(value, int) for value in numbers.values())
        or not isinstance(alike, (int, float))
        or not 0 < alike <= 1
    ):
        raise WrongChecklist(f"Step “{name}”: windows are whole numbers, and alike lies between 0 and 1.")
    return Step(
        name=name, title=str(one.get("title") or name), alike=float(alike), within_messages=numbers["within_messages"],
        within_seconds=numbers["within_seconds"], phrases=tuple(lists["phrases"]), patterns=tuple(lists["patterns"]),
        unless=tuple(lists["unless"]), examples=tuple(lists["examples"]), events=tuple(lists["events"]), after=tuple(lists["after"]),
        applies_when={kind: tuple(map(str, values if isinstance(values, list) else [values])) for kind, values in when.items()},
    )  # fmt: skip
