"""Pace: how fast one gateway may be called, and its rest when it asks for one."""

from __future__ import annotations

import threading
import time
from typing import Final

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason

LONGEST_REST: Final = 300.0  # seconds; a Retry-After beyond it is cut


class Pace:
    """Spaces the calls to one gateway, and rests when it asked for a rest. Safe from several threads."""

    def __init__(self, calls_per_second: float) -> None:
        self._gap = 1 / calls_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._rest_until = 0.0

    def wait(self) -> None:
        """Wait for the next place; raises GatewayTrouble NOT_SENT while the gateway rests."""
        with self._lock:
            now = time.monotonic()
            if now < self._rest_until:
                raise GatewayTrouble(Outcome.NOT_SENT, Reason.BUSY, retry_after=self._rest_until - now)
            place = max(now, self._free_at)
            self._free_at = place + self._gap
        if place > now:
            time.sleep(place - now)

    def rest(self, seconds: float) -> None:
        with self._lock:
            self._rest_until = max(self._rest_until, time.monotonic() + min(seconds, LONGEST_REST))
