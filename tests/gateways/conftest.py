"""One wire, one scripted server and one twin for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pos_app.gateways.wire import Wire
from pos_app.sandbox.server import SandboxServer
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
