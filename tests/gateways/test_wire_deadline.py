"""The whole call meets its deadline, however slow the other side is."""

from __future__ import annotations

import time

import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.wire import Call, Wire
from tests.gateways.calls import SHORT, SLACK, SLOW, a_call, begin, known, trouble_of
from tests.helpers.server import (
    ScriptedServer,
    full_backlog,
    hangs,
    late,
    never_reads,
    reads_slowly,
    reply,
    scripted,
)


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


def test_a_hung_tls_handshake_meets_the_deadline(server: ScriptedServer, shared_wire: Wire) -> None:
    server.greeting = never_reads
    began = time.monotonic()
    url = f"https://127.0.0.1:{server.port}/x"
    trouble = trouble_of(shared_wire, Call("toy", "POST", url, body=b"{}", deadline=SHORT))
    assert time.monotonic() - began < SHORT + SLACK
    assert trouble.outcome is Outcome.NOT_SENT
