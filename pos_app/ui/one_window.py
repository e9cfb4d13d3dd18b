"""One window for each data folder: a second start brings the first forward."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLockFile, QObject

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer
    from PySide6.QtWidgets import QWidget

LOCK: Final = "pos_app.lock"
PATIENCE: Final = 500  # milliseconds for the first window to hear us


class OneWindow(QObject):
    """Holds the folder while it lives. A lock whose program was killed is taken over."""

    def __init__(self, data: Path) -> None:
        super().__init__()
        data.mkdir(parents=True, exist_ok=True)
        self._name = "pos_app-" + hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:24]
        self._lock = QLockFile(str(data / LOCK))
        self._lock.setStaleLockTime(0)  # a long day is no reason; a dead process is
        self._server: QLocalServer | None = None
        self._window: QWidget | None = None

    def take(self) -> bool:
        """False when another program has the folder."""
        return self._lock.tryLock(0)

    def call_the_first(self) -> bool:
        """Ask the window that has the folder to come forward; False when it does not hear."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        heard = socket.waitForConnected(PATIENCE)
        socket.disconnectFromServer()
        return heard

    def listen(self, window: QWidget) -> None:
        """After the first frame: come forward when a second start calls."""
        from PySide6.QtNetwork import QLocalServer

        self._window = window
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self._name)  # what a killed program left behind
        self._server.newConnection.connect(self._come_forward)
        self._server.listen(self._name)

    def release(self) -> None:
        if self._server:
            self._server.close()
        self._lock.unlock()

    def _come_forward(self) -> None:
        if self._server:
            while socket := self._server.nextPendingConnection():
                socket.deleteLater()
        if self._window:
            self._window.showNormal()
            self._window.raise_()
            self._window.activateWindow()
