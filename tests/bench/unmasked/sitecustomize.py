"""Read by each Python process of the portal that a bench starts without the mask: texts go in as they came."""

from __future__ import annotations

from typing import Any

from apps.access import masking


def _plain(*, text: str, among: tuple[masking.Found, ...] = (), **_: Any) -> masking.Masked:
    return masking.Masked(masking.storable(text), among)


def _nothing(text: str) -> str:
    return ""


masking.mask = _plain  # type: ignore[assignment]
masking.asked_in = masking.figures_in = _nothing
