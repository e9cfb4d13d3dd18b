"""The wire, loaded when it is first needed: httpx would hold up the opening of the books."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason

if TYPE_CHECKING:
    from pos_app.gateways.call import Call, Reply
    from pos_app.gateways.wire import Wire


class LateWire:
    """Safe to use from several threads, like the wire itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._stopped = False

    def send(self, call: Call) -> Reply:
        return self.warm_up().send(call)

    def warm_up(self) -> Wire:
        """Load httpx and the trusted certificates now. Raises GatewayTrouble NOT_SENT after a stop."""
        with self._lock:
            if self._wire is None:
                if self._stopped:
                    raise GatewayTrouble(Outcome.NOT_SENT, Reason.STOPPED)
                from pos_app.gateways.wire import Wire

                self._wire = Wire()
                if self._stopped:  # the stop came while it was being made
                    self._wire.abort()
            return self._wire

    def abort(self) -> None:
        """End every call that is under way, from any thread."""
        self._stopped = True
        if self._wire:
            self._wire.abort()

    def close(self) -> None:
        self.abort()
        if self._wire:
            self._wire.close()
