"""Customers' sides of public conversations, with what each message wants: for what is learnt of whole conversations."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

DOMAINS = ("airline", "fastfood", "finance", "insurance", "media", "software")
# Intents of messages that say nothing by themselves.
EMPTY = frozenset(
    {"contentonly", "openinggreeting", "closinggreeting", "thankyou", "confirmation", "rejection", "outofdomain", ""}
)

# Intents of CLINC150 that wish for nothing.
SMALL_TALK = frozenset({"thank_you", "greeting", "goodbye", "yes", "no", "maybe", "tell_joke", "fun_fact"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a customer. Values of slots are written as placeholders, as the mask would."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Talk:
    """One customer's messages in their order."""

    domain: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts, and whether the second says the same as the first."""

    first: str
    second: str
    is_same: bool
    domain: str = ""


def talks(data: Path, part: str) -> list[Talk]:
    """The conversations of MultiDoGO's part train or dev."""
    found: dict[tuple[str, str], list[tuple[float, Turn]]] = {}
    for domain in DOMAINS:
        raw = gzip.decompress((data / "multidogo" / "turn_level" / domain / f"{part}.tsv.gz").read_bytes()).decode()
        for row in csv.DictReader(io.StringIO(raw), delimiter="\t", quoting=csv.QUOTE_NONE):
            try:
                number = float(row["turnNumber"])
            except (TypeError, ValueError):
                continue
            found.setdefault((domain, row["conversationId"]), []).append(
                (number, Turn(row["utterance"] or "", row["intent"] or ""))
            )
    return [
        Talk(domain, tuple(turn for _, turn in sorted(turns, key=lambda one: one[0])))
        for (domain, _), turns in found.items()
    ]


def restatements(data: Path, part: str) -> list[Pair]:
    """Pairs of texts: the same wish in the words of different customers, against later turns and other wishes of a domain."""
    rng = Random(0)  # noqa: S311  # the same on every run
    by: dict[tuple[str, str], list[tuple[Talk, int, str]]] = defaultdict(list)
    for talk in talks(data, part):
        for n, turn in enumerate(talk.turns):
            if turn.intent not in EMPTY and "<div>" not in turn.intent and len(turn.text.split()) >= 3:
                by[talk.domain, turn.intent].append((talk, n, turn.text))
    of_domain: dict[str, list[str]] = defaultdict(list)
    for domain, intent in by:
        of_domain[domain].append(intent)
    pairs: list[Pair] = []
    for (domain, intent), held in by.items():
        if len(held) < 3:
            continue
        for talk, n, text in held[:150]:
            other = rng.choice(held)
            if other[0] is not talk and other[2] != text:
                pairs.append(Pair(text, other[2], is_same=True, domain=domain))
            later = [t.text for t in talk.turns[n + 1 :] if t.intent != intent and len(t.text.split()) >= 3
                     and t.intent not in ("thankyou", "closinggreeting", "openinggreeting")]  # fmt: skip
            if later:
                pairs.append(Pair(text, rng.choice(later), is_same=False, domain=domain))
            others = [one for one in of_domain[domain] if one != intent]
            if others:
                pairs.append(Pair(text, rng.choice(by[domain, rng.choice(others)])[2], is_same=False, domain=domain))
    return pairs


def bank_restatements(data: Path) -> list[Pair]:
    """The same of questions to a bank."""
    rng = Random(0)  # noqa: S311  # the same on every run
    by: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(_text(data / "intent" / "banking77" / "train.csv.gz"))):
        by[row["category"]].append(row["text"])
    names = list(by)
    pairs = []
    for name in names:
        for text in by[name][:20]:
            pairs.append(Pair(text, rng.choice([one for one in by[name] if one != text]), is_same=True))
            pairs.append(Pair(text, rng.choice(by[rng.choice([one for one in names if one != name])]), is_same=False))
    return pairs


def wishes(data: Path) -> list[list[str]]:
    """What customers ask for, of four collections: banking77, CLINC150, MultiDoGO's part train and Bitext; each text once."""
    folder = data / "intent"
    told = json.loads(_text(folder / "clinc150" / "data_full.train_val.json.gz"))
    return [
        [*dict.fromkeys(texts)]
        for texts in (
            [row["text"] for row in csv.DictReader(io.StringIO(_text(folder / "banking77" / "train.csv.gz")))],
            [text for text, intent in told["train"] if intent not in SMALL_TALK],
            [
                turn.text
                for talk in talks(data, "train")
                for turn in talk.turns
                if turn.intent not in EMPTY and len(turn.text.split()) >= 3
            ],
            [row["utterance"] for row in csv.DictReader(io.StringIO(_text(folder / "bitext" / "train.csv.gz")))],
        )
    ]


