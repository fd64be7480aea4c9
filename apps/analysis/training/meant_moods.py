"""Teach MiniLM moods: the delta of the second tier, from SemEval's tweets and from what customers of other collections ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np

from apps.analysis import artefact
from apps.analysis.training import data, talks, taught_minilm

# Pieces of words that are learnt from of one text: tweets are hardly longer.
MOST_PIECES = 44
# Every negative tweet so many times, and as many of the other two labels; wishes of each collection; and thanks.
TIMES, WISHES, THANKS = 2, 500, 600
TOGETHER, RATE, WARM, FADE = 48, 8e-4, 0.1, 0.01
DROPPED = 0.1
# What a text is, after the three labels of tweets, and which shares of negative, neutral and positive it is told to have. A wish
# is mostly neutral, tells of trouble at times, and is not positive for its polite words.
WISH, THANK = 3, 4
TARGETS = (
    (0.966, 0.017, 0.017),
    (0.017, 0.966, 0.017),
    (0.017, 0.017, 0.966),
    (0.2, 0.8, 0.0),
    (0.017, 0.017, 0.966),
)
# How much each kind counts for.
COUNTS = (1.0, 1.0, 1.0, 0.5, 0.5)
# What is kept is the mean of the last states, each step forgetting so much of it.
FORGOTTEN = 0.005
SEED = 0
_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One text in pieces of words, with the number of its kind."""

    pieces: list[int]
    kind: int


def unescaped(text: str) -> str:
    """A tweet with its signs instead of their numbers, as some years of SemEval write them."""
    return _ESCAPED.sub(
        lambda found: bytes.fromhex(found[0].replace("\\u", "")).decode("utf-16-be", errors="ignore"), text
    )


def lessons(folder: Path, cut: Callable[[Sequence[str]], list[list[int]]]) -> list[Lesson]:
    """What is learnt from: as many tweets of each label, and wishes and thanks of customers, half of these as if to an account."""
    rng = np.random.default_rng(SEED)
    told = data.semeval(folder)
    by = [[n for n, label in enumerate(told.labels) if label == kind] for kind in range(len(data.LABELS))]
    most = TIMES * len(by[0])
    found: list[tuple[str, int]] = []
    for kind, held in enumerate(by):
        whole, rest = divmod(most, len(held))
        more = rng.choice(held, rest, replace=False).tolist()
        found += [(unescaped(told.texts[n]), kind) for n in held * whole + more]
    said = [(some, WISH, WISHES) for some in talks.wishes(folder)] + [(talks.thanks(folder), THANK, THANKS)]
    for some, kind, enough in said:
        for n in rng.choice(len(some), min(enough, len(some)), replace=False):
            found.append((f"@user {some[n]}" if rng.random() < 0.5 else some[n], kind))
    pieces = cut([text for text, _ in found])
    return [Lesson(one, kind) for one, (_, kind) in zip(pieces, found, strict=True)]


def batches(held: Sequence[Lesson]) -> Iterator[list[Lesson]]:
    """All lessons once, in batches of texts of like length, which are cheaper, in an order of chance."""
    rng = np.random.default_rng(SEED)
    order = [held[n] for n in rng.permutation(len(held))]
    wide = TOGETHER * 40
    mixed = [sorted(order[n : n + wide], key=lambda one: len(one.pieces)) for n in range(0, len(order), wide)]
    cut = [some[n : n + TOGETHER] for some in mixed for n in range(0, len(some), TOGETHER)]
    for n in rng.permutation(len(cut)):
        yield cut[n]


def rate(step: int, steps: int) -> float:
    """How fast is learnt at a step: rising at first, then falling as a cosine does."""
    warm = max(1, int(WARM * steps))
    if step < warm:
        return RATE * (step + 1) / warm
    return RATE * (1 + cos(pi * (step - warm) / max(1, steps - warm))) / 2


def loss(torch: Any, logits: Any, kinds: Sequence[int]) -> Any:
    """How wrong: the mean cross entropy against what each kind is told to be."""
    targets = torch.tensor([TARGETS[kind] for kind in kinds])
    counts = torch.tensor([COUNTS[kind] for kind in kinds])
    return (-(targets * torch.log_softmax(logits, 1)).sum(1) * counts).sum() / counts.sum()


def learn(folder: Path, *, tell: Callable[[str], None]) -> bytes:
    """Return the artefact: deterministic on one machine, in some half an hour of one core.

    :raises NoTorch: there is no torch here.
    :raises NotThere: there is no MiniLM here.
    """
    torch = taught_minilm.torch_here()
    torch.use_deterministic_algorithms(mode=True)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    model = taught_minilm.fresh(torch, seed=SEED)
    cutter = taught_minilm.cutter(MOST_PIECES)
    held = lessons(folder, lambda texts: [one.ids for one in cutter.encode_batch(list(texts))])
    tell(f"{len(held):,} texts, {sum(one.kind >= WISH for one in held):,} of them wishes and thanks")
    return artefact.packed(**taught_minilm.kept(taught(torch, model, list(batches(held)), tell)))


def taught(
    torch: Any, model: taught_minilm.Taught, some: Sequence[Sequence[Lesson]], tell: Callable[[str], None]
) -> dict[str, Any]:
    """Teach the model batch by batch, and return the mean of its last states."""
    optimizer = torch.optim.AdamW(model.learnt.values(), lr=RATE, weight_decay=FADE)
    mean = {name: one.detach().clone() for name, one in model.learnt.items()}
    for step, batch in enumerate(some):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, len(some))
        logits = model.logits(*taught_minilm.together(torch, [one.pieces for one in batch]), dropped=DROPPED)
        wrong = loss(torch, logits, [one.kind for one in batch])
        optimizer.zero_grad()
        wrong.backward()
        torch.nn.utils.clip_grad_norm_(model.learnt.values(), 1.0)
        optimizer.step()
        for name, one in model.learnt.items():
            mean[name].lerp_(one.detach(), max(FORGOTTEN, 1 / (step + 1)))
        if step % 25 == 0:
            tell(f"batch {step + 1} of {len(some)}, loss {wrong.item():.3f}")
    return mean
