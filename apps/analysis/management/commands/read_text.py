"""Read texts as the portal would: manage.py read_text PART, JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.access import language, persons
from apps.access.masking import mask, searched, storable
from apps.analysis import (
    adherence,
    asks_for_human,
    complexity,
    intent,
    meanings,
    repeat,
    roughness,
    safety,
    second_tier,
    sentiment,
    standard_steps,
    tone,
)
from apps.analysis.reading import Read
from apps.analysis.training.labelled_intents import examples_from

Answer = dict[str, Any]
Part = Callable[[str, tuple[str, ...]], Answer]
HELP = """\
Read JSON lines on standard input, {"id": ..., "text": "...", "before": ["...", ...]}, and write one JSON line each, in the
order of the input. "before" may be left out: the texts before this one, oldest first. Places are counted in characters of
the text as it was given. A line that cannot be read is answered with {"line": its number, "error": what was expected}; the
others go on, and the command ends with 1.

part             writes beside "id"                                                  "before" is
sentiment        label (negative, neutral, positive, not_analysed), score -1..1,     what the same person said earlier
                 confidence, model, version, words [start, end, word, weight];
                 by both tiers where the second is installed: model says so, as it
                 does for intent and repeat
pii              masked, spans [start, end, type]                                    the messages before; the last one may ask
asks_for_human   asked (true, false), score, hits [start, end, word, weight]         not used
safety           label (flagged, clean), flagged, score 0..1, severity 0..3,         what was said on our side earlier
                 hits [start, end, word, list, severity] by the lists; beside them,
                 learnt, no alarm and only there to sort by: roughness 0..1 (null:
                 not analysed), roughness_model, roughness_version,
                 roughness_words [start, end, word, weight]
tone             label (warm, plain, cold), empathy (true, false), score 0..1,       what the customer said; the last one's
                 hits [start, end, word, mark]                                       mood says whether the reply is curt
intent           label, intent, score 0..1, in_scope; needs --examples               not used
repeat           label (repeated, new), score 0..1, hits, complaint                  what the customer said before the hand-off
complexity       label (complex, simple), score 0..1, factors                        the customer's earlier messages
adherence        steps {name: true or false}, hits [step, start, end, word]          not used
language         language (ISO 639-1)                                                what the same person said earlier

