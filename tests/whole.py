"""The whole suite as two processes side by side, each on servers of its own: the browser's tests, and all others.

`python -m tests.whole`. A browser waits more than it works, so two cores do both in little more than the time of one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

PARTS = ("rest", "browser")


def command(part: str, words: list[str]) -> list[str]:
    """The command that runs one part of the suite on throw-away servers."""
    python = sys.executable
    return [
        python, "-m", "supervision.runtime", "with-servers", "--", python, "-m", "pytest", "--part", part, *words,
    ]  # fmt: skip


def main(words: list[str]) -> int:
    """Run both parts; what the browser's part says is told after the other's. Not zero as soon as one of them is not."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as told:
        beside = subprocess.Popen(command("browser", words), stdout=told, stderr=subprocess.STDOUT)
        try:
            here = subprocess.run(command("rest", words), check=False).returncode
            there = beside.wait()
        finally:
            beside.terminate()
        told.seek(0)
        print("\nin the browser:", flush=True)
        sys.stdout.buffer.write(told.read())
    print(f"both parts: {time.monotonic() - began:.0f} s", flush=True)
    return here or there


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
