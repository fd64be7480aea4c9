"""How numbers with a unit are written, on the server and by shell.js alike."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

MINUS = "−"

Number: TypeAlias = int | float | Decimal


def duration_text(seconds: Number) -> str:
    """48s, 4m 10s, 2h 51m, 3d 4h; shell.js writes ticking clocks the same way."""
    whole = int(abs(float(seconds)))
    sign = MINUS if seconds < 0 and whole else ""
    if whole < 60:
        return f"{sign}{whole}s"
    if whole < 3600:
        return f"{sign}{whole // 60}m {whole % 60:02d}s"
    if whole < 48 * 3600:
        return f"{sign}{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{sign}{whole // 86400}d {whole % 86400 // 3600}h"
