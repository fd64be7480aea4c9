"""Memories as rows keep them: plain values in, the same memory out, also of a version that knew less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from apps.alerts.engine.series import Memory, State

_STATES = {one.value: one for one in State}
_NAMES = frozenset(one.name for one in fields(Memory))


def kept(memory: Memory) -> dict[str, Any]:
    """Return a memory as JSON can hold it; what is as it was at the beginning is left out."""
    blank = asdict(Memory())
    return {name: value for name, value in asdict(memory).items() if value != blank[name]}


def remembered(row: Mapping[str, Any]) -> Memory:
    """Return the memory that a row holds."""
    known = {name: value for name, value in row.items() if name in _NAMES}
    known["state"] = _STATES[known.get("state", State.INACTIVE.value)]
    return Memory(**known)
