"""A button of the rail: icon above, word below."""

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from pos_app.ui import look

_ICON = 24
_TOP = 7
_SIZE = QSize(68, 56)


class NavButton(QPushButton):
    """Checkable; a wordless one (settings) shows its icon in the middle, and `name` is only spoken."""

    def __init__(
        self, icon: str, name: str, *, wordless: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)  # with a text it would make QIcon, 1 ms
        self.setText("" if wordless else name)
        self._icon = icon
        self.setAccessibleName(name)
        self.setProperty("look", "nav")
        self.setCheckable(True)
        self.setAutoExclusive(True)
        if wordless:
            self.setToolTip(name)

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(_SIZE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        box = QRect(0, 0, _ICON, _ICON)
        box.moveCenter(self.rect().center())
        if self.text():
            box.moveTop(_TOP)
        bright = self.isChecked() or self.underMouse()
        look.paint_icon(QPainter(self), QRectF(box), self._icon, "rail-ink" if bright else "rail-soft")
