"""What reading one message costs: all nine readings of the first tier over made conversations, on one core.

Every sentence is filled with words and numbers of its own, so that nothing is read twice from a cache.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from apps.access import tagger
from apps.access.masking import mask
from apps.analysis import (
    adherence,
    asks_for_human,
    complexity,
    intent,
    loops,
    repeat,
    roughness,
    safety,
    sentiment,
    standard_steps,
    tone,
)
from tests.bench.figures import Figure, percentile

SEED = 20261129
TALKS, TURNS = 400, 5
SAID = (
    "Hi, my {a} order {n} still has not arrived and the {b} looks wrong, what happened?",
    "I paid twice for the {a}, can you refund the second {b} payment please? It was ${m}",
    "no that is not what I asked, the {a} I got is {b} and I am really disappointed",
    "Could you change the delivery of order {n} to {m} Mill {a} Street, it should be {b}",
    "thanks, that helps. One more thing: does the {a} come with a {b}?",
    "This is the third time I write about {n}. Can I talk to a real person about the {a} {b}?",
)
ANSWERED = (
    "Hello, I am sorry to hear about the {a}. I will check the {b} for you right away.",
    "I understand how frustrating a late {a} is. Could you confirm the number {n} for me?",
    "Your {a} left our house on the {m}th and the {b} follows. Is there anything else I can help you with?",
    "The refund of ${m} for the {a} takes five working days. Have a great day!",
)
INTENTS = (
    "where is my {a} order", "refund the {a} please", "change the address of the {a}", "the {a} is broken", "does the {a} fit a {b}",
)  # fmt: skip


def _filled(chance: random.Random, text: str, words: list[str]) -> str:
    return text.format(
        a=chance.choice(words), b=chance.choice(words), n=chance.randint(100_000, 999_999), m=chance.randint(11, 99)
    )


def run(seconds: float | None) -> list[Figure]:
    """Read every conversation once, message by message; the limit is cutting the same texts into words."""
    chance = random.Random(SEED)  # made conversations, the same on every run
    words = sorted(word for word in tagger._plain_words() if word.isalpha() and len(word) > 3)
    talks = [
        [_filled(chance, chance.choice(SAID if turn % 2 == 0 else ANSWERED), words) for turn in range(2 * TURNS)]
        for _ in range(TALKS)
    ]
    opinion = intent.learn(
        [(_filled(chance, text, words), f"intent {n}") for _ in range(60) for n, text in enumerate(INTENTS)]
    )
    _read(talks[:20], opinion)  # what is loaded once is loaded
    began = time.process_time()
    each = _read(talks, opinion)
    spent = time.process_time() - began
    count = TALKS * TURNS * 2
    bare = _spent(lambda: [len(text.split()) for talk in talks for text in talk])
    return [
        Figure(
            name="nine readings of a message, on one core", unit="ms", value=1000 * spent / count, target=1.0, n=count,
            limit_name="cutting it into words", limit=1000 * bare / count,
            detail={"p99": 1000 * percentile(each, 0.99)}, note="masking, mood, request for a person, safety with roughness, tone, repeat, intent, "
            "complexity with loops, checklist",
        )
    ]  # fmt: skip


def _spent(what: Callable[[], object]) -> float:
    began = time.process_time()
    what()
    return time.process_time() - began


def _read(talks: list[list[str]], opinion: intent.Opinion) -> list[float]:
    """Read conversations as the worker does; return the seconds of each message."""
    each = []
    for talk in talks:
        said: list[str] = []
        answers: list[str] = []
        before = ""
        for turn, text in enumerate(talk):
            began = time.process_time()
            masked = mask(text=text, before=before).text
            if turn % 2 == 0:
                sentiment.read(masked, tuple(said[-3:]))
                asks_for_human.read(masked)
                repeat.read(masked, tuple(said[-3:]))
                opinion.read(masked)
                said.append(masked)
                complexity.read(said)
            else:
                safety.read(masked)
                roughness.read(masked, tuple(answers[-3:]))
                tone.read(masked)
                answers.append(masked)
                loops.read(answers)
                for step in standard_steps.STANDARD:
                    adherence.shown(step, masked)
            before = masked
            each.append(time.process_time() - began)
    return each
