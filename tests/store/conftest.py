"""A fresh ledger for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.store.ledger import SqlLedger, open_ledger
from tests.store.sales import KEY, StoppedClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "training.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqlLedger]:
    books = open_ledger(path, KEY, StoppedClock())
    yield books
    books.close()
