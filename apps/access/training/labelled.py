"""Texts with personal data marked in them, as they lie in a folder of public data. No text of them is part of the product."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from apps.access.tagger import Claim, Token

# What the sources call a value, in the tagger's words.
PRESIDIO = {
    "PERSON": "NAME", "STREET_ADDRESS": "ADDRESS", "ADDRESS": "ADDRESS", "ZIP_CODE": "ADDRESS", "CREDIT_CARD": "CARD",
    "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL", "IBAN_CODE": "IBAN", "US_SSN": "SSN", "IP_ADDRESS": "IP",
    "US_DRIVER_LICENSE": "ID",
}  # fmt: skip
MULTIDOGO = {
    "name": "NAME", "username": "NAME", "address": "ADDRESS", "email_address": "EMAIL", "phone_number": "PHONE",
    "phonenumber": "PHONE", "card_number": "CARD", "ssn": "SSN", "account_number": "ID", "target_account_number": "ID",
    "account_id": "ID", "policyid": "ID", "claimid": "ID", "booking_confirmation_number": "ID", "order_number": "ID",
    "password": "PASSWORD",
}  # fmt: skip
# Towns, postcodes alone and companies: masked or not, neither is a mistake.
EITHER = frozenset(
    {
        "current_zipcode", "new_zipcode", "current_city", "new_city", "arrival_city", "departure_city", "company_name",
    }
)  # fmt: skip
# Files of presidio-research: what is measured on, and more that is learnt from.
MADE = ("synth_dataset_v2.half0.json.gz", "generated_large.without-heldout-templates.json.gz")
DOMAINS = ("airline", "fastfood", "finance", "insurance", "media", "software")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text, where personal data stands in it, and places where a mask would be neither right nor wrong."""

    text: str
    spans: list[Claim]
    either: list[tuple[int, int]] = field(default_factory=list)
    # From which sentence with gaps it was made; several texts share one.
    template: str = ""


def _text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def multidogo(data: Path, part: str) -> Iterator[Marked]:
    """Customers' turns of MultiDoGO, in small letters and without punctuation; `part` is train or dev."""
    for domain in DOMAINS:
        rows = csv.DictReader(
            io.StringIO(_text(data / "multidogo" / "turn_level" / domain / f"{part}.tsv.gz")),
            delimiter="\t",
            quoting=csv.QUOTE_NONE,
        )
        for row in rows:
            words, labels = (row["utterance"] or "").split(), (row["slot-labels"] or "").split()
            if words and len(words) == len(labels):
                yield _turn(words, labels)


def _turn(words: list[str], labels: list[str]) -> Marked:
    spans: list[Claim] = []
    either: list[tuple[int, int]] = []
    place, before = 0, ""
    for word, label in zip(words, labels, strict=True):
        end = place + len(word)
        if (kind := MULTIDOGO.get(label)) is not None:
            if label == before:
                spans[-1] = (spans[-1][0], end, kind)
            else:
                spans.append((place, end, kind))
        elif label in EITHER:
            either.append((place, end))
        before, place = label, end + 1
    return Marked(" ".join(words), spans, either)


def presidio(data: Path, name: str) -> list[Marked]:
    """Made sentences of presidio-research; `template` is what they were made from."""
    return [_made(one) for one in json.loads(_text(data / "pii" / "presidio-research" / name))]


def _made(one: dict[str, Any]) -> Marked:
    text = one["full_text"]
    told = sorted((s["start_position"], s["end_position"], s["entity_type"]) for s in one["spans"])
    spans = [(start, end, PRESIDIO[kind]) for start, end, kind in told if kind in PRESIDIO]
    spans = [
        s
        for s in spans
        if not any(o is not s and o[0] <= s[0] and s[1] <= o[1] and o[1] - o[0] > s[1] - s[0] for o in spans)
    ]
    joined: list[Claim] = []
    for start, end, kind in spans:
        # Street, town and postcode that stand together are one address.
        if joined and kind == "ADDRESS" == joined[-1][2] and re.fullmatch(r"[\s,]*", text[joined[-1][1] : start]):
            joined[-1] = (joined[-1][0], end, kind)
        else:
            joined.append((start, end, kind))
    return Marked(text, joined, [(start, end) for start, end, kind in told if kind not in PRESIDIO], one["masked"])


def clean(data: Path) -> Iterator[str]:
    """Customers' texts without personal data: questions to a bank, a helper and three shops, and orders of a shop."""
    known = json.loads(_text(data / "intent" / "clinc150" / "data_full.train_val.json.gz"))
    yield from (text for part in ("train", "oos_train") for text, _ in known.get(part, ()))
    yield from (text for text in _banking(data) if not _kept_back(text))
    yield from (
        row["utterance"] for row in csv.DictReader(io.StringIO(_text(data / "intent" / "bitext" / "train.csv.gz")))
    )
    for shop in ("curekart", "powerplay11", "sofmattress"):
        yield from (
            row["sentence"]
            for row in csv.DictReader(io.StringIO(_text(data / "intent" / "hint3" / f"{shop}_train.csv.gz")))
        )


def clean_unseen(data: Path) -> list[str]:
    """Texts of the same kind that nothing is learnt from; some hold the name that somebody wants to be called."""
    known = json.loads(_text(data / "intent" / "clinc150" / "data_full.train_val.json.gz"))
    found = [text for part in ("val", "oos_val") for text, _ in known.get(part, ())]
    return found + [text for text in _banking(data) if _kept_back(text)]


def _banking(data: Path) -> list[str]:
    return [row["text"] for row in csv.DictReader(io.StringIO(_text(data / "intent" / "banking77" / "train.csv.gz")))]


def _kept_back(text: str) -> bool:
    """Three of ten questions to the bank are kept for measuring."""
    return crc32(text.encode()) % 10 < 3


def booked(data: Path) -> Iterator[str]:
    """Turns of people and systems who book things: towns, dates, prices and houses, and nobody's own data."""
    people = re.compile(
        r"phone|address|dentist|stylist|therapist|doctor|contact|receiver|recipient|account|artist|actor|director"
    )
    for path in sorted((data / "dialogues" / "sgd").glob("*.json.gz")):
        for dialogue in json.loads(_text(path)):
            for turn in dialogue["turns"]:
                slots = {s["slot"] for f in turn["frames"] for s in f["slots"]} | {
                    a["slot"] for f in turn["frames"] for a in f.get("actions", ())
                }
                if not any(people.search(slot) for slot in slots):
                    yield turn["utterance"]


def tags_of(tokens: list[Token], spans: list[Claim]) -> list[str]:
    """Each word's tag: B- begins a value, I- goes on, O is none."""
    tags = ["O"] * len(tokens)
    for start, end, kind in spans:
        begun = False
        for n, (_, a, b) in enumerate(tokens):
            if a < end and start < b:
                tags[n] = f"{'I' if begun else 'B'}-{kind}"
                begun = True
    return tags