Every answer names the reading's model and version. Texts are masked before anything but pii and language reads them, as in
the portal: places in hits are then places of the masked text, which is given as "text" where it differs.
"""


def _words(found: Read, text: str, name: str = "") -> list[Answer]:
    return [
        {"start": c.start, "end": c.end, "word": text[c.start : c.end], "weight": c.weight}
        | ({name: c.name} if name else {})
        for c in found.clues
    ]


def _told(found: Read) -> Answer:
    return {
        "label": found.label, "score": found.score, "confidence": found.confidence, "model": found.model, "version": found.version,
    }  # fmt: skip


def _sentiment(text: str, before: tuple[str, ...]) -> Answer:
    (found,) = sentiment.read_many([(text, before)], second_tier.patient(at=timezone.now()))
    return _told(found) | {"words": _words(found, text)}


def _asks(text: str, before: tuple[str, ...]) -> Answer:
    found = asks_for_human.read(text)
    return {"asked": found.label == asks_for_human.ASKED, **_told(found), "hits": _words(found, text)}


def _safety(text: str, before: tuple[str, ...]) -> Answer:
    found, hits = safety.read(text), safety.hits_in(text)
    told = [
        {"start": h.start, "end": h.end, "word": text[h.start : h.end], "list": h.found_in, "severity": h.severity}
        for h in hits
    ]
    rough = roughness.read(text, before)
    return _told(found) | {
        "flagged": bool(hits), "severity": max((h.severity for h in hits), default=0), "hits": told,
        "roughness": rough.score, "roughness_model": rough.model, "roughness_version": rough.version,
        "roughness_words": _words(rough, text),
    }  # fmt: skip


def _tone(text: str, before: tuple[str, ...]) -> Answer:
    upset = bool(before) and tone.answers_distress(moods_before=[sentiment.read(before[-1], before[:-1]).score])
    found = tone.read(text, upset=upset)
    return _told(found) | {
        "empathy": tone.marks_in(text).is_empathic,
        "upset": upset,
        "hits": _words(found, text, "mark"),
    }


def _repeat(text: str, before: tuple[str, ...]) -> Answer:
    (found,) = repeat.read_many([(text, before)], meanings.HERE.patient(at=timezone.now()))
    complaint = repeat.complaint_in(text)
    return _told(found) | {
        "hits": _words(found, text),
        "complaint": None if complaint is None else text[slice(*complaint)],
    }


def _complexity(text: str, before: tuple[str, ...]) -> Answer:
    return _told(complexity.read((*before, text))) | {"factors": complexity.factors((*before, text))}


def _adherence(text: str, before: tuple[str, ...]) -> Answer:
    shown = {step.name: adherence.shown(step, text) for step in standard_steps.STANDARD}
    hits = [
        {"step": name, "start": s[0], "end": s[1], "word": text[slice(*s)]}
        for name, s in shown.items()
        if s is not None
    ]
    return {
        "steps": {name: place is not None for name, place in shown.items()}, "hits": hits, "model": adherence.MODEL,
        "version": adherence.VERSION,
    }  # fmt: skip


def _pii(text: str, before: tuple[str, ...]) -> Answer:
    asked = before[-1] if before else ""
    kept = storable(text)
    also = persons.HERE.found_in
    spans = searched(kept, before=asked, persons=also)
    # NUL is dropped before anything is stored; places are those of the text that was given.
    places = [n for n, ch in enumerate(text) if ch != "\x00"] if len(kept) != len(text) else range(len(text))
    return {
        "masked": mask(text=text, before=asked, persons=also).text,
        "spans": [{"start": places[start], "end": places[end - 1] + 1, "type": kind} for start, end, kind in spans],
    }


def _language(text: str, before: tuple[str, ...]) -> Answer:
    return {"language": language.language_of(text, before), "model": language.NAME}


def _intent(opinion: intent.Opinion, text: str, before: tuple[str, ...]) -> Answer:
    second = None if opinion.meanings is None else meanings.HERE.patient(at=timezone.now())
    heard = None if second is None else second([text])
    vector = None if heard is None else heard[0]
    label, sure = opinion.of(text, vector)
    found = opinion.read(text, vector)
    return _told(found) | {
        "intent": label,
        "score": round(sure, 4),
        "in_scope": found.label != intent.OUT_OF_SCOPE,
        "hits": _words(found, text),
    }


# These read the text as it came; all others read it masked.
UNMASKED: dict[str, Part] = {"pii": _pii, "language": _language}
PARTS: dict[str, Part] = {
    "sentiment": _sentiment, "asks_for_human": _asks, "safety": _safety, "tone": _tone, "repeat": _repeat, "complexity": _complexity,
    "adherence": _adherence,
}  # fmt: skip
INTENT = "intent"


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=sorted({*PARTS, *UNMASKED, INTENT}))
        parser.add_argument(
            "--examples", type=Path, help='for intent: what the agent was taught, CSV (sentence,label) or JSON lines {"text", "intent"}',
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        part, wrong = options["part"], 0
        read = self._intent(options["examples"]) if part == INTENT else {**PARTS, **UNMASKED}[part]
        for number, line in enumerate(_lines(), start=1):
            if not line.strip():
                continue
            asked = _asked(line)
            if asked is None:
                wrong += 1
                answer: Answer = {"line": number, "error": 'Expected {"id": ..., "text": "...", "before": ["..."]}.'}
            else:
                answer = {"id": asked[0], **_answer(part, read, asked[1], asked[2])}
            self.stdout.write(json.dumps(answer))
            self.stdout.flush()
        if wrong:
            raise CommandError(f"{wrong} lines could not be read.")

    @staticmethod
    def _intent(path: Path | None) -> Part:
        if path is None or not path.is_file():
            raise CommandError(f"Saw no file {path or ''}. Give --examples: what the AI agent was taught.")
        try:
            return partial(_intent, intent.learn(examples_from(path), meanings.HERE.patient(at=timezone.now())))
        except ValueError as raised:
            raise CommandError(str(raised)) from raised


def _answer(part: str, read: Part, text: str, before: tuple[str, ...]) -> Answer:
    if part in UNMASKED:
        return read(text, before)
    also = persons.HERE.found_in
    masked = mask(text=text, before=before[-1] if before else "", persons=also).text
    told = read(masked, tuple(mask(text=one, persons=also).text for one in before))
    return told | ({"text": masked} if masked != text else {})


def _lines() -> Iterator[str]:
    """Lines of standard input; bytes that are no UTF-8 do not end it."""
    raw = getattr(sys.stdin, "buffer", None)
    if raw is None:
        yield from sys.stdin
        return
    for line in raw:
        yield line.decode("utf-8", "replace").removeprefix("\ufeff")


def _asked(line: str) -> tuple[Any, str, tuple[str, ...]] | None:
    try:
        asked = json.loads(line)
        text, before = asked["text"], asked.get("before")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    before = [before] if isinstance(before, str) else before or []
    if not isinstance(text, str) or not isinstance(before, list) or not all(isinstance(one, str) for one in before):
        return None
    return asked.get("id"), text, tuple(before)
