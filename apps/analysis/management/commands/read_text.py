"""Read texts as the portal would: manage.py read_text PART, JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.access.masking import mask, spans_of, storable
from apps.analysis import asks_for_human, language, sentiment
from apps.analysis.reading import Read

Answer = dict[str, Any]


def _clues(found: Read, text: str) -> list[Answer]:
    return [{"start": c.start, "end": c.end, "word": text[c.start : c.end], "weight": c.weight} for c in found.clues]


def _sentiment(text: str, before: tuple[str, ...]) -> Answer:
    found = sentiment.read(text, before)
    return {
        "label": found.label, "score": found.score, "confidence": found.confidence, "model": found.model,
        "version": found.version, "words": _clues(found, text),
    }  # fmt: skip


def _asks(text: str, before: tuple[str, ...]) -> Answer:
    found = asks_for_human.read(text)
    return {"asked": found.label == asks_for_human.ASKED, "version": found.version, "hits": _clues(found, text)}


def _pii(text: str, before: tuple[str, ...]) -> Answer:
    spans = spans_of(storable(text))
    return {
        "masked": mask(text=text).text,
        "spans": [{"start": start, "end": end, "type": kind} for start, end, kind in spans],
    }


def _language(text: str, before: tuple[str, ...]) -> Answer:
    return {"language": language.language_of(text, before)}


PARTS: dict[str, Callable[[str, tuple[str, ...]], Answer]] = {
    "sentiment": _sentiment, "asks_for_human": _asks, "pii": _pii, "language": _language,
}  # fmt: skip


class Command(BaseCommand):
    help = (
        'Read JSON lines {"id", "text", "before"?: [earlier texts]} on standard input and write one JSON line each with what '
        "was read. A line that cannot be read is answered with its number and what is wrong; the others go on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=sorted(PARTS))

    def handle(self, *args: Any, **options: Any) -> None:
        read, wrong = PARTS[options["part"]], 0
        for number, line in enumerate(sys.stdin, start=1):
            if not line.strip():
                continue
            try:
                asked = json.loads(line)
                text, before = asked["text"], tuple(asked.get("before") or ())
                if not isinstance(text, str) or not all(isinstance(one, str) for one in before):
                    raise TypeError
            except (ValueError, TypeError, KeyError, AttributeError):
                wrong += 1
                answer = {"line": number, "error": 'Expected {"id": ..., "text": "...", "before": ["..."]}.'}
            else:
                answer = {"id": asked.get("id"), **read(text, before)}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        if wrong:
            raise CommandError(f"{wrong} lines could not be read.")
