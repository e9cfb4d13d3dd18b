"""An icon by itself, drawn large: for empty states and for what a card is about."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_app.ui import look


class IconLabel(QWidget):
    """One icon in the middle, in the colour of a token."""

    def __init__(self, icon: str, token: str, size: int, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._token, self._side = icon, token, size
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_icon(self, icon: str, token: str) -> None:
        self._icon, self._token = icon, token
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._icon:
            left = (self.width() - self._side) / 2
            look.paint_icon(QPainter(self), QRectF(left, 0, self._side, self._side), self._icon, self._token)
