"""The amount field: large digits from the right, the rupee sign right before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QWidget

from pos_app.ui import look
from pos_app.ui.widgets.text import PlainLabel

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

GAP = 14
_EDGE = 3  # pixels between the digits and the right edge inside a QLineEdit


class AmountField(QLineEdit):
    """`text()` is what was typed; the sign stands beside it, so it can't be deleted or typed twice.

    The sign is a label: a pen of our own would load PySide6's `Qt` in the first frame (11 ms, see look.py).
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("0.00")
        self.setProperty("role", "amount")
        look.make_tabular(self)
        self._sign = PlainLabel("₹", "amount-empty", parent=self)
        self.textChanged.connect(self._follow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._follow()

    def _follow(self, _text: str = "") -> None:
        """Keep the sign beside the digits; where they need all the room, it goes."""
        self._sign.set_role("amount" if self.text() else "amount-empty")
        size = self._sign.sizeHint()
        digits = self.fontMetrics().horizontalAdvance(self.text() or self.placeholderText())
        left = self.width() - digits - GAP - _EDGE - size.width()
        self._sign.setVisible(left >= 0)
        self._sign.setGeometry(left, (self.height() - size.height()) // 2, size.width(), size.height())
