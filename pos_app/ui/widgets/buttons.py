"""Buttons: an action with icon, label and key hint, and one that is only an icon."""

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from pos_app.ui import look
from pos_app.ui.widgets.text import PlainLabel

_ICON = 20
_EDGE = 14
_HINT_GAP = 14
_INK = {"primary": "accent-ink", "danger": "problem", "quiet": "soft"}


class ActionButton(QPushButton):
    """`look` is primary (one on a screen), normal, danger or quiet; `text()` is the label alone.

    Ground, border and label are the style sheet's, which leaves room at the left for the icon.
    """

    def __init__(
        self,
        label: str,
        icon: str = "",
        hint: str = "",
        *,
        look: str = "normal",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon, self._look = icon, look
        self._hint = PlainLabel(hint, "hint", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, _EDGE - 2, 0)
        row.addStretch(1)
        row.addWidget(self._hint)
        self.setProperty("look", look)
        self.setProperty("action", "icon" if icon else "word")
        self.setText(label)
        self.setAccessibleDescription(hint)

    def setText(self, text: str) -> None:
        """The label, which is the accessible name too."""
        super().setText(text)
        self.setAccessibleName(text)

    def set_icon(self, icon: str) -> None:
        """Another icon, by its name in resources/icons."""
        self._icon = icon
        self.update()

    def hint(self) -> str:
        """The key that does the same."""
        return self._hint.text()

    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        if self.hint():
            size.setWidth(size.width() + _HINT_GAP + self._hint.sizeHint().width())
        return size

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._icon:
            box = QRectF(_EDGE, (self.height() - _ICON) // 2, _ICON, _ICON)
            ink = _INK.get(self._look, "ink") if self.isEnabled() else "disabled-ink"
            look.paint_icon(QPainter(self), box, self._icon, ink)


class IconButton(QPushButton):
    """A button that shows one icon; `name` is what a screen reader says."""

    def __init__(
        self,
        icon: str,
        name: str,
        *,
        look: str = "quiet",
        ink: str = "soft",
        size: int = _ICON,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon, self._ink, self._size = icon, ink, size
        self.setProperty("look", look)
        self.setAccessibleName(name)
        self.setToolTip(name)

    def sizeHint(self) -> QSize:
        return QSize(48, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRect(0, 0, self._size, self._size)
        box.moveCenter(self.rect().center())
        look.paint_icon(painter, QRectF(box), self._icon, self._ink if self.isEnabled() else "disabled-ink")
