"""The whole suite as three processes side by side, each on servers of its own: the browser's tests, and two halves of the
others.

`python -m tests.whole`. A browser and a database keep a test waiting half of the time, so three processes use two cores.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack

HERE, *BESIDE = ("first", "second", "browser")


def command(part: str, words: list[str]) -> list[str]:
    """The command that runs one part of the suite on throw-away servers."""
    python = sys.executable
    return [
        python, "-m", "supervision.runtime", "with-servers", "--", python, "-m", "pytest", "--part", part, *words,
    ]  # fmt: skip


def main(words: list[str]) -> int:
    """Run all parts; what the others say is told after the first one. Not zero as soon as one of them is not."""
    began = time.monotonic()
    with ExitStack() as stack:
        told = {part: stack.enter_context(tempfile.TemporaryFile()) for part in BESIDE}
        beside = {
            part: subprocess.Popen(command(part, words), stdout=out, stderr=subprocess.STDOUT)
            for part, out in told.items()
        }
        try:
            codes = [subprocess.run(command(HERE, words), check=False).returncode]
            codes += [process.wait() for process in beside.values()]
        finally:
            for process in beside.values():
                process.terminate()
        for part, out in told.items():
            out.seek(0)
            print(f"\nthe {part} part:", flush=True)
            sys.stdout.buffer.write(out.read())
    print(f"all parts: {time.monotonic() - began:.0f} s", flush=True)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
