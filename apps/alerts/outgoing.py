"""One request to an address that somebody typed: to the public internet alone, whatever its name turns out to mean.

The name is looked up once, every address it has must be public, and the connection goes to the very address that was looked at:
a name that means another machine a moment later reaches nobody. No redirects, no proxies, fifteen seconds in all.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0
# Ranges that stand for other addresses: what lies behind them is not seen from here.
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))
Resolve = Callable[[str, int], list[str]]


class RefusedAddress(Exception):
    """The address is none that may be asked; the message can be shown."""


class NoAnswer(Exception):
    """It was asked and did not answer in time, or not in a way that can be read."""


def is_public(address: str) -> bool:
    """Say whether an address lies in the public internet: not this machine, not our own networks, no stand-in for either."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in _TRANSLATED):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def check(url: str) -> tuple[str, int, str]:
    """Read an address into host, port and path.

    :raises RefusedAddress: not https, with a name and password, at another port than 443 or 8443, or a machine of our own by number.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise RefusedAddress(f"Saw “{url[:60]}”. Expected an address such as https://example.org/hook.") from None
    host = parts.hostname or ""
    if parts.scheme != "https" or not host or not url.isascii() or any(one.isspace() or ord(one) < 32 for one in url):
        raise RefusedAddress(f"Saw “{url[:60]}”. Expected an address such as https://example.org/hook.")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddress("An address holds no name and password: the signature shows who sends.")
    if port not in (443, 8443):
        raise RefusedAddress(f"Saw port {port}. Webhooks go to 443 or 8443.")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or _is_number_of_ours(host):
        raise RefusedAddress("That address lies inside. Webhooks go to the public internet.")
    path = parts.path or "/"
    return host, port, f"{path}?{parts.query}" if parts.query else path


def _is_number_of_ours(host: str) -> bool:
    """Also numbers in ways that resolvers read and people do not: 127.1, 0x7f000001, 2130706433."""
    try:
        return not is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        pass
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return False


def resolve(host: str, port: int) -> list[str]:
    """Every address that a name has now."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


class _Pinned(http.client.HTTPSConnection):
    """Speaks to one address and demands the certificate of the name."""

    def __init__(self, host: str, port: int, *, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=context)
        self._address, self._its_context = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), CONNECT_SECONDS)
        self.sock = self._its_context.wrap_socket(plain, server_hostname=self.host)


def post(
    url: str, *, body: bytes, headers: Mapping[str, str], resolve: Resolve = resolve, may: Callable[[str], bool] = is_public,
    context: ssl.SSLContext | None = None, seconds: float = WHOLE_SECONDS,
) -> int:  # fmt: skip
    """Send it and return the status; what the other side says beside it is not read.

    :raises RefusedAddress: the name means a machine that may not be asked.
    :raises NoAnswer: nobody is there, or it takes longer than fifteen seconds in all.
    """
    host, port, path = check(url)
    try:
        addresses = resolve(host, port)
    except OSError:
        raise NoAnswer("its name is not known") from None
    if not addresses or not all(may(one) for one in addresses):
        raise RefusedAddress("its name means a machine that is not in the public internet")
    connection = _Pinned(host, port, address=addresses[0], context=context or ssl.create_default_context())
    # A receiver that sends a byte a second keeps every single wait short: the whole is cut.
    is_cut = threading.Event()
    cut = threading.Timer(seconds, lambda: _cut(connection, is_cut))
    cut.start()
    try:
        connection.connect()
        connection.sock.settimeout(seconds)
        connection.request("POST", path, body=body, headers=dict(headers))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as failed:
        raise NoAnswer(f"it did not answer ({type(failed).__name__})") from None
    finally:
        cut.cancel()
        connection.close()
    # Half an answer that was cut off reads like a whole one.
    if is_cut.is_set():
        raise NoAnswer("it took too long")
    return status


def _cut(connection: http.client.HTTPSConnection, is_cut: threading.Event) -> None:
    is_cut.set()
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself in this very moment
