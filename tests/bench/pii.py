"""How much personal data the mask finds, by type, and how much of what it takes out was none.

python -m tests.bench.pii FOLDER

FOLDER holds public labelled sets: `pii/presidio-research/*.json.gz`, `multidogo/**/*.tsv.gz` (spoken-like text without
punctuation, most values answers to a question before) and `events/*.jsonl.gz` (unlabelled conversations: how often the
mask strikes there). `pii_cases.txt` beside this file is ours: types that no public set has, evasions, and look-alikes.

Recall: 90 % of a value's letters and digits are masked, as whatever type. Precision: what was masked touches a labelled
value. Names are searched as strangers' names here; a customer's known name is another matter.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")

import django

django.setup()

from apps.access.masking import spans_of  # settings are read on import

Label = tuple[int, int, str]

PRESIDIO = {
    "PERSON": "name", "ADDRESS": "address", "STREET_ADDRESS": "address", "ZIP_CODE": "address", "CREDIT_CARD": "card",
    "PHONE_NUMBER": "phone", "EMAIL_ADDRESS": "email", "US_SSN": "id", "US_DRIVER_LICENSE": "id", "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip", "DATE_TIME": "",
}  # fmt: skip
MULTIDOGO = {
    "name": "name", "username": "name", "address": "address", "email_address": "email", "phone_number": "phone",
    "card_number": "card", "ssn": "id", "account_number": "account",
    "account_id": "account", "target_account_number": "account", "phonenumber": "phone", "policyid": "account", "claimid": "account",
    "booking_confirmation_number": "order", "order_number": "order", "password": "password",
}  # fmt: skip


def presidio(folder: Path) -> Iterator[tuple[str, list[Label]]]:
    for path in sorted((folder / "pii").rglob("*.json.gz")):
        for one in json.loads(gzip.decompress(path.read_bytes())):
            yield (
                one["full_text"],
                [
                    (s["start_position"], s["end_position"], PRESIDIO[s["entity_type"]])
                    for s in one["spans"]
                    if s["entity_type"] in PRESIDIO
                ],
            )


def multidogo(folder: Path) -> Iterator[tuple[str, list[Label]]]:
    for path in sorted((folder / "multidogo").rglob("*.tsv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                words, labels = (row["utterance"] or "").split(), (row["slot-labels"] or "").split()
                if len(words) != len(labels):
                    continue
                found: list[Label] = []
                place, before = 0, ""
                for word, label in zip(words, labels, strict=True):
                    if label in MULTIDOGO:
                        if label == before:
                            found[-1] = (found[-1][0], place + len(word), found[-1][2])
                        else:
                            found.append((place, place + len(word), MULTIDOGO[label]))
                    before, place = label, place + len(word) + 1
                yield " ".join(words), found


def ours(_: Path) -> Iterator[tuple[str, list[Label]]]:
    """Lines such as `my pin is {code:4711}`; a line without a mark must be left alone."""
    for line in Path(__file__).with_name("pii_cases.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        line = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), line)
        text, found = "", []
        for place, piece in enumerate(re.split(r"\{([a-z]+:[^}]*)\}", line)):
            if place % 2:
                kind, value = piece.split(":", 1)
                found.append((len(text), len(text) + len(value), kind))
                piece = value
            text += piece
        yield text, found


def conversations(folder: Path) -> Iterator[str]:
    for path in sorted((folder / "events").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if text := json.loads(line).get("text"):
                    yield text


def measure(texts: Iterator[tuple[str, list[Label]]]) -> dict[str, Counter[str]]:
    """Count, by type: labelled, found, found as that type; taken out, taken out rightly."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for text, labels in texts:
        spans = spans_of(text)
        hidden = {place for start, end, _ in spans for place in range(start, end)}
        for start, end, kind in labels:
            places = [place for place in range(start, end) if text[place].isalnum()]
            # A date is a date of birth only where it is called one, which that set does not say: no recall for it.
            if not places or not kind:
                continue
            table[kind]["n"] += 1
            whole = sum(place in hidden for place in places) >= 0.9 * len(places)
            table[kind]["found"] += whole
            table[kind]["typed"] += whole and any(k == kind and s < end and start < e for s, e, k in spans)
        for start, end, kind in spans:
            right = any(s < end and start < e for s, e, _ in labels)
            table[kind]["taken"] += 1
            table[kind]["right"] += right
            if not right and "-v" in sys.argv:
                print(
                    f"  wrong {kind}: {text[max(0, start - 30) : start]}⟦{text[start:end]}⟧{text[end : end + 20]}".replace(
                        "\n", " "
                    )
                )
    return table


def share(part: int, whole: int) -> str:
    return f"{part / whole:6.1%}" if whole else "     -"


def main() -> None:
    folder = Path(sys.argv[1])
    for name, source in (("presidio-research", presidio), ("multidogo", multidogo), ("ours", ours)):
        table = measure(source(folder))
        print(f"\n{name:18} {'n':>6} {'recall':>7} {'typed':>7} {'taken':>6} {'precision':>9}")
        total: Counter[str] = Counter()
        for kind in sorted(table):
            total += table[kind]
            c = table[kind]
            print(f"{kind:18} {c['n']:6} {share(c['found'], c['n']):>7} {share(c['typed'], c['n']):>7}"
                  f" {c['taken']:6} {share(c['right'], c['taken']):>9}")  # fmt: skip
        print(f"{'all':18} {total['n']:6} {share(total['found'], total['n']):>7} {share(total['typed'], total['n']):>7}"
              f" {total['taken']:6} {share(total['right'], total['taken']):>9}")  # fmt: skip
    struck: Counter[str] = Counter()
    messages = 0
    for text in conversations(folder):
        messages += 1
        for start, end, kind in spans_of(text):
            struck[kind] += 1
            if "-v" in sys.argv:
                print(
                    f"  {kind}: {text[max(0, start - 30) : start]}⟦{text[start:end]}⟧{text[end : end + 20]}".replace(
                        "\n", " "
                    )
                )
    print(f"\n{messages} unlabelled messages; masked in a thousand: " + ", ".join(
        f"{kind} {n * 1000 / messages:.1f}" for kind, n in sorted(struck.items())))  # fmt: skip


if __name__ == "__main__":
    main()
