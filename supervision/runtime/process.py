"""Child processes that end with us, also when we are killed, and that run as somebody harmless where we are root."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

# Every process of an installation carries its data folder under this name, so that a new start finds what a killed one
# left behind, grandchildren included, without trusting a number in a file that may be somebody else's by now.
MARK = "MIDSHIFT_RUNS_IN"

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_HARMLESS = ("postgres", "nobody")


class NotStarted(SystemExit):
    """Something did not come up; the message shows the end of its log."""


def _end_with_parent(how: int) -> Callable[[], None]:
    parent = os.getpid()

    def set_signal() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, how)
            if os.getppid() != parent:  # it died before the line above took effect
                os._exit(1)

    return set_signal


def harmless_user(home: Path | None = None) -> pwd.struct_passwd | None:
    """Return the account servers run as when we are root; None when we are an ordinary user already.

    The owner of data that is there already stays the one, whichever accounts were added since.
    """
    if os.geteuid() != 0:
        return None
    known = []
    for name in _HARMLESS:
        with contextlib.suppress(KeyError):
            known.append(pwd.getpwnam(name))
    if not known:
        raise SystemExit("Running as root needs an unprivileged account for the servers. Add a user called `postgres`.")
    owner = home.stat().st_uid if home is not None and home.is_dir() else None
    return next((account for account in known if account.pw_uid == owner), known[0])


def reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Say whether an account may walk down to a path."""
    for part in (path, *path.parents):
        status = part.stat()
        if status.st_uid != user.pw_uid and not status.st_mode & 0o001:
            return False
    return True


def start(
    command: Sequence[str | Path],
    *,
    log: IO[Any],
    reports: IO[Any] | None = None,
    env: Mapping[str, str] | None = None,
    user: pwd.struct_passwd | None = None,
    cwd: Path | None = None,
    on_parent_death: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: Ctrl-C reaches only us, and we stop the children in order.

    What it prints goes to the log, or, where `reports` is given, only its errors do.
    """
    account: dict[str, Any] = {}
    if user is not None:
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=reports or log,
        stderr=log,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=True,
        # Runs after the change of account, which would take the signal away again.
        preexec_fn=_end_with_parent(on_parent_death),
        **account,
    )


def how_it_ended(code: int) -> str:
    """Say in words what an exit code means."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def end_group(leader: int) -> None:
    """Kill what is left of a child's session: its own children have nobody to work for."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def stop(children: Iterable[tuple[subprocess.Popen[bytes], int]], *, seconds: float) -> None:
    """Ask children to end, each with its signal, and kill those that have not done so when the time is over."""
    asked = list(children)
    for child, how in asked:
        if child.poll() is None:
            child.send_signal(how)
    end = time.monotonic() + seconds
    for child, _ in asked:
        try:
            child.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        end_group(child.pid)


def left_behind(mark: str) -> list[int]:
    """Return the processes that carry an installation's mark, except this one and those it came from."""
    ours = set()
    pid = os.getpid()
    while pid > 1 and pid not in ours:
        ours.add(pid)
        pid = _parent(pid)
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            if int(entry.name) not in ours and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def _parent(pid: int) -> int:
    try:
        # The name in parentheses may hold anything, so count from its end.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def end_left_behind(mark: str, *, seconds: float = 5) -> int:
    """End what a killed run left behind and return how many processes it was."""
    first = left_behind(mark)
    for pid in first:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + seconds
    while (now := left_behind(mark)) and time.monotonic() < end:
        time.sleep(0.1)
    for pid in now:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(first)


def is_free(port: int) -> bool:
    """Say whether nobody listens on a TCP port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(wanted: int | None = None) -> int:
    """Return a free TCP port of the loopback address: the wanted one where nobody has it."""
    if wanted and is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], *, seconds: float, what: str, log: Path, alive: Callable[[], bool]) -> None:
    """Wait for a server.

    :raises NotStarted: it ended, or the time is over.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end and alive():
        if ready():
            return
        time.sleep(0.05)
    raise NotStarted(f"{what} did not come up. The end of {log}:\n{tail(log)}")


def tail(log: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.is_file() else ""
