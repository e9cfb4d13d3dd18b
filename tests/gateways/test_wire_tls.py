"""TLS: who is trusted, and that deadline and abort hold within it."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.wire import Call, Wire
from tests.gateways.calls import HEAD, SHORT, SLACK, a_call, begin, known, trouble_of
from tests.helpers.server import Peer, ScriptedServer, drips, echoes, hangs, reads_slowly, scripted


@dataclass
class Certified:
    server: ssl.SSLContext
    client: ssl.SSLContext


def certified(folder: Path, *, alive: bool = True, name: str = "") -> Certified:
    """A certificate that nobody signed, for 127.0.0.1 or for `name`, and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "toy")])
    now = datetime.now(UTC)
    until = now + (timedelta(hours=1) if alive else timedelta(hours=-1))
    other = x509.DNSName(name) if name else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=2))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "toy.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=str(pem))
    return Certified(server, client)


@contextlib.contextmanager
def tls_pair(certificates: Certified, *, trusting: bool) -> Generator[tuple[ScriptedServer, Wire]]:
    with scripted(tls=certificates.server) as server:
        server.on("/x", echoes)
        wire = Wire(trust=certificates.client if trusting else None)
        try:
            yield server, wire
        finally:
            wire.close()


def test_a_trusted_server_is_talked_to_and_its_connection_is_kept(tmp_path: Path) -> None:
    with tls_pair(certified(tmp_path), trusting=True) as (server, wire):
        for _ in range(3):
            assert wire.send(a_call(server)).body == b"{}"
        assert server.connections == 1
        assert wire.send(a_call(server, fresh=True)).body == b"{}"
        assert server.connections == 2


def test_tls_to_a_plain_server_means_not_sent_for_tls(server: ScriptedServer, shared_wire: Wire) -> None:
    def plain(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.hang()

    server.greeting = plain
    trouble = trouble_of(shared_wire, Call("toy", "POST", f"https://127.0.0.1:{server.port}/x", body=b"{}"))
    assert known(trouble) == (Outcome.NOT_SENT, Reason.TLS)


def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    with tls_pair(certified(tmp_path), trusting=False) as (server, wire):
        assert known(trouble_of(wire, a_call(server))) == (Outcome.NOT_SENT, Reason.TLS)
        assert server.requests == []


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with tls_pair(certified(tmp_path, name="other.example"), trusting=True) as (server, wire):
        assert known(trouble_of(wire, a_call(server))) == (Outcome.NOT_SENT, Reason.TLS)
        assert server.requests == []


def test_a_certificate_that_is_over_is_refused(tmp_path: Path) -> None:
    with tls_pair(certified(tmp_path, alive=False), trusting=True) as (server, wire):
        assert known(trouble_of(wire, a_call(server))) == (Outcome.NOT_SENT, Reason.TLS)
        assert server.requests == []


def test_tls_1_1_is_refused(tmp_path: Path) -> None:
    certificates = certified(tmp_path)
    with pytest.warns(DeprecationWarning, match="TLS"):
        certificates.server.maximum_version = ssl.TLSVersion.TLSv1_1
    with tls_pair(certificates, trusting=True) as (server, wire):
        assert known(trouble_of(wire, a_call(server))) == (Outcome.NOT_SENT, Reason.TLS)


def test_the_deadline_holds_within_tls(tmp_path: Path) -> None:
    with tls_pair(certified(tmp_path), trusting=True) as (server, wire):
        server.on("/x", drips(b"a" * 400, at_once=HEAD))
        began = time.monotonic()
        trouble = trouble_of(wire, a_call(server, deadline=SHORT))
        assert time.monotonic() - began < SHORT + SLACK
        assert trouble.outcome is Outcome.UNKNOWN


def test_abort_ends_a_hung_call_within_tls(tmp_path: Path) -> None:
    with tls_pair(certified(tmp_path), trusting=True) as (server, wire):
        server.on("/x", hangs(HEAD))
        hung = begin(wire, a_call(server, deadline=30.0))
        server.wait_for()
        time.sleep(0.1)
        wire.abort()
        ended = hung.end(1.0)
        assert isinstance(ended, GatewayTrouble)
        assert known(ended) == (Outcome.UNKNOWN, Reason.STOPPED)


def test_a_slow_reader_within_tls_meets_the_deadline(tmp_path: Path) -> None:
    certificates = certified(tmp_path)
    with scripted(tls=certificates.server, receive_buffer=8192) as server:
        server.greeting = reads_slowly(32_768, 0.03, until=2.0)
        wire = Wire(trust=certificates.client)
        began = time.monotonic()
        trouble = trouble_of(wire, a_call(server, body=b"a" * 16_000_000, deadline=SHORT))
        spent = time.monotonic() - began
        wire.close()
    assert trouble.outcome is Outcome.UNKNOWN
    assert spent < SHORT + SLACK
