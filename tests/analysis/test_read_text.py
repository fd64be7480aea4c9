"""manage.py read_text: what comes out for what goes in, odd lines included."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command


def read(
    part: str, *lines: Any, monkeypatch: pytest.MonkeyPatch, fails: bool = False, **options: Any
) -> list[dict[str, Any]]:
    raw = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
    out = io.StringIO()
    if fails:
        with pytest.raises(CommandError, match="could not be read"):
            call_command("read_text", part, stdout=out, **options)
    else:
        call_command("read_text", part, stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_part_answers_with_its_id_and_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"id": "a", "text": "I am so sorry, is there anything else I can help with?", "before": ["this is terrible"]}
    for part, fields in {
        "sentiment": {"label", "score", "confidence", "model", "version", "words"},
        "asks_for_human": {"asked", "score", "hits"},
        "safety": {"label", "flagged", "score", "severity", "hits"},
        "tone": {"label", "empathy", "score", "hits"},
        "repeat": {"label", "score", "hits", "complaint"},
        "complexity": {"label", "score", "factors"},
        "adherence": {"steps", "hits"},
        "pii": {"masked", "spans"},
        "language": {"language"},
    }.items():
        (answer,) = read(part, line, monkeypatch=monkeypatch)
        assert answer["id"] == "a"
        assert fields <= set(answer), part


def test_places_of_personal_data_are_those_of_the_text_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\x00né \U0001f600 card 4111\u200d1111 1111 1111, write to a@b.example"
    (answer,) = read("pii", {"id": 1, "text": text}, monkeypatch=monkeypatch)
    assert [(text[s["start"] : s["end"]], s["type"]) for s in answer["spans"]] == [
        ("4111\u200d1111 1111 1111", "card"),
        ("a@b.example", "email"),
    ]


def test_the_question_before_tells_what_a_bare_answer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = read("pii", {"text": "771923", "before": ["what is your account number?"]}, monkeypatch=monkeypatch)
    assert answers[0]["masked"] == "[account 1]"


def test_lines_that_cannot_be_read_are_answered_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = read(
        "sentiment", b"{\n", b"\n", b"[1]\n", {"text": 5}, {"text": "x", "before": [1]}, b"\xff\xfe\n", b'{"id": 7, "text": "caf\xff great"}\n',
        {"text": "\ud800 odd", "id": None}, monkeypatch=monkeypatch, fails=True,
    )  # fmt: skip
    assert [answer.get("line") for answer in answers] == [1, 3, 4, 5, 6, None, None]
    assert answers[5]["id"] == 7


def test_an_intent_needs_what_the_agent_was_taught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    taught = tmp_path / "taught.csv"
    rows = [f"where is my {x},track" for x in "abcdefghijkl"] + [f"refund {x} please,refund" for x in "abcdefghijkl"]
    taught.write_text("\n".join(["sentence,label", *rows]))
    (answer,) = read("intent", {"id": 1, "text": "please refund me"}, monkeypatch=monkeypatch, examples=taught)
    assert (answer["intent"], answer["id"]) == ("refund", 1)
    with pytest.raises(CommandError, match="Give --examples"):
        call_command("read_text", "intent")
    taught.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="columns text and intent"):
        call_command("read_text", "intent", examples=taught)
