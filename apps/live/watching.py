"""What a client may ask for: `{"watch": [{"region": name, "params": {…}}, …]}`, within limits."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

LARGEST_MESSAGE = 64 * 1024
MESSAGES_A_MINUTE = 100
MOST_WATCHES = 40
MOST_PARAMS = 8
LONGEST_WORD = 200
PARAM_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class BadWatch(Exception):
    """The message could not be used; its text is a sentence that says what was seen and what was expected."""


class WatchOf(msgspec.Struct, frozen=True):
    region: str
    params: dict[str, str] = {}


class _Wish(msgspec.Struct):
    watch: list[WatchOf]


def checked_params(params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters in order of their names.

    :raises BadWatch: too many, a name that none can have, or a value that is too long.
    """
    if len(params) > MOST_PARAMS:
        raise BadWatch(f"A region takes at most {MOST_PARAMS} parameters; {len(params)} were sent.")
    for name, value in params.items():
        if not PARAM_NAME.fullmatch(name):
            raise BadWatch(f"“{name[:40]}” is no name of a parameter: small letters, digits and _ are.")
        if len(value) > LONGEST_WORD or "\x00" in value:
            raise BadWatch(f"The parameter {name} must be text of at most {LONGEST_WORD} characters.")
    return dict(sorted(params.items()))


def parse(text: str) -> list[WatchOf]:
    """Read a message; the list replaces what the socket watched before.

    :raises BadWatch: not JSON, not that shape, or more than a socket may watch.
    """
    try:
        wish = msgspec.json.decode(text, type=_Wish)
    except msgspec.DecodeError as error:
        expected = 'Expected {"watch": [{"region": "…", "params": {}}]}.'
        raise BadWatch(f"The message could not be read: {error}. {expected}") from error
    if len(wish.watch) > MOST_WATCHES:
        raise BadWatch(f"A page may watch at most {MOST_WATCHES} regions; {len(wish.watch)} were asked for.")
    return [WatchOf(region=one.region[:LONGEST_WORD], params=checked_params(one.params)) for one in wish.watch]
