"""Faults that can be laid on a twin's calls: what goes wrong, where, and how often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pos_app.sandbox.strict import Words


class FaultKind(StrEnum):
    """What goes wrong with one call."""

    STATUS = "status"  # an HTTP `code` with `body`
    DELAY = "delay"  # the right answer, `seconds` late
    GARBAGE = "garbage"  # HTTP 200 with `body`, which may be anything
    DROP_BEFORE = "drop_before"  # hung up, nothing done
    DROP_AFTER = "drop_after"  # done, then hung up
    REWRITE = "rewrite"  # done, the answer changed by `rewrite`


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    `acts` says, for STATUS, DELAY and GARBAGE, whether the twin has done its work before the fault shows.
    `seconds` is DELAY's. `rewrite` gets the right answer, with amounts as Decimal, and returns the one to send
    (None: the same, changed in place).
    """

    kind: FaultKind
    code: int = 500
    body: str = '{"status":false,"message":"Internal server error"}'
    seconds: float = 0.0
    acts: bool = False
    rewrite: Callable[[Words], object] | None = None


class Faults:
    """The faults that lie in wait, at most one for a call; safe to use from several threads."""

    def __init__(self, calls: frozenset[str]) -> None:
        self._calls = calls
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Fault, int | None]] = {}

    def set(self, call: str, fault: Fault, *, times: int | None = 1) -> None:
        """Lays `fault` on the next `times` uses of `call`, on all with None.

        Raises KeyError if there is no such call, ValueError if `times` is less than one.
        """
        if call not in self._calls:
            raise KeyError(call)
        if times is not None and times < 1:
            raise ValueError(f"a fault shows once at least, not {times} times")
        with self._lock:
            self._waiting[call] = (fault, times)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._waiting.clear()

    def take(self, call: str) -> Fault | None:
        """The fault for this use of `call`, counted as used."""
        with self._lock:
            fault, times = self._waiting.get(call, (None, None))
            if times is None:
                return fault
            self._waiting.pop(call)
            if fault is not None and times > 1:
                self._waiting[call] = (fault, times - 1)
            return fault
