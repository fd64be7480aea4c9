"""Second readers, beside the first ones and never in their way; here that of moods: MiniLM with a learnt delta.

A second reader is left out, and the first tier reads alone, when it is missing or switched off, when it fails, when it is too slow, and when
more waits than it can read in time. What was left out is told; what was read by the first tier alone carries its name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import structlog
from django.conf import settings

from apps.access import persons
from apps.analysis import artefact, minilm

NAME = "moods"
DELTA = artefact.FOLDER / "sentiment_minilm.npz"
# A text takes some 4 ms. Where one takes so long, the machine has other things to do.
SLOWEST_SECONDS = 0.05
# A batch may take so long besides: the first ones load what is not in memory.
GRACE_SECONDS = 1.0
# As many as one tick of the worker reads in about a second; where more waits, being in time comes first.
MOST_A_TICK = 300
REST = timedelta(minutes=1)
# What is missing is hardly there a minute later.
LONG_REST = timedelta(minutes=10)
Array = np.ndarray[Any, Any]
# As in the texts that the delta was learnt from.
_ACCOUNT, _ADDRESS = re.compile(r"@\w+"), re.compile(r"https?://\S+")
log = structlog.get_logger(__name__)


def shares(texts: Sequence[str]) -> Array:
    """The shares of negative, neutral and positive in each masked text.

    :raises NotThere: there is no MiniLM here, or no delta.
    """
    learnt = artefact.loaded(DELTA)
    if learnt is None:
        raise minilm.NotThere("the learnt delta is missing")
    plain = [_ADDRESS.sub("http", _ACCOUNT.sub("@user", text)) for text in texts]
    logits = minilm.encoder(DELTA).vectors(plain) @ learnt["head.w"].T + learnt["head.b"]
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    told: Array = raised / raised.sum(axis=1, keepdims=True)
    return told


def prepared() -> str:
    """Make the models' files where there are none yet, and say in one line who reads moods, repeats and intents here."""
    if not settings.SECOND_TIER:
        return "messages are read by the first tier alone: the second is switched off"
    try:
        minilm.built(DELTA)
        minilm.built()
    except (minilm.NotThere, artefact.Damaged) as missing:
        return f"messages are read by the first tier alone: {missing}"
    both = "moods, repeats and intents are read by both tiers: MiniLM is there"
    why = persons.why_not()
    return f"{both}; names by the first alone: {why}" if why else f"{both}; so are names: spaCy is there"


@dataclass
class SecondTier:
    """Whether one of this process's second readers reads, and why not. `why` is what the page shows of it."""

    read: Callable[[Sequence[str]], Array] = shares
    name: str = NAME
    clock: Callable[[], float] = time.perf_counter
    why: str = ""
    rests_until: datetime | None = None

    def is_on(self, *, at: datetime) -> bool:
        """Say whether it reads now; what rested long enough is tried again."""
        if not settings.SECOND_TIER:
            self.why = "it is switched off"
            return False
        if self.rests_until is not None and at < self.rests_until:
            return False
        self.why, self.rests_until = minilm.why_not(), None
        return not self.why

    def heard(self, texts: Sequence[str], *, at: datetime, is_patient: bool = False) -> Array | None:
        """Read texts, or None where it could not; a patient caller waits as long as it takes.

        Whatever goes wrong here must not keep the first tier's readings from being stored: it is logged, told and rested from.
        """
        began = self.clock()
        try:
            found = self.read(texts)
        except minilm.NotThere as missing:
            self._rest(str(missing), at + LONG_REST)
            return None
        except Exception:
            log.exception("second_tier_failed", tier=self.name, texts=len(texts))
            self._rest("it failed; the worker's log says how", at + REST)
            return None
        took = self.clock() - began
        if took > GRACE_SECONDS + SLOWEST_SECONDS * len(texts) and not is_patient:
            # What it read is good all the same and is kept.
            self._rest(f"it was too slow: {len(texts)} messages took {took:.1f} s", at + REST)
        return found

    def patient(self, *, at: datetime) -> Callable[[Sequence[str]], Array | None] | None:
        """The same for who has time; None where it does not read now."""
        return partial(self.heard, at=at, is_patient=True) if self.is_on(at=at) else None

    def fell_behind(self, *, waiting: int) -> None:
        """Tell that so many messages waited that the first tier reads them alone; the next tick is asked anew."""
        self.why = f"{waiting:,} messages waited at once"

    def _rest(self, why: str, until: datetime) -> None:
        self.why, self.rests_until = why, until
        log.warning("second_tier_rests", tier=self.name, why=why)


# Of this process: a worker's child reads by itself.
HERE = SecondTier()


def patient(*, at: datetime) -> Callable[[Sequence[str]], Array | None] | None:
    """The second reader for who has time, as `sentiment.read_many` hears it; None where there is none."""
    return HERE.patient(at=at)
