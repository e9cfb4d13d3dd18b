"""The wire over real sockets: deadlines, ends, bounds, and what is known after a call."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pos_app import logs
from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.pace import LONGEST_REST
from pos_app.gateways.sockets import Backend, Sockets, Stream
from pos_app.gateways.wire import LARGEST_REPLY, Call, Reply, Wire, is_safe
from tests.helpers.server import (
    Behaviour,
    Peer,
    Request,
    ScriptedServer,
    closes,
    closes_before_reading,
    drips,
    echoes,
    floods,
    full_backlog,
    hangs,
    late,
    never_reads,
    reads_slowly,
    refused_port,
    reply,
    resets,
    says,
    scripted,
)

SHORT = 0.25  # seconds: the deadline of the calls that must meet it
SLACK = 0.5  # seconds that a busy machine may add


def a_call(server: ScriptedServer, path: str = "/x", **more: Any) -> Call:
    given: dict[str, Any] = {"body": b"{}", "deadline": 5.0, **more}
    return Call(gateway="toy", method="POST", url=server.url + path, **given)


def trouble_of(wire: Wire, call: Call) -> GatewayTrouble:
    with pytest.raises(GatewayTrouble) as caught:
        wire.send(call)
    return caught.value


def known(trouble: GatewayTrouble) -> tuple[Outcome, Reason]:
    return trouble.outcome, trouble.reason


@dataclass
class Outside:
    """A call in another thread."""

    thread: threading.Thread
    ended: list[Reply | BaseException]

    def end(self, seconds: float) -> Reply | BaseException:
        self.thread.join(seconds)
        assert not self.thread.is_alive(), f"the call has not ended within {seconds} s"
        return self.ended[0]


def begin(wire: Wire, call: Call) -> Outside:
    ended: list[Reply | BaseException] = []

    def run() -> None:
        try:
            ended.append(wire.send(call))
        except BaseException as error:  # noqa: BLE001 (the test looks at it)
            ended.append(error)

    thread = threading.Thread(target=run, name="a-call", daemon=True)
    thread.start()
    return Outside(thread, ended)


# ── the private attribute ──────────────────────────────────────────────────────────────────────────
def test_our_backend_is_in_both_of_httpx_s_pools(wire: Wire) -> None:
    transport: Any = wire._transport
    for pool in (transport._kept._pool, transport._fresh._pool):
        assert isinstance(pool, httpcore.ConnectionPool)
        assert isinstance(pool._network_backend, Backend)
        connection: Any = pool.create_connection(httpcore.Origin(b"https", b"example.in", 443))
        assert connection._network_backend is pool._network_backend


# ── the absolute deadline ──────────────────────────────────────────────────────────────────────────
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"
SLOW: dict[str, tuple[Behaviour, Reason]] = {
    "dripped header": (drips(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 400), Reason.NO_ANSWER),
    "dripped body": (drips(b"a" * 400, at_once=HEAD), Reason.NO_ANSWER),
    "dripped chunks": (
        drips(b"1\r\na\r\n" * 100, at_once=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Reason.NO_ANSWER,
    ),
    "dripped body without a length": (
        drips(b"a" * 400, at_once=b"HTTP/1.0 200 OK\r\n\r\n"),
        Reason.NO_ANSWER,
    ),
    "hang before the answer": (hangs(), Reason.NO_ANSWER),
    "hang in the header": (hangs(b"HTTP/1.1 200 OK\r\n"), Reason.NO_ANSWER),
    "hang in the body": (hangs(HEAD + b"{"), Reason.NO_ANSWER),
    "answer comes too late": (late(0.6, reply()), Reason.NO_ANSWER),
    "100 Continue without end": (floods(b"HTTP/1.1 100 Continue\r\n\r\n"), Reason.NO_ANSWER),
    "103 Early Hints dripped": (drips(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20, 0.01), Reason.NO_ANSWER),
}


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("name", SLOW)
def test_the_whole_call_meets_its_deadline(
    server: ScriptedServer, shared_wire: Wire, name: str, fresh: bool
) -> None:
    behaviour, reason = SLOW[name]
    server.on("/x", behaviour)
    began = time.monotonic()
    trouble = trouble_of(shared_wire, a_call(server, deadline=SHORT, fresh=fresh))
    assert time.monotonic() - began < SHORT + SLACK
    assert known(trouble) == (Outcome.UNKNOWN, reason)
    server.wait_until_left()


def test_a_server_that_never_reads_a_large_body_meets_the_deadline(
    server: ScriptedServer, shared_wire: Wire
) -> None:
    server.greeting = never_reads
    began = time.monotonic()
    trouble = trouble_of(shared_wire, a_call(server, body=b"a" * 16_000_000, deadline=SHORT))
    assert time.monotonic() - began < SHORT + SLACK
    assert known(trouble) == (Outcome.UNKNOWN, Reason.NO_ANSWER)


def test_a_server_that_reads_slowly_meets_the_deadline(shared_wire: Wire) -> None:
    with scripted(receive_buffer=8192) as server:
        server.greeting = reads_slowly(32_768, 0.03, until=2.0)
        began = time.monotonic()
        trouble = trouble_of(shared_wire, a_call(server, body=b"a" * 16_000_000, deadline=SHORT))
        assert time.monotonic() - began < SHORT + SLACK
        assert trouble.outcome is Outcome.UNKNOWN


def test_an_address_that_never_answers_meets_the_deadline_and_nothing_was_sent(shared_wire: Wire) -> None:
    with full_backlog() as port:
        began = time.monotonic()
        call = Call("toy", "POST", f"http://127.0.0.1:{port}/x", body=b"{}", deadline=SHORT)
        trouble = trouble_of(shared_wire, call)
    assert SHORT / 2 < time.monotonic() - began < SHORT + SLACK
    assert known(trouble) == (Outcome.NOT_SENT, Reason.UNREACHABLE)


def test_each_call_has_its_own_deadline(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/slow", hangs())
    server.on("/x", late(SHORT * 1.5, reply()))
    slow = begin(shared_wire, a_call(server, "/slow", deadline=SHORT))
    assert shared_wire.send(a_call(server)).code == 200
    assert isinstance(slow.end(1.0), GatewayTrouble)


@pytest.mark.parametrize("name", [name for name in SLOW if "late" not in name])
def test_abort_ends_a_hung_call_within_a_second(server: ScriptedServer, wire: Wire, name: str) -> None:
    server.on("/x", SLOW[name][0])
    hung = begin(wire, a_call(server, deadline=30.0))
    server.wait_for()
    time.sleep(0.1)
    wire.abort()
    ended = hung.end(1.0)
    # a body without a length and without an end is no answer either: it was cut by us
    assert isinstance(ended, GatewayTrouble), f"a call that we ourselves cut gave {ended!r}"
    assert known(ended) == (Outcome.UNKNOWN, Reason.STOPPED)


def test_abort_ends_a_call_that_waits_for_a_connection(wire: Wire) -> None:
    with full_backlog() as port:
        hung = begin(wire, Call("toy", "POST", f"http://127.0.0.1:{port}/x", body=b"{}", deadline=30.0))
        time.sleep(0.2)
        wire.abort()
        ended = hung.end(1.0)
    assert isinstance(ended, GatewayTrouble)
    assert known(ended) == (Outcome.NOT_SENT, Reason.STOPPED)


def test_abort_ends_a_call_that_waits_for_a_name(wire: Wire, slow_names: None) -> None:
    hung = begin(wire, Call("toy", "POST", "https://slow.example/x", body=b"{}", deadline=30.0))
    time.sleep(0.1)
    wire.abort()
    ended = hung.end(1.0)
    assert isinstance(ended, GatewayTrouble)
    assert known(ended) == (Outcome.NOT_SENT, Reason.STOPPED)


def test_abort_ends_a_call_whose_body_is_not_taken(server: ScriptedServer, wire: Wire) -> None:
    server.greeting = never_reads
    hung = begin(wire, a_call(server, body=b"a" * 16_000_000, deadline=30.0))
    server.wait_for_connections()
    time.sleep(0.2)
    wire.abort()
    ended = hung.end(1.0)
    assert isinstance(ended, GatewayTrouble)
    assert known(ended) == (Outcome.UNKNOWN, Reason.STOPPED)


def test_abort_ends_a_hung_tls_handshake(server: ScriptedServer, wire: Wire) -> None:
    server.greeting = never_reads
    url = f"https://127.0.0.1:{server.port}/x"
    hung = begin(wire, Call("toy", "POST", url, body=b"{}", deadline=30.0))
    server.wait_for_connections()
    time.sleep(0.1)
    wire.abort()
    ended = hung.end(1.0)
    assert isinstance(ended, GatewayTrouble)
    assert known(ended) == (Outcome.NOT_SENT, Reason.STOPPED)


def test_a_hung_tls_handshake_meets_the_deadline(server: ScriptedServer, shared_wire: Wire) -> None:
    server.greeting = never_reads
    began = time.monotonic()
    url = f"https://127.0.0.1:{server.port}/x"
    trouble = trouble_of(shared_wire, Call("toy", "POST", url, body=b"{}", deadline=SHORT))
    assert time.monotonic() - began < SHORT + SLACK
    assert trouble.outcome is Outcome.NOT_SENT


def test_abort_just_as_tls_begins_is_not_missed(server: ScriptedServer) -> None:
    """Between wrap_socket, which empties the plain socket, and the new socket's entry in the list of open ones."""

    class Meddling(ssl.SSLContext):
        def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
            wrapped = super().wrap_socket(*args, **more)
            wires[0].abort()
            return wrapped

    server.greeting = never_reads
    wires = [Wire(trust=Meddling(ssl.PROTOCOL_TLS_CLIENT))]
    url = f"https://127.0.0.1:{server.port}/x"
    hung = begin(wires[0], Call("toy", "POST", url, body=b"{}", deadline=5.0))
    try:
        ended = hung.end(1.0)
        assert isinstance(ended, GatewayTrouble)
        assert ended.reason is Reason.STOPPED
    finally:
        wires[0].close()


