"""Clocks: the shop's, and each gateway's as far as its answers tell it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def ticks(self) -> float:
        """Seconds that only go forward, from an unknown start."""
        ...


class SystemClock:
    """The machine's wall clock and a clock that counts on while the machine sleeps, where it has one."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    if hasattr(time, "CLOCK_BOOTTIME"):  # Linux: time.monotonic() stands still in suspend

        def ticks(self) -> float:
            return time.clock_gettime(time.CLOCK_BOOTTIME)

    else:

        def ticks(self) -> float:
            return time.monotonic()


class GatewayTimes:
    """What time it is at each gateway: the last `Date` it sent, carried on by the monotonic clock.

    A shop PC's clock may be years off or jump; the gateway's `expires_at` is in the gateway's time, so
    only the gateway's time may be compared with it (money.md, invariant 14). Before a gateway has
    answered, its time is the wall clock's at our start, carried on by the monotonic clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._start = (clock.now(), clock.ticks())
        self._anchors: dict[str, tuple[datetime, float]] = {}

    def learn(self, gateway: str, told: datetime, ticks: float) -> None:
        """The gateway's clock read `told` (aware UTC) when our monotonic clock read `ticks`.

        A `Date` header has whole seconds, cut off: half a second is added to be right on average, and a
        known offset is kept while it agrees within 1.5 s, so that a countdown does not jitter.
        """
        told += timedelta(seconds=0.5)
        with self._lock:
            if gateway in self._anchors and abs((self._read(gateway, ticks) - told).total_seconds()) <= 1.5:  # noqa: PLR2004
                return
            self._anchors[gateway] = (told, ticks)

    def now(self, gateway: str) -> datetime:
        """Aware UTC."""
        with self._lock:
            return self._read(gateway, self._clock.ticks())

    def _read(self, gateway: str, ticks: float) -> datetime:
        told, at = self._anchors.get(gateway, self._start)
        return told + timedelta(seconds=ticks - at)
