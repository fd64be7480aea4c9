"""How many short messages a second the mask reads, and how long the worst texts of 64 KiB take.

python -m tests.bench.mask_bench
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")

import django

django.setup()

from apps.access.masking import NOBODY, Known, mask  # settings are read on import

WORDS = (
    "Hello, where is my parcel? It was due yesterday and nobody answers",
    "Thanks, that works now!",
    "I ordered the blue one but the green one came, what can I do about it please",
)
NUMBERS = (
    "my order NW482133 of 24.11.2026 is late, 3 items missing",
    "can you call on Monday at 10:30, order 20261124-77",
)
HITS = ("my card is 4111 1111 1111 1111, call 020 7946 0018 or write to anna.berg@example.test",)
EVIL = (
    "1 ", "4 ", "a@", "[", "(1", "A1", "1", "+44 7700 900123 ", "12-", "4111 1111 1111 1112 ", "GB82 ",
    "GB82 WEST 1234 5698 7654 33 ", "a@a.", "020 7946 0018 ", "1234567 ", "12.34.56.78 ", "(020) 1-2 ", "Greta ",
    "AA11 ", "[card 1]", "é", "0(1/2-3.4)",
)  # fmt: skip


def rate(texts: Sequence[str], known: Known, seconds: float = 1.0) -> float:
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for text in texts:
            mask(text=text, known=known)
        done += len(texts)
    return done / (time.perf_counter() - began)


def main() -> dict[str, float]:
    greta = Known(names=("Greta Lindqvist",), emails=("greta@example.test",), phones=("+44 7700 900123",))
    figures = {
        f"mask, {what}, {who}, messages/s": round(rate(texts, known))
        for what, texts in (("words only", WORDS), ("with numbers", NUMBERS), ("three hits", HITS))
        for who, known in (("nobody known", NOBODY), ("customer known", greta))
    }
    worst = 0.0
    for piece in EVIL:
        began = time.process_time()
        mask(text=(piece * 65536)[:65536], known=greta)
        worst = max(worst, time.process_time() - began)
    figures["mask, worst text of 64 KiB, ms"] = round(worst * 1000)
    return figures


if __name__ == "__main__":
    for name, figure in main().items():
        print(f"{name:45} {figure:>12,}")