def test_after_abort_nothing_leaves(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply()))
    wire.send(a_call(server))
    wire.abort()
    assert trouble_of(wire, a_call(server)).reason is Reason.STOPPED
    assert known(trouble_of(wire, a_call(server, fresh=True))) == (Outcome.NOT_SENT, Reason.STOPPED)
    assert len(server.requests) == 1


def test_a_call_after_close_is_stopped_and_no_surprise(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply()))
    wire.close()
    ended = begin(wire, a_call(server)).end(1.0)
    assert isinstance(ended, GatewayTrouble), repr(ended)
    assert known(ended) == (Outcome.NOT_SENT, Reason.STOPPED)


def test_a_stream_that_is_closed_under_its_reader_says_so_in_httpcore_s_words() -> None:
    ours, theirs = socket.socketpair()
    stream = Stream(ours, Sockets())
    stream.close()
    theirs.close()
    with pytest.raises(httpcore.ReadError):
        stream.read(1)
    with pytest.raises(httpcore.WriteError):
        stream.write(b"a")


def test_close_while_calls_hang_brings_nothing_but_trouble(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", hangs())
    server.on("/body", hangs(HEAD))
    hung = [begin(wire, a_call(server, path, deadline=30.0)) for path in ("/x", "/body") * 4]
    server.wait_for(8)
    wire.close()
    ended = [call.end(1.0) for call in hung]
    assert [type(one) for one in ended] == [GatewayTrouble] * 8


# ── bounds ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_reply_at_the_bound_is_read_and_one_byte_more_is_not(
    server: ScriptedServer, shared_wire: Wire
) -> None:
    server.on("/x", says(reply(b"a" * LARGEST_REPLY)), says(reply(b"a" * (LARGEST_REPLY + 1))))
    assert len(shared_wire.send(a_call(server)).body) == LARGEST_REPLY
    assert known(trouble_of(shared_wire, a_call(server))) == (Outcome.UNKNOWN, Reason.HUGE_ANSWER)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
)
def test_a_body_without_end_is_cut(server: ScriptedServer, shared_wire: Wire, head: bytes) -> None:
    def endless(peer: Peer, request: Request) -> None:
        peer.send(head)
        floods(b"a" * 65536)(peer, request)

    server.on("/x", endless)
    assert known(trouble_of(shared_wire, a_call(server))) == (Outcome.UNKNOWN, Reason.HUGE_ANSWER)
    server.wait_until_left()


