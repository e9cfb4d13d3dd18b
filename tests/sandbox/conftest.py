"""One running twin for all tests of this folder; each test has a fresh token and fresh references."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.sandbox.server import SandboxServer
from tests.sandbox.till import Clock, Till


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    clock = Clock()
    server = SandboxServer(tmp_path_factory.mktemp("sandbox") / "book.sqlite", now=clock, dark_seconds=0.3)
    server.start()
    till = Till(server, clock)
    yield till
    till.close()
    server.stop()


@pytest.fixture
def till(running: Till) -> Iterator[Till]:
    running.auth()
    yield running
    running.server.smepay.faults.clear()
    running.server.smepay.go_dark(False)


@pytest.fixture
def book_path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "book.sqlite"
