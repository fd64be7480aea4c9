"""The command line: `python -m supervision.runtime run`, or `... with-servers -- COMMAND` and its like."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from supervision.env import DATA_DIR, ROOT, flag
from supervision.runtime import process, services
from supervision.runtime.bins import NoBinary
from supervision.runtime.home import Home
from supervision.runtime.installation import ensure_secrets
from supervision.runtime.portal import Portal
from supervision.runtime.servers import Servers

DEFAULT_PORT = 8321
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
USAGE = "run, services, remove-data, or one of with-servers, with-services and without-servers followed by -- COMMAND"

FACTORS_OFF = """\
  ATTENTION: second factors are OFF (MIDSHIFT_SECOND_FACTOR=0). A password alone opens every account, also an admin's.
  The sign-in page says so too. Set MIDSHIFT_SECOND_FACTOR=1 wherever there is anything to protect.
"""
_began = time.monotonic()


class Stopped(BaseException):
    """Somebody asked us to end. Not an Exception: nothing on the way may take it for an error."""


def say(text: str) -> None:
    """One line of progress with the seconds since the start."""
    print(f"  {time.monotonic() - _began:6.1f}s  {text}", flush=True)


def ignore_signals() -> None:
    """From here on we are stopping already; a second Ctrl-C must not leave half of it running."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _on_signal(number: int, frame: FrameType | None) -> None:
    ignore_signals()
    raise Stopped


@contextmanager
def the_only_one(data: Path, note: str) -> Iterator[None]:
    """Hold the folder's lock, which the kernel lets go however we end.

    :raises SystemExit: another run holds it; says which and where.
    """
    path = data / "lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise SystemExit(f"Midshift is running already in this folder ({lock.read().strip()}).") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {note}\n")
        lock.flush()
        yield


def port_of_portal() -> int:
    """Return PORT, or the usual one, or the next free one where that is taken.

    :raises SystemExit: PORT is no port or is taken.
    """
    given = os.environ.get("PORT")
    if given is None:
        return next((p for p in range(DEFAULT_PORT, DEFAULT_PORT + 50) if process.is_free(p)), process.free_port())
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise SystemExit(f"PORT cannot be read: saw {given!r}. Expected a number from 1 to 65535.")
    if not process.is_free(int(given)):
        raise SystemExit(f"Port {given} is taken by another program. Choose a free one, or leave PORT out.")
    return int(given)


def run() -> int:
    """Start everything, print where it is, and look after it until told to stop."""
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    for number in SIGNALS:
        signal.signal(number, _on_signal)
    try:
        _run()
    except Stopped:
        return 0
    return 0


def _run() -> None:
    demo = os.environ.get("DEMO", "1") != "0"
    with the_only_one(DATA_DIR, "started by `make run`"):
        if found := process.end_left_behind(str(DATA_DIR)):
            say(f"ended {found} processes that a killed run had left behind")
        port = port_of_portal()
        if demo:
            # Printed passwords and invented people: a code of everybody's telephone would only stand in the way.
            os.environ.setdefault("MIDSHIFT_SECOND_FACTOR", "0")
        env = {
            **os.environ,
            **ensure_secrets(DATA_DIR),
            process.MARK: str(DATA_DIR),
            "MIDSHIFT_DATA_DIR": str(DATA_DIR),
            "PYTHONUNBUFFERED": "1",
        }
        env.setdefault("MIDSHIFT_PUBLIC_URL", f"http://127.0.0.1:{port}")
        servers = Servers(data=DATA_DIR)
        portal: Portal | None = None
        try:
            say("starting the servers")
            env.update(servers.start())
            _prepare(env, demo=demo)
            portal = Portal(env=env, data=DATA_DIR, port=port, demo=demo)
            say("starting the portal")
            # Beside the portal's own start, because a Django process takes a second to come up.
            accounts = _manage(env, "demo_logins" if demo else "first_admin")
            try:
                portal.start()
                say("ready")
                print(f"\n  Midshift is at {env['MIDSHIFT_PUBLIC_URL']}\n", flush=True)
            finally:
                # Also when the portal does not come up: a first password is shown only once.
                print(accounts.communicate()[0], flush=True)
                if not flag("MIDSHIFT_SECOND_FACTOR", default=True):
                    print(FACTORS_OFF, flush=True)
            print("  Ctrl-C stops everything; your data stays.\n", flush=True)
            while True:
                time.sleep(0.25)
                servers.look_after(say)
                portal.look_after(say)
        finally:
            ignore_signals()
            print("\n  stopping", flush=True)
            if portal is not None:
                portal.stop()
            servers.stop()


def _prepare(env: Mapping[str, str], *, demo: bool) -> None:
    command = [sys.executable, "-m", "supervision.runtime.prepare", *(["--demo"] if demo else [])]
    # In a session of its own, so that Ctrl-C reaches us and not it; it ends with us.
    with subprocess.Popen(
        command, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        try:
            for line in child.stdout or ():
                say(line.rstrip())
        except Stopped:
            child.kill()
            raise
    if child.returncode:
        raise SystemExit("The portal could not be prepared; the reason stands above.")


def _manage(env: Mapping[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def with_servers(command: list[str], given: Mapping[str, str] | None = None) -> int:
    """Run a command beside throw-away servers, or those named by URL, and return its exit code."""
    os.environ.update(given or {})
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    with tempfile.TemporaryDirectory(prefix="midshift-", ignore_cleanup_errors=True) as folder:
        data = Path(folder)
        data.chmod(0o711)  # the servers' account walks through it
        servers = Servers(data=data, throw_away=True)
        try:
            env = {**os.environ, **ensure_secrets(data), **servers.start(), "MIDSHIFT_DATA_DIR": folder}
            return subprocess.run(command, env=env, check=False).returncode
        except (Stopped, KeyboardInterrupt):
            return 130
        finally:
            ignore_signals()
            servers.stop()


def without_servers(command: list[str]) -> int:
    """Run a command that reads the settings but reaches no server, as type checks do."""
    with tempfile.TemporaryDirectory(prefix="midshift-") as folder:
        nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
        env = {**os.environ, **ensure_secrets(Path(folder)), **nowhere, "MIDSHIFT_DATA_DIR": folder}
        return subprocess.run(command, env=env, check=False).returncode


def remove_data() -> int:
    """Remove the embedded servers' data, wherever it had to be put; refused while they run."""
    if DATA_DIR.is_dir():
        with the_only_one(DATA_DIR, "removing the data"):
            process.end_left_behind(str(DATA_DIR))
            Home(DATA_DIR).remove()
    return 0


def main(words: list[str]) -> int:
    """Read the command line."""
    match words:
        case ["run"]:
            return run()
        case ["with-servers", "--", *command] if command:
            return with_servers(command)
        case ["with-services", "--", *command] if command:
            return with_servers(command, services.given())
        case ["without-servers", "--", *command] if command:
            return without_servers(command)
        case ["services"]:
            return services.report()
        case ["remove-data"]:
            return remove_data()
    print(f"Saw {' '.join(words) or 'nothing'}. Expected: {USAGE}.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoBinary as error:
        sys.exit(str(error))