def thanks(data: Path) -> list[str]:
    """What customers say to thank, of CLINC150 and MultiDoGO's part train; each text once."""
    told = json.loads(_text(data / "intent" / "clinc150" / "data_full.train_val.json.gz"))
    turns = [turn for talk in talks(data, "train") for turn in talk.turns]
    said = [turn.text for turn in turns if turn.intent == "thankyou" and len(turn.text.split()) >= 3]
    return [*dict.fromkeys([text for text, intent in told["train"] if intent == "thank_you"] + said)]


def _text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode("utf-8")


@dataclass(frozen=True, slots=True)
class Shop:
    """What one AI agent was taught, and messages it got: the intent, or nothing where it knows none."""

    name: str
    taught: list[tuple[str, str]]
    asked: list[tuple[str, str]]


def shops(data: Path) -> Iterator[Shop]:
    """HINT3's three bots."""
    for name in ("curekart", "powerplay11", "sofmattress"):
        folder = data / "intent" / "hint3"
        taught = [
            (r["sentence"], r["label"]) for r in csv.DictReader(io.StringIO(_text(folder / f"{name}_train.csv.gz")))
        ]
        asked = [(r["sentence"], "" if r["label"] == "NO_NODES_DETECTED" else r["label"])
                 for r in csv.DictReader(io.StringIO(_text(folder / f"{name}_test.half0.csv.gz")))]  # fmt: skip
        yield Shop(name, taught, asked)


def replies(data: Path) -> list[str]:
    """Real replies of companies. Their licence allows to evaluate on them and not to train."""
    raw = _text(data / "dialogues" / "twcs" / "twcs_subset.half0.csv.gz")
    return [row["text"] for row in csv.DictReader(io.StringIO(raw)) if row["inbound"] == "False"]


def rude(data: Path) -> list[tuple[str, bool]]:
    """Davidson's tweets, and whether each is hateful or offensive."""
    raw = _text(data / "toxicity" / "davidson" / "labeled_data.part80.csv.gz")
    return [(row["tweet"], row["class"] != "2") for row in csv.DictReader(io.StringIO(raw))]


def empathy(data: Path) -> list[tuple[str, bool]]:
    """EPITOME's replies, and whether each reacts to a feeling. Their licence allows to evaluate on them and not to train."""
    raw = _text(data / "empathy" / "epitome" / "emotional-reactions-reddit.part80.csv.gz")
    return [(row["response_post"], int(row["level"]) > 0) for row in csv.DictReader(io.StringIO(raw))]


def offensive(data: Path) -> list[tuple[str, bool]]:
    """The validation part of TweetEval's offensive task, kept for measuring: tweets, and whether each is offensive."""
    folder = data / "toxicity" / "tweeteval-offensive"
    texts = _text(folder / "val_text.txt.gz").rstrip("\n").split("\n")
    return [*zip(texts, (one == "1" for one in _text(folder / "val_labels.txt.gz").split()), strict=True)]


def comments(data: Path) -> Iterator[tuple[str, frozenset[int]]]:
    """Comments of toxic-spans, part train, and the places of the letters that people called toxic."""
    raw = _text(data / "toxicity" / "toxic-spans" / "tsd_train.csv.gz")
    for row in csv.DictReader(io.StringIO(raw)):
        yield row["text"], frozenset(json.loads(row["spans"]))


def assistant_turns(data: Path) -> list[str]:
    """What an AI agent of today said in tau-bench's talks with made customers of an airline."""
    talks = json.loads(_text(data / "dialogues" / "tau-bench" / "gpt-4o-airline.half0.json.gz"))
    return [one["content"] for talk in talks for one in talk["traj"] if one["role"] == "assistant" and one["content"]]


def turns_of(data: Path, files: Sequence[str]) -> list[tuple[str, bool]]:
    """All turns of some files of SGD, and whether each is the system's."""
    return [
        (turn["utterance"], turn["speaker"] == "SYSTEM")
        for name in files
        for dialogue in json.loads(_text(data / "dialogues" / "sgd" / f"train_dialogues_{name}.json.gz"))
        for turn in dialogue["turns"]
    ]


def system_turns(data: Path) -> list[tuple[str, frozenset[str]]]:
    """The system's turns of SGD with their acts."""
    found = []
    for path in sorted((data / "dialogues" / "sgd").glob("*.json.gz")):
        for dialogue in json.loads(_text(path)):
            for turn in dialogue["turns"]:
                if turn["speaker"] == "SYSTEM":
                    found.append((turn["utterance"], frozenset(a["act"] for f in turn["frames"] for a in f["actions"])))
    return found
