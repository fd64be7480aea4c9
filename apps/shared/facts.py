"""Facts: what happened, in the past tense, named by ids and times only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of every fact. A fact may cover a whole batch; it carries ids and times, never names or text."""
