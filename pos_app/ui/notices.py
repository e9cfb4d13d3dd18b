"""Notices: what the owner or the cashier should know, in one line under the top bar."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from pos_app.ui.widgets.icon import IconLabel
from pos_app.ui.widgets.text import PlainLabel


class NoticeBar(QFrame):
    """Hidden while there is nothing to say; several notices stand in one text, one line each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notices")
        self.setProperty("role", "notice")
        self._lines: list[str] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(10)
        icon = IconLabel("triangle-alert", "waiting", 18, parent=self)
        icon.setFixedWidth(18)
        row.addWidget(icon)
        self._text = PlainLabel("", "notice-text", wraps=True, parent=self)
        row.addWidget(self._text, 1)
        self.hide()

    def add(self, sentence: str) -> None:
        if sentence in self._lines:
            return
        self._lines.append(sentence)
        self._text.setText("\n".join(self._lines))
        self.setAccessibleName(self._text.text())
        self.show()

    def text(self) -> str:
        return self._text.text()
