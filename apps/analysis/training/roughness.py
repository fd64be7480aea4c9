"""Learn what rough texts have and clean ones have not, and write the artefact with its checksum.

A model that has seen no clean text of chats calls one bot's turn in five rude: people's and bots' ordinary turns are as much of
what is learnt as the rude texts are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import numpy as np

from apps.analysis import roughness
from apps.analysis.artefact import packed
from apps.analysis.training import data, softmax, talks
from apps.analysis.training.sentiment import NO_WORDS, normal_rows
from apps.analysis.words import SIZE, grams_of, words_of

STRENGTH = 1.5
STEPS = 120
# One tweet in seven is left out, all copies of it together (the folder holds no tweet whose checksum five divides), and whole files of
# SGD with other matters than those that are learnt.
HELD_OUT = 7
LEARNT_FILES, HELD_OUT_FILES = ("001", "005", "009"), ("020", "030")
# Of MultiDoGO's turns one in so many: all of them would drown what else is clean.
ONE_IN = 3

Marked = tuple[str, bool]


def tweets(folder: Path, *, held_out: bool) -> list[Marked]:
    """Davidson's tweets, and whether each is hateful or offensive: those that are learnt, or those that are left out for measuring."""
    return [
        (text, is_rude)
        for text, is_rude in talks.rude(folder)
        if (crc32(data.key_of(text).encode()) % HELD_OUT == 0) == held_out
    ]


def sentences(folder: Path) -> Iterator[Marked]:
    """Sentences of comments, and whether people marked words in them; comments without such words are left out.

    What stands beside a marked sentence is about the same matter, so that a matter is not learnt for rudeness.
    """
    for text, places in talks.comments(folder):
        for start, end in roughness.sentences_of(text) if places else ():
            yield text[start:end], any(start <= place < end for place in places)


def learnt_from(folder: Path) -> list[Marked]:
    """All texts that are learnt, and whether each is rough."""
    clean = [text for text, _ in talks.turns_of(folder, LEARNT_FILES)]
    clean += [turn.text for talk in talks.talks(folder, "train") for turn in talk.turns][::ONE_IN]
    return [*tweets(folder, held_out=False), *sentences(folder), *((text, False) for text in clean)]


def learn(folder: Path, *, tell: Callable[[str], None]) -> bytes:
    """Return the artefact, learnt from a folder of data. Deterministic."""
    told = learnt_from(folder)
    tell(f"{len(told):,} texts, {sum(is_rough for _, is_rough in told):,} of them rough")
    said = (words_of(text) for text, _ in told)
    held = [grams_of(words).counts() if words else NO_WORDS for words in said]
    seen = np.bincount(np.concatenate([places for places, _ in held]), minlength=SIZE)
    rarity = np.log((1 + len(held)) / (1 + seen)) + 1
    table, _, bias = softmax.fit(
        normal_rows(held, rarity), np.zeros((len(held), 0)), np.array([int(is_rough) for _, is_rough in told]),
        strength=STRENGTH, steps=STEPS,
        tell=lambda step, loss: tell(f"step {step}, loss {loss:,.1f}") if step % 10 == 0 else None,
    )  # fmt: skip
    return packed(
        table=((table[:, 1] - table[:, 0]) * rarity).astype(np.float16), rarity=rarity.astype(np.float16),
        bias=np.array([bias[1] - bias[0]], np.float32),
    )  # fmt: skip
