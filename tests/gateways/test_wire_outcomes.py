"""The bounds of a reply, and what is known after a call."""

from __future__ import annotations

import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.wire import LARGEST_REPLY, Call, Reply, Wire
from tests.gateways.calls import ENDS, a_call, begin, known, trouble_of
from tests.helpers.server import (
    Peer,
    Request,
    ScriptedServer,
    closes,
    closes_before_reading,
    floods,
    refused_port,
    reply,
    says,
)


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
