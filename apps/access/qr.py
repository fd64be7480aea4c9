"""A QR code drawn as one SVG path: no script, no style, no picture from elsewhere."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# Light modules all round that a camera needs.
QUIET = 4


def qr(text: str, *, label: str) -> SafeString:
    """Draw a text. Dark on light in either theme, because many cameras read nothing else."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    return format_html(
        '<svg class="s-qr" viewBox="0 0 {0} {0}" role="img" aria-label="{1}" shape-rendering="crispEdges">'
        '<rect fill="#fff" width="{0}" height="{0}"></rect><path fill="#000" d="{2}"></path></svg>',
        len(rows),
        label,
        "".join(_run(x, y, width) for y, row in enumerate(rows) for x, width in _runs(row)),
    )


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Stretches of dark modules of one row: where they begin and how long they are."""
    found: list[tuple[int, int]] = []
    for x, is_dark in enumerate(row):
        if is_dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif is_dark:
            found.append((x, 1))
    return found


def _run(x: int, y: int, width: int) -> str:
    return f"M{x} {y}h{width}v1h-{width}z"
