"""The ring of the countdown: how long a payment may still arrive, as an arc and as mm:ss."""

from math import ceil

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from pos_app.ui import look

SIZE = 86
HURRY_SECONDS = 60
LAST_SECONDS = 15


class CountdownRing(QWidget):
    """Shows what it is told and counts nothing itself; scales with its size."""

    def __init__(self, size: int = SIZE, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seconds: int | None = None
        self._share = 0.0
        self.setFixedSize(QSize(size, size))

    def set_left(self, seconds: float | None, total: float) -> None:
        """Show the seconds left of the total, rounded up; None shows no ring."""
        left = None if seconds is None else max(0, ceil(seconds))
        share = min(1.0, max(0.0, (seconds or 0.0) / total)) if total > 0 else 0.0
        if (left, share) == (self._seconds, self._share):
            return
        self._seconds, self._share = left, share
        self.setAccessibleDescription(self.text())
        self.update()

    def text(self) -> str:
        """`mm:ss`, minutes past 99 as they are, empty while no time is shown."""
        if self._seconds is None:
            return ""
        minutes, seconds = divmod(self._seconds, 60)
        return f"{minutes:02d}:{seconds:02d}"

    def colour_token(self) -> str:
        """The arc's colour: calm, then hurry, then the last seconds."""
        seconds = self._seconds or 0
        if seconds < LAST_SECONDS:
            return "problem"
        return "ring-waiting" if seconds < HURRY_SECONDS else "accent"

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._seconds is None:
            return
        side = min(self.width(), self.height())
        stroke = max(3.0, side * 0.07)
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        circle = box.adjusted(stroke / 2, stroke / 2, -stroke / 2, -stroke / 2)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour("ring-track"), stroke))
        painter.drawEllipse(circle)
        if self._share > 0:
            from PySide6.QtCore import Qt

            pen = QPen(look.colour(self.colour_token()), stroke)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawArc(circle, 90 * 16, -round(360 * 16 * self._share))
        letters = max(5, len(self.text()))
        pixels = round(side * 0.28 * 5 / letters)
        painter.setFont(look.text_font(pixels, QFont.Weight.DemiBold, tabular=True))
        painter.setPen(look.colour("ink"))
        painter.drawText(box, look.CENTER, self.text())
