"""A till for each test."""

from __future__ import annotations

import pytest

from tests.flows.till import Till


@pytest.fixture
def till() -> Till:
    return Till()
