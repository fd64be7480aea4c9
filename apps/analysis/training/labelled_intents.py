"""What an AI agent was taught, read from a file of its maker: CSV, JSON lines, or the YAML of Rasa."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

_TEXT, _INTENT = ("text", "sentence", "utterance", "query", "example"), ("intent", "label", "category")
_ANNOTATED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


def examples_from(path: Path) -> list[tuple[str, str]]:
    """Return pairs of a text and its intent.

    :raises ValueError: the file is none of the known kinds; the message says what was expected.
    """
    raw = path.read_text(encoding="utf-8-sig", errors="replace")
    name = path.name.lower()
    if name.endswith((".yml", ".yaml")):
        return _rasa(raw)
    if name.endswith((".jsonl", ".json", ".ndjson")):
        return _json(raw)
    rows = list(csv.DictReader(io.StringIO(raw)))
    text, intent = (next((column for column in names if rows and column in rows[0]), "") for names in (_TEXT, _INTENT))
    if not text or not intent:
        raise ValueError("Expected a CSV with the columns text and intent.")
    return [(row[text] or "", row[intent] or "") for row in rows]


def _json(raw: str) -> list[tuple[str, str]]:
    try:
        told = (
            json.loads(raw)
            if raw.lstrip().startswith("[")
            else [json.loads(line) for line in raw.splitlines() if line.strip()]
        )
        text = next(name for name in _TEXT if name in told[0])
        intent = next(name for name in _INTENT if name in told[0])
        return [(str(one[text]), str(one[intent])) for one in told]
    except (ValueError, KeyError, IndexError, TypeError, StopIteration) as raised:
        raise ValueError('Expected JSON lines {"text": "...", "intent": "..."}.') from raised


def _rasa(raw: str) -> list[tuple[str, str]]:
    import yaml

    try:
        told = yaml.safe_load(raw)["nlu"]
    except (yaml.YAMLError, KeyError, TypeError) as raised:
        raise ValueError("Expected the YAML of Rasa with a list called nlu.") from raised
    return [
        (_ANNOTATED.sub(r"\1", line.strip().removeprefix("-").strip()), str(one["intent"]))
        for one in told
        if isinstance(one, dict) and "intent" in one and isinstance(one.get("examples"), str)
        for line in one["examples"].splitlines()
        if line.strip()
    ]
