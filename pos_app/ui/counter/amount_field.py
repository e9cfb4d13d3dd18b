"""The amount field: large digits from the right, the rupee sign right before them."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from pos_app.ui import look

GAP = 14
_BASE = 3  # pixels between the digits and the right edge inside a QLineEdit


class AmountField(QLineEdit):
    """`text()` is what was typed; the sign is drawn, so it can't be deleted or typed twice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("0.00")
        self.setProperty("role", "amount")
        look.make_tabular(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        font = self.font()
        painter.setFont(font)
        painter.setPen(look.colour("ink" if self.text() else "amount-empty"))
        metrics = QFontMetrics(font)
        digits = metrics.horizontalAdvance(self.text() or self.placeholderText())
        left = self.width() - digits - GAP - _BASE - metrics.horizontalAdvance("₹")
        if left > 0:
            painter.drawText(QPoint(left, (self.height() + metrics.ascent() - metrics.descent()) // 2), "₹")
