"""The floor's checklist: written as YAML, saved as versions, tried on conversations that are over, and held against one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import yaml
from django.db import connection

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.analysis import adherence, editions, standard_steps
from apps.analysis.adherence import Line, Step, StepRead, WrongChecklist
from apps.analysis.models import Checklist
from apps.analysis.reading import NOT_ANALYSED
from apps.interactions.models import ConversationEvent
from apps.shared.errors import Refusal

VERB = "checklist.changed"
LARGEST, MOST_STEPS, MOST_FOR_STEP = 40_000, 40, 60
LONGEST_PATTERN, LONGEST_REPEAT = 200, 80
# What a conversation is held against until somebody writes another list.
BEGINNING = "- use: GREET\n- use: REQ_MORE\n- use: GOODBYE\n"
STANDARD = {step.name: step for step in standard_steps.STANDARD}
# Events that show a step, as a transcript tells them.
EVENTS = ("queued", "assigned", "transfer", "handoff", "resolved", "abandoned")
TALKS = 100
# What a step may say about itself beside the one of ours that it uses.
_OF_USED = {"use", "title", "after", "within_messages", "within_seconds", "applies_when"}
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.")
_UNBOUNDED = re.compile(r"[*+]|\{\d*,\}")
_REPEAT = re.compile(r"\{(?:\d*,)?(\d+)\}")


class ChecklistRefused(Refusal):
    """The checklist cannot be used as it is; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Written:
    """The checklist that holds: its text, its version (0: what a portal begins with) and its steps."""

    n: int
    text: str
    steps: tuple[Step, ...]


def current() -> Written:
    """The checklist that holds. One statement."""
    latest = editions.current(Checklist)
    n, text = (0, BEGINNING) if latest is None else (latest.n, latest.content["text"])
    return Written(n, text, read(text))


@lru_cache(maxsize=32)
def read(text: str) -> tuple[Step, ...]:
    """Return the steps of a checklist as it is written.

    :raises ChecklistRefused: it is too long, no YAML, or a step cannot be used.
    """
    if len(text) > LARGEST:
        raise ChecklistRefused(f"Saw {len(text)} characters. Expected at most {LARGEST}.")
    if re.search(r"(?m)(?:^|[\s\[{,])[&*][A-Za-z]", text):
        raise ChecklistRefused(
            "Anchors (& and *) are not used in a checklist. Write the step out, or put the phrase in quotes."
        )
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" Line {mark.line + 1}, column {mark.column + 1}."
        raise ChecklistRefused(f"This is no YAML.{where}") from error
    try:
        steps = adherence.steps_from([_whole(one) for one in told] if isinstance(told, list) else told)
    except WrongChecklist as wrong:
        raise ChecklistRefused(str(wrong)) from wrong
    if len(steps) > MOST_STEPS:
        raise ChecklistRefused(f"Saw {len(steps)} steps. At most {MOST_STEPS} are kept.")
    for step in steps:
        if unknown := [event for event in step.events if event not in EVENTS]:
            raise ChecklistRefused(f"Step “{step.name}” waits for “{unknown[0]}”. Known are {', '.join(EVENTS)}.")
    return steps


def _whole(one: Any) -> Any:
    """A step with what the step of ours says that it uses; its own patterns are looked at first."""
    if not isinstance(one, dict):
        return one
    for key in ("patterns", "unless"):
        for pattern in one.get(key) or []:
            if isinstance(pattern, str) and (why := too_heavy(pattern)):
                raise WrongChecklist(f"Step “{one.get('name')}”: the pattern “{pattern[:40]}” {why}.")
    if any(isinstance(held, list) and len(held) > MOST_FOR_STEP for held in one.values()):
        raise WrongChecklist(f"Step “{one.get('name')}” names more than {MOST_FOR_STEP} things in one list.")
    if "use" not in one:
        return one
    if one["use"] not in STANDARD:
        raise WrongChecklist(f"“{one['use']}” is no step of ours. Known are {', '.join(STANDARD)}.")
    if extra := set(one) - _OF_USED:
        raise WrongChecklist(f"Step “{one['use']}” is ours and takes no “{sorted(extra)[0]}”.")
    step = STANDARD[one["use"]]
    held = {field.name: getattr(step, field.name) for field in fields(step)}
    told = {key: list(value) if isinstance(value, tuple) else value for key, value in held.items()}
    return told | {key: value for key, value in one.items() if key != "use"}


def too_heavy(pattern: str) -> str:
    """Say why a pattern may run for long, empty where it may not: no repeated group, one repeat without an end, short ones else."""
    if len(pattern) > LONGEST_PATTERN:
        return f"has more than {LONGEST_PATTERN} characters"
    bare = _CLASS.sub("x", pattern)
    if re.search(r"\)[*+?]*[*+{]", bare) or "(?P=" in bare or re.search(r"\\\d", pattern):
        return "repeats a group, which can run for long"
    if len(_UNBOUNDED.findall(bare)) > 1:
        return "has more than one repeat without an end"
    repeats = [int(most) for most in _REPEAT.findall(bare)]
    if len(repeats) > 2 or any(most > LONGEST_REPEAT for most in repeats):
        return f"has more than two counted repeats, or one of more than {LONGEST_REPEAT}"
    return ""


