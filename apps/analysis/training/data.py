"""Labelled texts as they lie in a folder of public data. Nothing of them is part of the product; see the model cards."""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = {"negative": 0, "neutral": 1, "positive": 2}
_ACCOUNT = re.compile(r"@\w+")
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts with the number of each one's label."""

    texts: list[str]
    labels: list[int]


def _lines(path: Path) -> list[str]:
    return _text(path).rstrip("\n").split("\n")


def _text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def key_of(text: str) -> str:
    """A text without what differs between copies of it."""
    plain = _ADDRESS.sub("", html.unescape(text).lower())
    return re.sub(r"[^a-z0-9]+", "", _ACCOUNT.sub("@", plain))


def _plain(text: str) -> str:
    return html.unescape(_ADDRESS.sub("http", _ACCOUNT.sub("@user", text)))


def tweeteval(data: Path) -> Labelled:
    """The validation part of TweetEval's sentiment task."""
    folder = data / "sentiment" / "tweeteval"
    return Labelled(_lines(folder / "val_text.txt.gz"), [int(one) for one in _lines(folder / "val_labels.txt.gz")])


def semeval(data: Path) -> Labelled:
    """SemEval 2013 to 2016, subtask A, each text once and none that is in TweetEval's validation part."""
    seen = {key_of(text) for text in tweeteval(data).texts}
    found = Labelled([], [])
    for path in sorted((data / "sentiment" / "semeval").glob("twitter-*.txt.gz")):
        for line in _lines(path):
            parts = line.rstrip("\r").split("\t")
            if len(parts) < 3:
                continue
            label, text = parts[1].strip().strip('"'), "\t".join(parts[2:]).strip()
            if label not in LABELS or text == "Not Available" or (key := key_of(text)) in seen:
                continue
            seen.add(key)
            found.texts.append(_plain(text))
            found.labels.append(LABELS[label])
    return found


def airline(data: Path) -> Labelled:
    """Tweets to airlines. Their licence allows to evaluate on them and not to train."""
    raw = _text(data / "sentiment" / "airline" / "Tweets.half0.csv.gz")
    seen: set[str] = set()
    found = Labelled([], [])
    for row in csv.DictReader(io.StringIO(raw)):
        if (key := key_of(row["text"]) + row["name"]) not in seen:
            seen.add(key)
            found.texts.append(_plain(row["text"]))
            found.labels.append(LABELS[row["airline_sentiment"]])
    return found


@dataclass(frozen=True, slots=True)
class Request:
    """One message that asks for a person or does not; `kind` says how hard it is to tell."""

    text: str
    label: int
    kind: str


def requests(data: Path) -> Iterator[Request]:
    """Messages labelled by whether they ask for a person."""
    for line in _lines(data / "human-request" / "human_request.half0.jsonl.gz"):
        one = json.loads(line)
        yield Request(one["text"], int(one["label"]), one["kind"])
