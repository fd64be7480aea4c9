"""A process that holds open sockets, as so many pages would, and counts what they are sent."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

from supervision.env import ROOT
from tests.bench.sockets import open_sockets


class Watchers:
    """So many sockets in a process of their own, open when this returns."""

    def __init__(self, **orders: Any) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.watchers"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(orders).encode() + b"\n")
        self._child.stdin.flush()
        if self._child.stdout.readline() != b"open\n":
            raise RuntimeError("The sockets could not be opened; the reason stands above.")

    def close(self) -> int:
        """Close them; return how many contents they were sent. :raises RuntimeError: one of them was closed before."""
        told, _ = self._child.communicate()
        if self._child.returncode:
            raise RuntimeError("Not every socket stayed open.")
        return int(told)


async def _hold(orders: dict[str, Any]) -> int:
    frames = 0

    def heard(at: float) -> None:
        nonlocal frames
        frames += 1

    clients = await open_sockets(heard=heard, **orders)
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    if any(client.transport.is_closing() for client in clients):
        raise SystemExit("A socket was closed.")
    for client in clients:
        client.transport.close()
    return frames


if __name__ == "__main__":
    print(asyncio.run(_hold(json.loads(sys.stdin.readline()))))
