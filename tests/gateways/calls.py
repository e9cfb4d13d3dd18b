"""Calls over the wire, and what came of them, for the tests of the wire."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.wire import Call, Reply, Wire
from tests.helpers.server import Behaviour, ScriptedServer, closes, drips, floods, hangs, late, reply, resets

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

Found = list[tuple[int, int, int, str, tuple[str, int]]]


def names(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Found]) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Found:
        return answer()

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