def test_chunks_without_end_are_cut(server: ScriptedServer, shared_wire: Wire) -> None:
    def endless(peer: Peer, request: Request) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        floods(b"400\r\n" + b"a" * 1024 + b"\r\n")(peer, request)

    server.on("/x", endless)
    assert known(trouble_of(shared_wire, a_call(server))) == (Outcome.UNKNOWN, Reason.HUGE_ANSWER)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: a\r\n" * 30_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * 300_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"<html>not http</html>\r\n\r\n",
        bytes(range(256)),
    ],
)
def test_what_is_no_http_is_a_broken_answer(server: ScriptedServer, shared_wire: Wire, data: bytes) -> None:
    server.on("/x", closes(data))
    assert known(trouble_of(shared_wire, a_call(server))) == (Outcome.UNKNOWN, Reason.BROKEN_ANSWER)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "x"])
def test_an_encoded_reply_is_refused_unread(server: ScriptedServer, shared_wire: Wire, coding: str) -> None:
    server.on("/x", says(reply(b"{}", 200, f"Content-Encoding: {coding}")))
    assert known(trouble_of(shared_wire, a_call(server))) == (Outcome.UNKNOWN, Reason.BROKEN_ANSWER)


def test_identity_is_no_encoding_and_it_is_what_we_ask_for(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/x", says(reply(b"{}", 200, "Content-Encoding: Identity")))
    assert shared_wire.send(a_call(server)).body == b"{}"
    assert server.requests[0].header("Accept-Encoding") == "identity"


def test_chunks_are_put_together(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on(
        "/x", says(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n')
    )
    assert shared_wire.send(a_call(server)).body == b'{"a":1}'


# ── what is known after a call ─────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("fresh", [True, False])
def test_a_refused_port_means_not_sent(shared_wire: Wire, fresh: bool) -> None:
    call = Call("toy", "POST", f"http://127.0.0.1:{refused_port()}/x", body=b"{}", fresh=fresh)
    assert known(trouble_of(shared_wire, call)) == (Outcome.NOT_SENT, Reason.UNREACHABLE)


ENDS: dict[str, tuple[Behaviour, Reason]] = {
    "closed after reading": (closes(), Reason.BROKEN_ANSWER),
    "reset after reading": (resets(), Reason.NO_ANSWER),
    "closed in the header": (closes(b"HTTP/1.1 200 OK\r\nContent-"), Reason.BROKEN_ANSWER),
    "reset in the header": (resets(b"HTTP/1.1 200 OK\r\nContent-"), Reason.NO_ANSWER),
    "closed in the body": (closes(HEAD + b"{"), Reason.BROKEN_ANSWER),
    "reset in the body": (resets(HEAD + b"{"), Reason.NO_ANSWER),
    "closed in the chunks": (
        closes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
        Reason.BROKEN_ANSWER,
    ),
    "too long a length": (closes(reply(b"{}", length=3)), Reason.BROKEN_ANSWER),
}


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("name", ENDS)
def test_an_end_after_sending_means_unknown_and_nothing_is_sent_again(
    server: ScriptedServer, shared_wire: Wire, name: str, fresh: bool
) -> None:
    behaviour, reason = ENDS[name]
    server.on("/x", behaviour)
    trouble = trouble_of(shared_wire, a_call(server, fresh=fresh))
    assert trouble.outcome is Outcome.UNKNOWN
    assert trouble.reason in {reason, Reason.NO_ANSWER}
    assert len(server.requests) == 1


def test_a_server_that_closes_before_reading_means_unknown(server: ScriptedServer, shared_wire: Wire) -> None:
    server.greeting = closes_before_reading
    assert trouble_of(shared_wire, a_call(server, fresh=True)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("code", [100, 101, 199])
def test_an_informational_end_is_no_success(server: ScriptedServer, shared_wire: Wire, code: int) -> None:
    server.on("/x", closes(b"HTTP/1.1 %d Word\r\n\r\n" % code))
    ended = begin(shared_wire, a_call(server)).end(2.0)
    assert isinstance(ended, GatewayTrouble) or ended == Reply(101, b"", None, None)


LOCATIONS = [
    "https:foo", "http:foo", "mailto:a@b.in", "javascript:1", "x:y", "https://", "http://[::1", "//[::1",
    "//x:99999999", "/ok", "", "?", "#", "\x80", "https://" + "a" * 70 + ".example/", "http://\xe9\xe9/", "/" + "a" * 70_000,
    "ftp:", "data:text/html,x", "upi:pay", "//", "///", "https:///", "http://a b/", "http://xn--a/", "http:?", "x:",
]  # fmt: skip


@pytest.mark.parametrize("location", LOCATIONS, ids=ascii)
@pytest.mark.parametrize("code", [302, 307])
def test_a_redirect_is_never_followed_and_never_means_not_sent(
    server: ScriptedServer, shared_wire: Wire, location: str, code: int
) -> None:
    server.on("/x", says(reply(b"", code, f"Location: {location}")))
    ended = begin(shared_wire, a_call(server, fresh=True)).end(2.0)
    if isinstance(ended, BaseException):
        assert isinstance(ended, GatewayTrouble), repr(ended)
        assert ended.outcome is Outcome.UNKNOWN
    else:
        assert ended.code == code
    assert [request.path for request in server.requests] == ["/x"]


def test_a_redirect_is_an_answer_and_is_not_followed(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/x", says(reply(b"", 308, f"Location: {server.url}/y")))
    assert shared_wire.send(a_call(server)).code == 308
    assert [request.path for request in server.requests] == ["/x"]


# ── names ──────────────────────────────────────────────────────────────────────────────────────────
Found = list[tuple[int, int, int, str, tuple[str, int]]]


def names(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Found]) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Found:
        return answer()

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    over = threading.Event()

    def answer() -> Found:
        over.wait(20.0)
        raise socket.gaierror("over")

    names(monkeypatch, answer)
    yield
    over.set()
    for thread in threading.enumerate():
        if thread.name == "dns":
            thread.join(2.0)


def test_a_name_that_is_not_found_in_time_means_not_sent(shared_wire: Wire, slow_names: None) -> None:
    began = time.monotonic()
    call = Call("toy", "POST", "https://slow.example/x", body=b"{}", deadline=SHORT)
    assert known(trouble_of(shared_wire, call)) == (Outcome.NOT_SENT, Reason.UNREACHABLE)
    assert time.monotonic() - began < SHORT + SLACK


@pytest.mark.parametrize(
    "error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), OSError("x")]
)
def test_a_name_that_does_not_exist_means_not_sent(
    shared_wire: Wire, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def answer() -> Found:
        raise error

    names(monkeypatch, answer)
    call = Call("toy", "POST", "https://nowhere.example/x", body=b"{}")
    assert known(trouble_of(shared_wire, call)) == (Outcome.NOT_SENT, Reason.UNREACHABLE)


def test_a_name_without_addresses_means_not_sent(shared_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, list)
    call = Call("toy", "POST", "https://nowhere.example/x", body=b"{}")
    assert known(trouble_of(shared_wire, call)) == (Outcome.NOT_SENT, Reason.UNREACHABLE)


def test_the_next_address_of_a_name_is_tried(
    server: ScriptedServer, shared_wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("/x", says(reply()))
    refused = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", refused_port()))
    good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
    names(monkeypatch, lambda: [refused, good])
    call = Call("toy", "POST", f"http://localhost:{server.port}/x", body=b"{}", fresh=True)
    assert shared_wire.send(call).code == 200


def test_an_address_that_never_answers_leaves_time_for_the_next(
    server: ScriptedServer, shared_wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("/x", says(reply()))
    good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
    with full_backlog() as port:
        dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        names(monkeypatch, lambda: [dead, good])
        call = Call("toy", "POST", f"http://localhost:{server.port}/x", body=b"{}", fresh=True, deadline=1.0)
        assert shared_wire.send(call).code == 200


def test_an_address_of_a_family_that_this_machine_lacks_is_passed_over(
    server: ScriptedServer, shared_wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("/x", says(reply()))
    lacking = (99, socket.SOCK_STREAM, 6, "", ("::1", server.port))
    good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
    names(monkeypatch, lambda: [lacking, good])
    call = Call("toy", "POST", f"http://localhost:{server.port}/x", body=b"{}", fresh=True)
    ended = begin(shared_wire, call).end(2.0)
    assert isinstance(ended, Reply), repr(ended)


def test_no_file_descriptor_left_means_not_sent(
    server: ScriptedServer, shared_wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: Any, **__: Any) -> socket.socket:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(socket, "socket", none_left)
        try:
            shared_wire.send(a_call(server, fresh=True))
        except (GatewayTrouble, OSError) as error:
            ended = error
        else:
            pytest.fail("a call without a socket")
    assert isinstance(ended, GatewayTrouble), repr(ended)
    assert known(ended) == (Outcome.NOT_SENT, Reason.UNREACHABLE)


# ── plain http, proxies, cookies ───────────────────────────────────────────────────────────────────
UNSAFE = [
    "http://10.0.0.1/x", "http://example.com/x", "http://127.0.0.1.evil.com/x", "http://localhost.evil.com/x",
    "http://127.0.0.1@evil.com/x", "http://127.0.0.1:80@evil.com/x", "http://evil.com#@127.0.0.1/x",
    "http://evil.com?@127.0.0.1/x", "http://0.0.0.0/x", "http://[::]/x", "http://[fe80::1]/x", "http://2130706433/x",
    "http://127.1/x", "http://0x7f.0.0.1/x", "http://1.1.1.1/x", "http:///x", "http:x", "https:///x", "//127.0.0.1/x",
    "ftp://127.0.0.1/x", "file:///etc/passwd", "ws://127.0.0.1/x", "", "x", "http://127.0.0.1\\@evil.com/x",
    "http://localhost%00.evil.com/x", "http://[::ffff:10.0.0.1]/x",
]  # fmt: skip
BROKEN = [
    "http://[::1",
    "https://[",
    "https://[::1]x/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "https://a\tb.in/",
    "https://127.0.0.1:99999/",
]


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was asked for")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.parametrize("url", UNSAFE, ids=ascii)
def test_plain_http_goes_to_this_machine_only(shared_wire: Wire, no_sockets: None, url: str) -> None:
    trouble = trouble_of(shared_wire, Call("toy", "POST", url, body=b"secret"))
    assert known(trouble) == (Outcome.NOT_SENT, Reason.TLS)
    assert not is_safe(url)


@pytest.mark.parametrize("url", BROKEN, ids=ascii)
def test_an_address_that_can_not_be_read_means_not_sent(shared_wire: Wire, url: str) -> None:
    ended = begin(shared_wire, Call("toy", "POST", url, body=b"secret")).end(1.0)
    assert isinstance(ended, GatewayTrouble), repr(ended)
    assert ended.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(
    "url", ["http://localhost:1/", "http://LOCALHOST/", "http://127.9.9.9/", "http://[::1]/"]
)
def test_this_machine_is_safe(url: str) -> None:
    assert is_safe(url)


def test_no_proxy_of_the_environment_is_used(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("/x", says(reply()))
    with scripted() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        wire = Wire()
        try:
            assert wire.send(a_call(server)).code == 200
        finally:
            wire.close()
        assert proxy.connections == 0


def test_no_password_file_of_the_environment_is_used(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login asha password hidden\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.on("/x", says(reply()))
    wire = Wire()
    try:
        wire.send(a_call(server))
    finally:
        wire.close()
    assert server.requests[0].header("Authorization") == ""


def test_a_cookie_is_not_kept(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply(b"{}", 200, "Set-Cookie: session=abc; Path=/")), says(reply()))
    wire.send(a_call(server))
    wire.send(a_call(server))
    assert [request.header("Cookie") for request in server.requests] == ["", ""]


def test_the_bytes_that_were_given_are_the_bytes_that_leave(
    server: ScriptedServer, shared_wire: Wire
) -> None:
    server.on("/a/b?c=d%20e", says(reply()))
    body = bytes(range(256))
    shared_wire.send(a_call(server, "/a/b?c=d%20e", body=body, headers={"X-Own": "one"}))
    request = server.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/a/b?c=d%20e", body)
    assert request.header("X-Own") == "one"
    assert request.header("Content-Length") == "256"
    assert request.header("Accept") == "application/json"
    assert request.header("Transfer-Encoding") == ""
    assert {name.lower() for name, _ in request.headers} == {
        "host", "accept", "accept-encoding", "user-agent", "x-own", "content-length",
    }  # fmt: skip


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "\u20b9", "\x00", " a ", "é"])
def test_a_header_that_can_not_be_sent_means_not_sent_or_leaves_as_one_header(
    server: ScriptedServer, shared_wire: Wire, value: str
) -> None:
    server.on("/x", says(reply()))
    ended = begin(shared_wire, a_call(server, headers={"X-Own": value}, fresh=True)).end(2.0)
    if isinstance(ended, BaseException):
        assert isinstance(ended, GatewayTrouble), repr(ended)
        assert ended.outcome is Outcome.NOT_SENT
        assert server.requests == []
    assert all(request.header("X-Evil") == "" for request in server.requests)


# ── connections ────────────────────────────────────────────────────────────────────────────────────
def test_a_fresh_call_opens_its_own_connection_and_a_plain_one_does_not(
    server: ScriptedServer, wire: Wire
) -> None:
    server.on("/x", says(reply()))
    for _ in range(5):
        wire.send(a_call(server))
    assert server.connections == 1
    for _ in range(5):
        wire.send(a_call(server, fresh=True))
    assert server.connections == 6
    assert len({request.connection for request in server.requests[5:]}) == 5


def test_fresh_connections_are_closed_after_use(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply()))
    for _ in range(3):
        wire.send(a_call(server, fresh=True))
    server.wait_until_left()


def test_fresh_calls_of_many_threads_never_share_a_connection(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", echoes)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        crowd(8, lambda number: [wire.send(a_call(server, fresh=True)) for _ in range(60)])
    finally:
        sys.setswitchinterval(usual)
    assert len(server.requests) == 480
    assert len({request.connection for request in server.requests}) == 480


def test_a_kept_connection_that_the_server_closed_is_not_used_again(
    server: ScriptedServer, wire: Wire
) -> None:
    server.on("/x", says(reply()))
    for _ in range(10):
        assert wire.send(a_call(server)).code == 200
        server.hang_up()
    assert server.connections == 10


def test_what_comes_behind_an_answer_is_not_the_answer_to_a_fresh_question(
    server: ScriptedServer, wire: Wire
) -> None:
    """On a kept connection it is: h11 keeps such bytes and reads them as the next answer. So a question whose
    answer is a proof has to be fresh (test_smepay.py, test_a_stray_answer_on_the_line_is_no_proof)."""
    server.on("/a", says(reply(b"first") + reply(b"of another question")))
    server.on("/b", says(reply(b"second")))
    for fresh in (False, True):
        assert wire.send(a_call(server, "/a", fresh=fresh)).body == b"first"
        assert wire.send(a_call(server, "/b", fresh=True)).body == b"second"


@pytest.mark.parametrize("name", [*ENDS, "encoded", "huge"])
def test_a_connection_is_not_used_again_after_trouble(server: ScriptedServer, wire: Wire, name: str) -> None:
    spoilt = {
        "encoded": says(reply(b"{}", 200, "Content-Encoding: gzip")),
        "huge": says(reply(b"a" * (LARGEST_REPLY + 1))),
        **{key: value[0] for key, value in ENDS.items()},
    }
    server.on("/x", spoilt[name], says(reply(b"good")))
    trouble_of(wire, a_call(server))
    assert wire.send(a_call(server)).body == b"good"
    assert server.connections == 2


def crowd(threads: int, work: Callable[[int], object]) -> None:
    """`work` in so many threads at once; the first exception of any is raised."""
    broken: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 (raised below)
            broken.append(error)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(20.0)
        assert not thread.is_alive()
    if broken:
        raise broken[0]


@pytest.mark.parametrize("fresh", [True, False])
def test_eight_threads_get_each_its_own_answers(server: ScriptedServer, wire: Wire, fresh: bool) -> None:
    server.on("/x", echoes)

    def work(number: int) -> None:
        for turn in range(50):
            body = f"{number}/{turn}".encode()
            assert wire.send(a_call(server, body=body, fresh=fresh)).body == body

    crowd(8, work)
    assert len(server.requests) == 400


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_no_file_descriptor_is_lost(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply()))
    server.on("/cut", closes(HEAD))
    server.on("/coded", says(reply(b"{}", 200, "Content-Encoding: gzip")))
    wire.send(a_call(server))
    server.hang_up()
    before = len(list(Path("/proc/self/fd").iterdir()))
    nobody = refused_port()
    for turn in range(50):
        wire.send(a_call(server, fresh=bool(turn % 2)))
        trouble_of(wire, a_call(server, "/cut"))
        trouble_of(wire, a_call(server, "/coded"))
        trouble_of(wire, Call("toy", "POST", f"http://127.0.0.1:{nobody}/x"))
        if turn < 8:
            with full_backlog() as full:
                trouble_of(wire, Call("toy", "POST", f"http://127.0.0.1:{full}/x", deadline=0.01))
    server.hang_up()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2  # at most the kept connection
    assert len(wire._sockets._open) <= 1


# ── Retry-After, Date ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0), ("0", 0.0), ("120", 120.0), ("99999999999999999999", LONGEST_REST), ("301", LONGEST_REST),
        ("-5", None), ("5.5", None), ("1e3", None), ("\u0665", None), ("soon", None), ("", None), ("NaN", None),
    ],
)  # fmt: skip
def test_retry_after_in_seconds(
    server: ScriptedServer, shared_wire: Wire, text: str, seconds: float | None
) -> None:
    server.on("/x", says(reply(b"{}", 429, "Retry-After: " + text.encode().decode("latin-1"))))
    assert shared_wire.send(a_call(server)).retry_after == seconds


@pytest.mark.parametrize(("ahead", "least", "most"), [(30, 25, 31), (-500, 0, 0), (9000, 300, 300)])
def test_retry_after_as_a_date(
    server: ScriptedServer, shared_wire: Wire, ahead: int, least: float, most: float
) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    server.on("/x", says(reply(b"{}", 503, f"Retry-After: {when}")))
    found = shared_wire.send(a_call(server)).retry_after
    assert found is not None
    assert least <= found <= most


def test_retry_after_as_a_date_is_measured_by_the_server_s_clock(
    server: ScriptedServer, shared_wire: Wire
) -> None:
    there = datetime.now(UTC) - timedelta(days=400)
    date, until = (format_datetime(when, usegmt=True) for when in (there, there + timedelta(seconds=20)))
    server.on("/x", says(reply(b"{}", 503, f"Retry-After: {until}", date=date)))
    assert shared_wire.send(a_call(server)).retry_after == pytest.approx(20, abs=1)


def test_the_date_is_read_as_utc(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/x", says(reply(date="Fri, 20 Nov 2026 12:00:00 +0530")))
    assert shared_wire.send(a_call(server)).date == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def test_a_missing_date_is_none(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/x", says(reply(date=None)))
    assert shared_wire.send(a_call(server)).date is None


@pytest.mark.parametrize(
    "text",
    [
        "garbage", "0", "-1", "1736034123", "Fri, 99 Nov 2026 12:00:00 GMT", "Fri, 20 Nov 2026 99:00:00 GMT", "NaN",
        "Fri, 20 Nov 99999999999999999999 12:00:00 GMT", "Fri, 20 Nov 2026", "\xff\xfe", ",,,,", "Fri, 20 Nov 2026 12:00:00 +9999",
        "Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 9999 23:59:59 GMT",
    ],
    ids=ascii,
)  # fmt: skip
def test_a_date_that_can_not_be_meant_is_none(server: ScriptedServer, shared_wire: Wire, text: str) -> None:
    server.on("/x", says(reply(date=text, code=200)))
    ended = begin(shared_wire, a_call(server, fresh=True)).end(2.0)
    assert isinstance(ended, Reply), repr(ended)
    assert ended.date is None or ended.date.year < 2100


# ── TLS ────────────────────────────────────────────────────────────────────────────────────────────
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


# ── the log ────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def log_lines(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, str]]]]:
    """The real log's lines, as they stand in its file."""
    logs.set_up(tmp_path)

    def read() -> list[dict[str, str]]:
        text = "".join(path.read_text("utf-8") for path in tmp_path.iterdir() if path.is_file())
        return [json.loads(line) for line in text.splitlines()]

    yield read
    logs.tear_down()


def test_the_log_holds_no_secret(
    server: ScriptedServer, shared_wire: Wire, log_lines: Callable[[], list[dict[str, str]]]
) -> None:
    server.on("/path?q=SECRET", says(reply(b'{"access_token":"SECRET"}', 200, "X-Token: SECRET")), closes())
    call = a_call(
        server,
        "/path?q=SECRET",
        body=b'{"client_secret":"SECRET"}',
        headers={"Authorization": "Bearer SECRET"},
        fresh=True,
    )
    shared_wire.send(call)
    trouble = trouble_of(shared_wire, call)
    lines = log_lines()
    assert [line["event"] for line in lines] == ["call", "call"]
    facts = {name: value for name, value in lines[0].items() if name not in {"at", "ms"}}
    assert facts == {
        "level": "info", "from": "pos_app.gateways.wire", "event": "call", "gateway": "toy", "method": "POST",
        "path": "/path", "code": "200", "bytes": "25",
    }  # fmt: skip
    assert "SECRET" not in repr(lines) + repr(trouble)


@pytest.mark.parametrize(
    "data",
    [reply(b"a" * (LARGEST_REPLY + 1), date=None), reply(b"{}", 200, "Content-Encoding: gzip", date=None)],
    ids=["huge", "gzip"],
)
def test_every_call_that_was_sent_leaves_a_line(
    server: ScriptedServer, shared_wire: Wire, log_lines: Callable[[], list[dict[str, str]]], data: bytes
) -> None:
    server.on("/x", says(data))
    trouble_of(shared_wire, a_call(server))
    assert [line["event"] for line in log_lines()] == ["call"]


def test_neither_a_call_nor_a_reply_shows_its_secrets() -> None:
    call = Call("toy", "POST", "https://a.in/x", body=b"SECRET", headers={"Authorization": "SECRET"})
    assert "SECRET" not in repr(call)
    assert "SECRET" not in repr(Reply(200, b"SECRET", None, None))
