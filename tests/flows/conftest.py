"""The flows' own log is kept for the test instead of being printed."""

from __future__ import annotations

import pytest

from pos_app.flows import checkout, watch
from tests.flows.till import Till
from tests.helpers.fakes import HeardLog


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> HeardLog:
    log = HeardLog()
    monkeypatch.setattr(checkout, "log", log)
    monkeypatch.setattr(watch, "log", log)
    return log


@pytest.fixture
def till() -> Till:
    return Till()
