"""A clock that only moves when a test moves it."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.helpers.requests import NOW


class StillClock:
    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._ticks = 1000.0

    def now(self) -> datetime:
        return self._now

    def ticks(self) -> float:
        return self._ticks

    def pass_seconds(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._ticks += seconds

    def jump(self, seconds: float) -> None:
        """The wall clock alone is set anew."""
        self._now += timedelta(seconds=seconds)
