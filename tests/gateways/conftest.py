"""One wire, one scripted server, one twin and the desks of SMEPay for the tests of this folder."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from pos_app.gateways.wire import Wire
from pos_app.sandbox.server import SandboxServer
from tests.gateways.calls import Found, names
from tests.gateways.desk import Desk, desk_of
from tests.helpers.server import ScriptedServer, scripted


@pytest.fixture(scope="session")
def shared_wire() -> Iterator[Wire]:
    """For tests that neither abort nor count connections: making a TLS context takes its time."""
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted() as running:
        yield running


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    running = SandboxServer(tmp_path_factory.mktemp("twin") / "book.sqlite", dark_seconds=0.3)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def desk(server: ScriptedServer, shared_wire: Wire) -> Desk:
    return desk_of(server, shared_wire)


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
