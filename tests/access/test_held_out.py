"""What is found in sentences of a kind that was not learnt from: each third is read by what was learnt without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.access import persons, tagger
from apps.access.training import held_out, labelled, pii
from apps.access.training.labelled import Marked

MARKED = [
    Marked("my card is 4111 1111 1111 1111", [(11, 30, "CARD")], template="card"),
    Marked("write to anna.berg@example.test", [(9, 31, "EMAIL")], template="mail"),
    Marked("it turned out that Yefremova had signed for the parcel", [(19, 28, "NAME")], template="name"),
]


def test_each_third_is_read_by_what_was_learnt_without_it(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SECOND_TIER = True
    left_out: list[frozenset[str]] = []

    def learn(data: Path, *, tell: Any, without: frozenset[str]) -> bytes:
        left_out.append(without)
        return tagger.ARTEFACT.read_bytes()

    monkeypatch.setattr(pii, "learn", learn)
    monkeypatch.setattr(labelled, "presidio", lambda data, name: MARKED if name == labelled.MADE[0] else [])
    monkeypatch.setattr(persons, "_missing", lambda: "")
    monkeypatch.setattr(persons, "HERE", persons.Reader(lambda text: [(19, 28)] if "Yefremova" in text else []))
    lines = list(held_out.measured(Path("nowhere"), tell=lambda line: None))
    assert sorted(name for some in left_out for name in some) == ["card", "mail", "name"]
    assert lines == [
        "the first reader: P 1.000, R 0.667, F2 0.714 of 3 values; 0 cards, SSNs, e-mails, IBANs and phones stay",
        "both readers of names: P 1.000, R 1.000, F2 1.000 of 3 values; 0 cards, SSNs, e-mails, IBANs and phones stay",
    ]
    assert tagger._INSTEAD.get() is None, "the released file reads again"


def test_without_the_second_reader_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii, "learn", lambda data, **_: tagger.ARTEFACT.read_bytes())
    monkeypatch.setattr(labelled, "presidio", lambda data, name: MARKED)
    assert len(list(held_out.measured(Path("nowhere"), tell=lambda line: None))) == 1
