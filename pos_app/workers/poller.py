"""The poller: one QThread whose single-shot timer runs watch.round() and re-arms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

PRECISE: Final = 0  # Qt.TimerType.PreciseTimer; naming Qt costs 11 ms (ui/look.py)
SHORTEST_STEP: Final = 20  # milliseconds between two rounds


FALL_BACK: Final = 5.0  # seconds to the next round after one that broke


class Rounds(Protocol):
    def round(self) -> float:
        """Start what is due; seconds until the next round."""
        ...

    def until_next(self) -> float:
        """Seconds until something is due."""
        ...


class _Worker(QObject):
    """Lives in the poller's thread; its timer is born there."""

    def __init__(self, rounds: Rounds) -> None:
        super().__init__()
        self._rounds = rounds
        self._timer: QTimer | None = None

    @Slot()
    def start(self) -> None:
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setProperty("timerType", PRECISE)
        self._timer.timeout.connect(self.tick)
        self.tick()

    @Slot()
    def tick(self) -> None:
        wait = FALL_BACK
        try:
            wait = self._rounds.round()
        finally:
            self._arm(wait)  # whatever happened in this round, there is a next one

    @Slot()
    def poke(self) -> None:
        if self._timer:
            self._arm(self._rounds.until_next())

    @Slot()
    def close(self) -> None:
        """In the poller's thread, as its last act: a timer can't be ended from another one."""
        if self._timer:
            self._timer.stop()
            self._timer.deleteLater()
            self._timer = None
        self.deleteLater()

    def _arm(self, seconds: float) -> None:
        if self._timer:
            self._timer.start(max(SHORTEST_STEP, int(seconds * 1000)))


class Poller(QObject):
    """Starts and stops the polling thread; `poke` may be called from any thread."""

    _poked = Signal()

    def __init__(self, rounds: Rounds, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread(self)
        self._thread.setObjectName("poller")
        self._worker = _Worker(rounds)
        self._worker.moveToThread(self._thread)
        self._thread.started.connect(self._worker.start)
        self._thread.finished.connect(self._worker.close)
        self._poked.connect(self._worker.poke)

    @property
    def poke(self) -> Callable[[], None]:
        return self._poked.emit

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._thread.quit()
        self._thread.wait()
