"""One window for each data folder: a second start brings the first forward."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLockFile, QObject

if TYPE_CHECKING:
    from PySide6.QtCore import QFileSystemWatcher
    from PySide6.QtWidgets import QWidget

FOLDER: Final = "window"
LOCK: Final = "pos_app.lock"
CALL: Final = "come-forward"
PATIENCE: Final = 1.0  # seconds for the first window to hear us


class OneWindow(QObject):
    """Holds the folder while it lives; a lock whose program was killed is taken over.

    The second start leaves a file and the first takes it away: a local socket would load QtNetwork for it.
    """

    def __init__(self, data: Path) -> None:
        super().__init__()
        self._folder = data / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = QLockFile(str(self._folder / LOCK))
        self._lock.setStaleLockTime(0)  # a long day is no reason; a dead process is
        self._watcher: QFileSystemWatcher | None = None
        self._window: QWidget | None = None

    def take(self) -> bool:
        """False when another program has the folder."""
        return self._lock.tryLock(0)

    def call_the_first(self) -> bool:
        """Ask the window that has the folder to come forward; False when it does not hear."""
        call = self._folder / CALL
        call.touch()
        end = time.monotonic() + PATIENCE
        while call.exists():
            if time.monotonic() > end:
                call.unlink(missing_ok=True)
                return False
            time.sleep(0.02)
        return True

    @property
    def lock_file(self) -> Path:
        return self._folder / LOCK

    def holder(self) -> str:
        """Who has the folder: a computer's name and a process, as far as the lock tells."""
        process, host, _program = self._lock.getLockInfo()
        return f"{host}, process {process}"

    def listen(self, window: QWidget) -> None:
        """After the first frame: come forward when a second start calls."""
        from PySide6.QtCore import QFileSystemWatcher

        self._window = window
        self._watcher = QFileSystemWatcher([str(self._folder)], self)
        self._watcher.directoryChanged.connect(self._hear)
        self._hear()

    def release(self) -> None:
        if self._watcher:
            self._watcher.deleteLater()
            self._watcher = None
        self._lock.unlock()

    def _hear(self, _folder: str = "") -> None:
        call = self._folder / CALL
        if not call.exists() or self._window is None:
            return
        call.unlink(missing_ok=True)
        self._window.showNormal()
        self._window.raise_()
        self._window.activateWindow()
