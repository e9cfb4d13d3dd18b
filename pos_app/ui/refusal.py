"""The window that stands when the program can't start: what happened and what to do."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from pos_app.ui.widgets.buttons import ActionButton
from pos_app.ui.widgets.icon import IconLabel
from pos_app.ui.widgets.text import PlainLabel


class RefusalWindow(QMainWindow):
    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.setWindowTitle("pos_app")
        self.setMinimumSize(640, 320)
        ground = QWidget(self)
        ground.setProperty("role", "page")
        column = QVBoxLayout(ground)
        column.setContentsMargins(48, 40, 48, 32)
        column.addWidget(IconLabel("circle-alert", "problem", 56, parent=ground))
        column.addSpacing(14)
        column.addWidget(PlainLabel(self.tr("pos_app can't start"), "title", align="center", parent=ground))
        column.addSpacing(8)
        self._sentence = PlainLabel(sentence, "soft", align="center", wraps=True, parent=ground)
        self._sentence.setObjectName("refusal_sentence")
        column.addWidget(self._sentence, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        close = ActionButton(self.tr("Close"), "x", look="primary", parent=ground)
        close.setObjectName("refusal_close")
        close.clicked.connect(self.close)
        row.addWidget(close)
        row.addStretch(1)
        column.addLayout(row)
        self.setCentralWidget(ground)
