"""What travels over the socket. Every frame is one JSON object; `seq` counts up by one a frame for each socket.

- a region's HTML: `{"seq", "ts", "region", "params", "html"}`; without `html` the client fetches the region by HTTP
- refused: `{…, "region", "params", "refused": sentence}`; an error: `{…, "error": sentence, "reference"}`
- a beat: `{"seq": number of the last frame, "ts", "beat": true}`; it has no number of its own
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import msgspec

# A frame larger than this is not pushed: the client fetches the region, compressed, by HTTP.
LARGEST_HTML = 256 * 1024

# The text of an elapsed time is older each second; the browser counts it up by itself from `data-since`.
_TICKING = re.compile(r'(<[^<>]*\sdata-since="[^"]*"[^<>]*>)[^<]*')


def digest(html: str) -> bytes:
    """Name a content. Two renders that differ only in the text of ticking clocks have the same name."""
    return hashlib.blake2b(_TICKING.sub(r"\1", html).encode(), digest_size=16).digest()


def _body(values: Mapping[str, object]) -> str:
    """Encode everything but the number and the time, so that a thousand sockets share the work."""
    return "," + msgspec.json.encode(values).decode()[1:]


def html_body(region: str, params: Mapping[str, str], html: str) -> str:
    """A region's new content, or the word to fetch it when it is too large to push."""
    if len(html) > LARGEST_HTML:
        return _body({"region": region, "params": params})
    return _body({"region": region, "params": params, "html": html})


def refused_body(region: str, params: Mapping[str, str], sentence: str) -> str:
    """The viewer may not, or may no longer, see the region."""
    return _body({"region": region, "params": params, "refused": sentence})


def failed_body(region: str, params: Mapping[str, str], sentence: str, reference: str) -> str:
    """The region could not be rendered; the old figures stay."""
    return _body({"region": region, "params": params, "error": sentence, "reference": reference})


def mistake_body(sentence: str) -> str:
    """What the client sent could not be read."""
    return _body({"error": sentence})


BEAT_BODY = ',"beat":true}'


def frame(seq: int, milliseconds: int, body: str) -> str:
    """Put number and time before a body."""
    return f'{{"seq":{seq},"ts":{milliseconds}{body}'
