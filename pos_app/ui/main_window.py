"""The main window: rail, top bar with the mode, notices, and the page that is open."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from pos_app.domain.shop import Mode
from pos_app.ui.counter.page import CounterPage
from pos_app.ui.meaning import Meaning
from pos_app.ui.notices import NoticeBar
from pos_app.ui.training import TrainingPanel
from pos_app.ui.widgets.chip import Chip
from pos_app.ui.widgets.nav import NavButton
from pos_app.ui.widgets.text import PlainLabel

RAIL: Final = 84
LONGEST_NAME: Final = 26  # letters


MODES: Final = {
    Mode.TRAINING: (Meaning.WAITING, "graduation-cap", "TRAINING · no real money"),
    Mode.TEST: (Meaning.UNKNOWN, "flask-conical", "TEST · no real money"),
    Mode.LIVE: (Meaning.PROBLEM, "zap", "LIVE · real money"),
}


class MainWindow(QMainWindow):
    """Closing it ends the program. `painted` comes once, when the first frame is out."""

    painted = Signal()

    def __init__(self, shop_name: str, mode: Mode, page: CounterPage) -> None:
        super().__init__()
        self._first = True
        self.setWindowTitle(f"{shop_name} – pos_app")
        self.setMinimumSize(1200, 700)
        self.resize(1366, 768)
        self.training = TrainingPanel(self) if mode is Mode.TRAINING else None
        self.notices = NoticeBar(self)
        self._chip = Chip(self.tr("Ready"), "wifi", Meaning.NEUTRAL, code="UNKNOWN", parent=self)
        self._chip.setObjectName("connection_chip")
        ground = QWidget(self)
        ground.setProperty("role", "page")
        across = QHBoxLayout(ground)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._rail())
        column = QVBoxLayout()
        column.setContentsMargins(24, 0, 24, 18)
        column.setSpacing(0)
        column.addWidget(self._top(shop_name, mode))
        column.addWidget(self.notices)
        column.addWidget(page, 1)
        across.addLayout(column, 1)
        self.setCentralWidget(ground)
        page.setFocus()

    def show_reach(self, reachable: object) -> None:
        """True, False, or None before the first answer."""
        if reachable:
            self._chip.show_state(self.tr("Bank reachable"), "wifi", Meaning.PAID, code="ONLINE")
        else:
            self._chip.show_state(
                self.tr("Can't reach the bank"), "wifi-off", Meaning.PROBLEM, code="OFFLINE"
            )

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._first:
            self._first = False
            QTimer.singleShot(0, self.painted.emit)  # when this frame is out

    def _rail(self) -> QFrame:
        rail = QFrame(self)
        rail.setProperty("role", "rail")
        rail.setFixedWidth(RAIL)
        column = QVBoxLayout(rail)
        column.setContentsMargins(8, 18, 8, 18)
        counter = NavButton("qr-code", self.tr("Counter"), parent=rail)
        counter.setObjectName("nav_counter")
        counter.setChecked(True)
        column.addWidget(counter)
        column.addStretch(1)
        return rail

    def _top(self, shop_name: str, mode: Mode) -> QWidget:
        bar = QWidget(self)
        bar.setFixedHeight(62)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(18)
        row.addWidget(PlainLabel(shortened(shop_name), "title", parent=bar))
        meaning, icon, word = MODES[mode]
        badge = Chip(word, icon, meaning, code=mode.value, parent=bar)
        badge.setObjectName("mode_badge")
        row.addWidget(badge)
        row.addStretch(1)
        if self.training:
            row.addWidget(self.training)
        row.addWidget(self._chip)
        return bar


def shortened(name: str) -> str:
    """A shop's name that leaves room for what stands beside it."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
