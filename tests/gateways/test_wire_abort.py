"""Abort and close end every call, whatever it hangs on, and nothing leaves after them."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

import httpcore
import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.sockets import Sockets, Stream
from pos_app.gateways.wire import Call, Wire
from tests.gateways.calls import HEAD, SLOW, a_call, begin, known, trouble_of
from tests.helpers.server import ScriptedServer, full_backlog, hangs, never_reads, reply, says


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
