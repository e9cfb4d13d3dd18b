"""A name is looked up within the deadline, and its addresses are tried in turn."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.wire import Call, Reply, Wire
from tests.gateways.calls import SHORT, SLACK, Found, a_call, begin, known, names, trouble_of
from tests.helpers.server import ScriptedServer, full_backlog, refused_port, reply, says


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
