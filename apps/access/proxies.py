"""Which address a request came from, when a proxy may stand in front."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(meta: Mapping[str, Any]) -> str | None:
    """Return the address of the client as one text, or None where it cannot be told.

    X-Forwarded-For is read only when a named proxy sent it, from its right end, which the proxy wrote, to the first that is
    no proxy of ours. A portal behind TLS has a proxy in front; as long as none is named, every client would seem to be
    that proxy, so nobody is told by address. Of IPv6 the network counts, because one client has all of it.
    """
    peer = _parsed(str(meta.get("REMOTE_ADDR", "")))
    if _is_ours(peer):
        hops = [_parsed(word) for word in reversed(str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(","))]
        peer = next((hop for hop in hops if not _is_ours(hop)), None)
    elif settings.SERVED_OVER_TLS and not settings.TRUSTED_PROXIES:
        return None
    if peer is None:
        return None
    return str(ipaddress.ip_network((peer, 64), strict=False)) if peer.version == 6 else str(peer)


def _parsed(word: str) -> Address | None:
    try:
        found = ipaddress.ip_address(word.strip())
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_ours(address: Address | None) -> bool:
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)
