"""Child processes that end with us, also when we are killed, and that run as somebody harmless where we are root."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _end_with_parent(how: int) -> Callable[[], None]:
    def set_signal() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, how)

    return set_signal


def harmless_user() -> pwd.struct_passwd | None:
    """Return the account servers run as when we are root; None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("Running as root needs an unprivileged account for PostgreSQL. Add a user called `postgres`.")


def reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Say whether an account may walk down to a folder and read it."""
    for part in (path, *path.parents):
        status = part.stat()
        if status.st_uid == user.pw_uid:
            continue
        if not status.st_mode & 0o001:
            return False
    return True


def start(
    command: Sequence[str | Path],
    *,
    log: IO[Any],
    env: Mapping[str, str] | None = None,
    user: pwd.struct_passwd | None = None,
    cwd: Path | None = None,
    on_parent_death: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (Ctrl-C reaches only us; we stop the children in order)."""
    account: dict[str, Any] = {}
    if user is not None:
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_end_with_parent(on_parent_death),
        **account,
    )


def stop(child: subprocess.Popen[bytes], *, how: int, seconds: float) -> None:
    """Ask a child to end and kill it when it does not within the time."""
    if child.poll() is not None:
        return
    child.send_signal(how)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def free_port(wanted: int | None = None) -> int:
    """Return a free TCP port of the loopback address: the wanted one where nobody has it."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("No free TCP port was found on 127.0.0.1.")


def wait_until(ready: Callable[[], bool], *, seconds: float, what: str, log: Path, alive: Callable[[], bool]) -> None:
    """Wait for a server; when it ends or the time is over, show the end of its log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and alive():
        if ready():
            return
        time.sleep(0.05)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.is_file() else ""
    raise SystemExit(f"{what} did not come up. The end of {log}:\n{tail}")
