"""Figures of the readings on labelled texts, beside those of what one would take instead."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from apps.analysis import asks_for_human, sentiment
from apps.analysis.running import ALPHA
from apps.analysis.training import data

NAIVE = re.compile(
    r"\b(?:agents?|humans?|representatives?|persons?|managers?|supervisors?|operators?|someone)\b", re.IGNORECASE
)
SEQUENCES = 3000
FALSE_ALARMS = 0.05


def table(folder: Path) -> Iterator[str]:
    """Yield the lines of the table."""
    yield from _sentiment(folder)
    yield from _requests(folder)


def recalls(labels: Sequence[int], said: Sequence[int], kinds: int = 3) -> list[float]:
    """The share of each label's texts that were given it."""
    return [
        sum(s == label for one, s in zip(labels, said, strict=True) if one == label) / max(1, labels.count(label))
        for label in range(kinds)
    ]


def _by_lexicon(text: str) -> int:
    score = float(sentiment.lexicon_features(text)[0])
    return 1 if abs(score) < sentiment.LEXICON_BORDER else 2 if score > 0 else 0


def _by_reading(text: str) -> int:
    found = sentiment.read(text)
    return sentiment.LABELS.index(found.label) if found.label in sentiment.LABELS else 1


def _sentiment(folder: Path) -> Iterator[str]:
    yield "sentiment                      macro recall   negative: recall  precision      n   texts/s of one core"
    for name, told in (("tweeteval val", data.tweeteval(folder)), ("airline", data.airline(folder))):
        for method, read in (("this", _by_reading), ("VADER", _by_lexicon)):
            began = time.process_time()
            said = [read(text) for text in told.texts]
            rate = len(said) / (time.process_time() - began)
            each = recalls(told.labels, said)
            hits = sum(a == b == 0 for a, b in zip(told.labels, said, strict=True))
            yield (
                f"  {name + ', ' + method:28} {sum(each) / 3:12.3f} {each[0]:18.3f} {hits / max(1, said.count(0)):10.3f}"
                f" {len(said):6,} {rate:12,.0f}"
            )
    yield _turns(data.airline(folder))


def _turns(told: data.Labelled) -> str:
    """Made sequences of six real messages: steady ones with a stray complaint in a third, and ones that turn for good."""
    rng = Random("turns")  # noqa: S311  # made sequences, the same on every run
    score = {text: sentiment.read(text).score or 0.0 for text in told.texts}
    by = [[t for t, label in zip(told.texts, told.labels, strict=True) if label == kind] for kind in range(3)]
    steady = []
    for _ in range(SEQUENCES):
        kinds = rng.choices([1, 2], [0.7, 0.3], k=6)
        if rng.random() < 1 / 3:
            kinds[rng.randrange(6)] = 0
        steady.append(min(_course([score[rng.choice(by[kind])] for kind in kinds])[1:]))
    border = sorted(steady)[int(FALSE_ALARMS * SEQUENCES)]
    caught = soon = 0
    for _ in range(SEQUENCES):
        before = rng.randrange(2, 5)
        kinds = rng.choices([1, 2], [0.8, 0.2], k=before) + [0] * (6 - before)
        course = _course([score[rng.choice(by[kind])] for kind in kinds])
        first = next((n for n in range(before, 6) if course[n] < border), 99)
        caught += first < 99
        soon += first <= before + 1
    return (
        f"  turns at {FALSE_ALARMS:.0%} false alarms: {caught / SEQUENCES:.1%} caught, {soon / SEQUENCES:.1%} within two"
        f" messages; border {border:.3f}"
    )


def _course(scores: Sequence[float]) -> list[float]:
    felt, out = scores[0], []
    for number, one in enumerate(scores):
        felt = one if number == 0 else ALPHA * one + (1 - ALPHA) * felt
        out.append(felt)
    return out


def _requests(folder: Path) -> Iterator[str]:
    told = list(data.requests(folder))
    yield "asks for a person                    recall  precision   alarms per 1,000 easy      n   texts/s of one core"
    methods: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("this", lambda text: asks_for_human.read(text).label == asks_for_human.ASKED),
        ("keywords", lambda text: NAIVE.search(text) is not None),
    )
    for method, asked in methods:
        began = time.process_time()
        said = [asked(one.text) for one in told]
        rate = len(said) / (time.process_time() - began)
        hits = sum(s and one.label == 1 for s, one in zip(said, told, strict=True))
        easy = [s for s, one in zip(said, told, strict=True) if one.kind.startswith("easy")]
        yield (
            f"  {method:32} {hits / max(1, sum(one.label for one in told)):9.3f} {hits / max(1, sum(said)):10.3f}"
            f" {1000 * sum(easy) / max(1, len(easy)):15.2f} {len(told):12,} {rate:12,.0f}"
        )
