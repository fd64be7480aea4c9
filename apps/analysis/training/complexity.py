"""Learn which openings lead to long conversations, from public ones: more messages of a customer than three in four have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

from apps.access.masking import mask
from apps.analysis import artefact, complexity
from apps.analysis.training import softmax, talks

STRENGTH = 0.4
STEPS = 80
LONG = 9


def openings(data: Path, part: str, turns: int) -> list[tuple[list[str], bool]]:
    """Masked openings of so many turns, and whether the conversation became a long one."""
    return [
        ([mask(text=turn.text).text for turn in talk.turns[:turns]], len(talk.turns) > LONG)
        for talk in talks.talks(data, part)
        if len(talk.turns) >= 4
    ]


def learn(data: Path, *, tell: Callable[[str], None]) -> bytes:
    """Return the artefact: what words add to the table of factors, which stays as it is."""
    told = [one for turns in (2, 3, 4) for one in openings(data, "train", turns)]
    Random(0).shuffle(told)  # noqa: S311  # the same on every run
    tell(f"{len(told):,} openings")
    places = [np.array(complexity.places_of(texts) or [0]) for texts, _ in told]
    values = [np.full(len(one), len(one) ** -0.5) for one in places]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in places])[:-1]])
    known = np.array(
        [[sum(w * complexity.factors(texts)[n] for n, w in complexity.TABLE.items())] for texts, _ in told]
    )
    rows = softmax.Rows(np.concatenate(places), np.concatenate(values), starts, complexity.SIZE)
    table, _, bias = softmax.fit(
        rows,
        np.zeros((len(told), 0)),
        np.array([int(long) for _, long in told]),
        strength=STRENGTH,
        steps=STEPS,
        offset=known,
    )
    return artefact.packed(
        table=(table[:, 1] - table[:, 0]).astype(np.float16), bias=np.array([bias[1] - bias[0]], np.float32)
    )
