"""What an installation keeps beside its data: keys, and how to reach its servers. Files only their owner can read."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from supervision.env import parse_env_file

SECRETS = "secrets.env"  # made once; without it nothing sealed can be opened again
SERVERS = "servers.env"  # the URLs in use, for `manage.py` beside a running portal
EMBEDDED = "embedded.env"  # ports and passwords of the embedded servers, kept while URLs replace them


def read(path: Path) -> dict[str, str]:
    """Return the KEY=VALUE lines of a file; nothing where there is no file."""
    return parse_env_file(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_private(path: Path, values: dict[str, str]) -> None:
    """Write KEY=VALUE lines that only the owner can read, whole or not at all."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    temporary.replace(path)


def ensure_secrets(data: Path) -> dict[str, str]:
    """Return the secret key and the sealing keys, made at the first start; values in the environment come first."""
    path = data / SECRETS
    kept = read(path)
    makers: dict[str, Callable[[], str]] = {
        "MIDSHIFT_SECRET_KEY": lambda: secrets.token_urlsafe(48),
        "MIDSHIFT_SEAL_KEYS": lambda: base64.b64encode(os.urandom(32)).decode(),
    }
    made = {name: make() for name, make in makers.items() if not os.environ.get(name) and name not in kept}
    if made:
        data.mkdir(parents=True, exist_ok=True)
        write_private(path, {**kept, **made})
    found = {**kept, **made}
    return {name: os.environ.get(name) or found[name] for name in makers}
