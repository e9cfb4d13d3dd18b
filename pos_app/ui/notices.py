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
        self._lines: dict[str, str] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(10)
        icon = IconLabel("triangle-alert", "waiting", 18, parent=self)
        icon.setFixedWidth(18)
        row.addWidget(icon)
        self._text = PlainLabel("", "notice-text", wraps=True, parent=self)
        row.addWidget(self._text, 1)
        self.hide()

    def add(self, sentence: str, key: str = "") -> None:
        """Say something until it is dropped by its key; without a key it stays. Said once, however often."""
        self._lines[key or sentence] = sentence
        self._show()

    def drop(self, key: str) -> None:
        if self._lines.pop(key, None):
            self._show()

    def _show(self) -> None:
        self._text.setText("\n".join(self._lines.values()))
        self.setAccessibleName(self._text.text())
        self.setVisible(bool(self._lines))

    def text(self) -> str:
        return self._text.text()