def save(*, by: Viewer, text: str, says: str, based_on: int, at: datetime) -> int:
    """Let another checklist hold; return its version.

    :raises NotAllowed, EditionChanged: see `editions.save`.
    :raises ChecklistRefused: see `read`.
    """
    by.require(Permission.EDIT_REPLY_RULES)
    plain = text.replace("\r\n", "\n").strip() + "\n"
    read(plain)
    return editions.save(Checklist, by=by, verb=VERB, content={"text": plain}, says=says, based_on=based_on, at=at).n


# Held against conversations --------------------------------------------------------------------------------------------


def event_named(kind: str, data: Mapping[str, Any]) -> str:
    """The name by which a checklist knows an event of a conversation; empty where it knows none."""
    if kind == "assigned":
        return "handoff" if data.get("handoff") else "transfer" if data.get("reason") == "transfer" else "assigned"
    if kind == "status":
        return (
            "abandoned"
            if data.get("outcome") == "abandoned"
            else "resolved"
            if data.get("to") in ("resolved", "closed")
            else ""
        )
    return kind if kind in EVENTS else ""


def follow(
    steps: Sequence[Step], lines: Iterable[Line], *, about: Mapping[str, Sequence[str]], began_at: datetime, is_over: bool,
    is_known_language: bool,
) -> list[StepRead]:  # fmt: skip
    """Hold one conversation against steps: its replies and events in any order; nothing where nobody of ours has written."""
    told = sorted(lines, key=lambda line: (line.at, line.is_event))
    if all(line.is_event for line in told):
        return []
    return adherence.follow(
        steps, told, about=about, began_at=began_at, is_over=is_over, is_known_language=is_known_language
    )


# The latest conversations that are over, with what was answered in them.
_OVER = """
WITH talk AS (
    SELECT c.id, c.started_at, c.last_event_at, c.channel, c.tags, q.name AS queue FROM interactions_conversation c
    LEFT JOIN interactions_queue q ON q.id = c.queue_id
    WHERE NOT c.is_open AND c.human_messages + c.ai_messages > 0 AND c.last_event_at <= %(at)s ORDER BY c.last_event_at DESC LIMIT %(most)s
)
SELECT t.id, t.started_at, t.channel, t.tags, t.queue, m.id::text, m.text, m.sent_at, EXISTS (
    SELECT 1 FROM analysis_reading r WHERE r.conversation_id = t.id AND r.part = 'sentiment' AND r.label = %(unread)s AND r.model <> 'no words')
FROM talk t JOIN interactions_message m ON m.conversation_id = t.id AND m.sent_at >= t.started_at AND m.sent_at <= t.last_event_at
WHERE m.author_kind IN ('agent', 'bot') AND NOT m.is_private AND m.removed_at IS NULL AND m.text <> ''
  AND m.sent_at >= (SELECT min(started_at) FROM talk) AND m.sent_at <= (SELECT max(last_event_at) FROM talk)
ORDER BY t.id, m.sent_at, m.sequence, m.id
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """How one step went in the conversations it was tried on."""

    step: Step
    done: int
    not_found: int
    not_assessed: int
    not_meant: int

    @property
    def assessed(self) -> int:
        """In how many it could be judged."""
        return self.done + self.not_found


def try_on_talks(*, viewer: Viewer, steps: Sequence[Step], at: datetime) -> tuple[int, list[Tried]]:
    """Hold the latest `TALKS` conversations that are over against steps; numbers only. Return of how many, and each step.

    :raises NotAllowed: the role may not change what replies are held against.
    """
    viewer.require(Permission.EDIT_REPLY_RULES)
    with connection.cursor() as cursor:
        cursor.execute(_OVER, {"at": at, "most": TALKS, "unread": NOT_ANALYSED})
        said = cursor.fetchall()
    keys = sorted({row[0] for row in said})
    since = min((row[1] for row in said), default=at)
    events: dict[UUID, list[Line]] = {}
    happened = ConversationEvent.objects.filter(conversation_id__in=keys, happened_at__gte=since, happened_at__lte=at)
    for talk, kind, data, happened_at in happened.values_list("conversation_id", "kind", "data", "happened_at"):
        if name := event_named(kind, data):
            events.setdefault(talk, []).append(Line("", name, happened_at, is_event=True))
    counted: dict[str, Counter[str]] = {step.name: Counter() for step in steps}
    for talk, held in groupby(said, key=itemgetter(0)):
        rows = list(held)
        _, began_at, channel, tags, queue, *_, is_foreign = rows[0]
        about = {"queue": [queue or ""], "channel": [channel], "tag": json.loads(tags), "intent": []}
        lines = [Line(row[5], row[6], row[7]) for row in rows] + events.get(talk, [])
        for one in follow(steps, lines, about=about, began_at=began_at, is_over=True, is_known_language=not is_foreign):
            counted[one.step.name][one.state] += 1
    return len(keys), [_tried(step, counted[step.name]) for step in steps]


def _tried(step: Step, states: Counter[str]) -> Tried:
    missed = states[adherence.MISSING] + states[adherence.LATE] + states[adherence.OUT_OF_ORDER]
    return Tried(
        step,
        states[adherence.DONE],
        missed,
        states[adherence.NOT_ASSESSED] + states[adherence.OPEN],
        states[adherence.NOT_MEANT],
    )
