"""Typed reading of the environment: one place that refuses bad values by name.

A value is looked for in the process environment first, then in `<data dir>/servers.env` and `<data dir>/secrets.env`,
which the runtime writes (mode 0600) when it starts the embedded servers, so that `manage.py shell` works beside a
running floor.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("MIDSHIFT_DATA_DIR") or ROOT / "var").resolve()


class BadSetting(Exception):
    """A setting is missing or cannot be read; the message names it, says what was seen and what is expected."""


def parse_env_file(text: str) -> dict[str, str]:
    """Read KEY=VALUE lines; blank lines and lines that start with # are skipped."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


@cache
def _written_by_runtime() -> Mapping[str, str]:
    values: dict[str, str] = {}
    for name in ("servers.env", "secrets.env"):
        path = DATA_DIR / name
        if path.is_file():
            values.update(parse_env_file(path.read_text(encoding="utf-8")))
    return values


def raw(name: str) -> str | None:
    """Return the value as text, or None when it is not set anywhere. An empty value counts as not set."""
    return os.environ.get(name) or _written_by_runtime().get(name) or None


def _read(name: str, default: T | None, expected: str, parse: Callable[[str], T]) -> T:
    seen = raw(name)
    if seen is None:
        if default is None:
            raise BadSetting(
                f"{name} is not set. Expected {expected}. Set it in the environment, or start everything with `make run`."
            )
        return default
    try:
        return parse(seen)
    except (ValueError, binascii.Error) as error:
        raise BadSetting(f"{name} cannot be read: {error}. Expected {expected}.") from error


def text(name: str, default: str | None = None) -> str:
    """Return a text value.

    :raises BadSetting: not set and without a default.
    """
    return _read(name, default, "a text", str)


def flag(name: str, *, default: bool) -> bool:
    """Return a yes-or-no value: 1, true, yes, on or 0, false, no, off."""

    def parse(seen: str) -> bool:
        word = seen.lower()
        if word in {"1", "true", "yes", "on"}:
            return True
        if word in {"0", "false", "no", "off"}:
            return False
        raise ValueError(f"saw {seen!r}")

    return _read(name, default, "1, true, yes, on or 0, false, no, off", parse)


def number(name: str, default: int, *, at_least: int = 0) -> int:
    """Return a whole number, not less than `at_least`."""

    def parse(seen: str) -> int:
        value = int(seen)
        if value < at_least:
            raise ValueError(f"saw {value}")
        return value

    return _read(name, default, f"a whole number, at least {at_least}", parse)


def words(name: str, default: list[str] | None = None) -> list[str]:
    """Return a comma separated list, without blanks around its words."""
    return _read(name, default, "words with commas between them", lambda seen: [w.strip() for w in seen.split(",")])


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return addresses or networks, comma separated; none when it is not set."""

    def parse(seen: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        return [ipaddress.ip_network(word.strip(), strict=False) for word in seen.split(",")]

    return _read(name, [], "addresses or networks such as 10.0.0.0/8, with commas between them", parse)


def keys(name: str) -> list[bytes]:
    """Return 32-byte keys given as base64, comma separated; the first one seals, all of them open.

    The values themselves never appear in the error.
    """

    def parse(seen: str) -> list[bytes]:
        found = []
        for place, word in enumerate(seen.split(","), start=1):
            try:
                key = base64.b64decode(word.strip(), validate=True)
            except binascii.Error:
                raise ValueError(f"key {place} is not base64") from None
            if len(key) != 32:
                raise ValueError(f"key {place} has {len(key)} bytes")
            found.append(key)
        return found

    return _read(name, None, "base64 of 32 random bytes, several with commas between them", parse)


def url(name: str, default: str | None = None, *, schemes: tuple[str, ...]) -> str:
    """Return a URL with one of the schemes. Its password never appears in the error."""

    def parse(seen: str) -> str:
        scheme = urlsplit(seen).scheme
        if scheme not in schemes:
            raise ValueError(f"saw the scheme {scheme!r}")
        return seen

    return _read(name, default, "a URL that starts with " + " or ".join(f"{s}:" for s in schemes), parse)


def database(name: str) -> dict[str, object]:
    """Return Django's settings for one PostgreSQL database from a URL.

    `postgresql://user:password@host:port/name`, or with a socket folder: `postgresql://user@/name?host=/folder`.
    """
    parts = urlsplit(url(name, schemes=("postgresql", "postgres")))
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    found = parts.path.lstrip("/")
    if not found:
        raise BadSetting(f"{name} names no database. Expected postgresql://user:password@host:port/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(found),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", "")) or parts.hostname or "",
        "PORT": query.get("port", "") or str(parts.port or ""),
    }
