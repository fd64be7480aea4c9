"""One request outside: to the public internet alone, to the very address that was looked at, and cut after its time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apps.alerts import outgoing
from apps.alerts.outgoing import NoAnswer, RefusedAddress, check, is_public, post


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "::7f00:1", "fe80::1%eth0", "no address",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_outside_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "https://", "https://localhost/", "https://a.localhost/", "https://x.internal/",
        "https://127.0.0.1/", "https://127.1/", "https://0x7f000001/", "https://2130706433/", "https://0177.0.0.1/", "https://[::1]/",
        "https://[::ffff:127.0.0.1]/", "https://169.254.169.254/latest/meta-data", "https://user:pw@example.org/", "https://example.org:22/",
        "https://example.org:80/", "https://example.org:x/", "https://exa mple.org/", "https://example.org/\r\nX: y", "https://exämple.org/",
        "javascript:alert(1)", "https://printer.local/",
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_asked_is_refused_as_it_is_typed(url: str) -> None:
    with pytest.raises(RefusedAddress):
        check(url)


def test_an_address_is_read_into_its_parts() -> None:
    assert check("https://example.org/hook?a=b") == ("example.org", 443, "/hook?a=b")
    assert check("https://example.org:8443") == ("example.org", 8443, "/")


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], []])
def test_a_name_that_means_one_machine_inside_is_refused_after_it_was_looked_up(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was asked all the same"))
    with pytest.raises(RefusedAddress, match="not in the public internet"):
        post("https://example.org/", body=b"", headers={}, resolve=lambda host, port: found)


def test_a_name_nobody_knows_is_no_answer() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(NoAnswer):
        post("https://example.org/", body=b"", headers={}, resolve=unknown)


def test_the_connection_goes_to_the_address_that_was_looked_at_and_the_name_is_looked_up_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that means another machine a moment later reaches nobody (rebinding)."""
    asked, connected = [], []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NoAnswer):
        post("https://example.org/", body=b"", headers={}, resolve=resolve)
    assert (asked, connected) == (["example.org"], [("93.184.216.34", 443)])


# ---- against a real receiver on this machine, which only a test may ask


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver.test")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    trusts = ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())
    return path, trusts


@contextmanager
def receiver(certificate: Path, answer: Callable[[ssl.SSLSocket], None]) -> Iterator[int]:
    """Somebody who takes one connection and answers in their own way; yields the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve() -> None:
        try:
            plain, _ = listening.accept()
            with context.wrap_socket(plain, server_side=True) as talk:
                while not talk.recv(65536).endswith(b"{}"):
                    continue
                answer(talk)
        except OSError:
            return  # the other side hung up, which is what is tested

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()
        thread.join(5)


def asked(certificate: tuple[Path, ssl.SSLContext], answer: Callable[[ssl.SSLSocket], None], monkeypatch: pytest.MonkeyPatch,
          *, host: str = "receiver.test", seconds: float = 5.0) -> int:  # fmt: skip
    with receiver(certificate[0], answer) as port:
        monkeypatch.setattr(outgoing, "check", lambda url: (host, port, "/"))
        return post(
            "https://receiver.test/", body=b"{}", headers={"webhook-id": "msg_1"}, resolve=lambda *_: ["127.0.0.1"],
            may=lambda _: True, context=certificate[1], seconds=seconds,
        )  # fmt: skip


def says(status: str) -> Callable[[ssl.SSLSocket], None]:
    return lambda talk: talk.sendall(
        f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: https://127.0.0.1/\r\n\r\n".encode()
    )


@pytest.mark.parametrize(
    ("status", "expected"), [("200 OK", 200), ("302 Found", 302), ("410 Gone", 410), ("500 No", 500)]
)
def test_the_status_is_what_counts_and_no_redirect_is_followed(
    status: str, expected: int, certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(certificate, says(status), monkeypatch) == expected


def test_a_certificate_of_another_name_is_no_answer(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoAnswer, match="SSLCertVerificationError"):
        asked(certificate, says("200 OK"), monkeypatch, host="other.test")


def test_a_receiver_that_sends_a_byte_now_and_then_is_cut(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    def drips(talk: ssl.SSLSocket) -> None:
        stop = threading.Event()
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
            talk.sendall(bytes([byte]))
            stop.wait(0.05)

    began = time.monotonic()
    with pytest.raises(NoAnswer):
        asked(certificate, drips, monkeypatch, seconds=0.6)
    assert time.monotonic() - began < 10
