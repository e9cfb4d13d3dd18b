"""The QR of a payment, drawn so that any phone and any other reader gets the link byte for byte."""

from PySide6.QtCore import Property, QPointF, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_app.ui import look
from pos_app.ui.widgets.qr_matrix import matrix

LEAST_PIXELS = 380
_CORNER = 14
_SIGN = 72
_FROST = 3  # modules that melt into one block of a dimmed code: seen to be a QR, but no reader gets anything


class QrView(QWidget):
    """A white square with the code in it; only a faint sign while there is nothing to pay."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = ""
        self._dimmed = False
        self._code = QImage()
        self._scaled = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
        self.setMinimumSize(LEAST_PIXELS, LEAST_PIXELS)

    def show_link(self, text: str) -> None:
        """Show this text, verbatim; ValueError, and nothing shown, when it is too long for a QR."""
        if text == self._link and not self._dimmed:
            return
        self.clear()
        if text:
            self._code = _image(matrix(text))
            self._link = text

    def clear(self) -> None:
        """Show no code."""
        self._link, self._dimmed = "", False
        self._code = self._scaled = QImage()
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:  # noqa: FBT001 - a Qt setter
        """Frost the code: it can be seen, but neither read nor paid."""
        self._dimmed = dimmed and bool(self._link)
        self.update()

    def is_dimmed(self) -> bool:
        """Whether the code is frosted."""
        return self._dimmed

    def sizeHint(self) -> QSize:
        return QSize(400, 400)

    def paintEvent(self, _event: QPaintEvent) -> None:
        side = min(self.width(), self.height())
        card = QRectF((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._link:
            sign = QRectF(0, 0, _SIGN, _SIGN)
            sign.moveCenter(card.center())
            look.paint_icon(painter, sign, "qr-code", "line-strong")
            return
        ground = QPainterPath()
        ground.addRoundedRect(card, _CORNER, _CORNER)
        painter.fillPath(ground, look.colour("qr-ground"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if self._dimmed:
            self._paint_frosted(painter, card)
        else:
            self._paint_code(painter, card)

    def _paint_code(self, painter: QPainter, card: QRectF) -> None:
        """Whole device pixels for each module, at a whole device pixel: no reader likes a blurred edge."""
        device = painter.deviceTransform()
        place = device.mapRect(card)
        modules = self._code.width()
        scale = max(1, int(place.width() + 1e-6) // modules)
        if self._scaled.width() != modules * scale:
            self._scaled = self._code.scaled(modules * scale, modules * scale)
        left = round(place.left() + (place.width() - self._scaled.width()) / 2)
        top = round(place.top() + (place.height() - self._scaled.height()) / 2)
        back, _ = device.inverted()
        corner, end = (
            back.map(QPointF(left, top)),
            back.map(QPointF(left + self._scaled.width(), top + self._scaled.height())),
        )
        painter.drawImage(QRectF(corner, end), self._scaled)

    def _paint_frosted(self, painter: QPainter, card: QRectF) -> None:
        from PySide6.QtCore import Qt

        smooth = Qt.TransformationMode.SmoothTransformation
        keep = Qt.AspectRatioMode.IgnoreAspectRatio
        grey = self._code.convertToFormat(QImage.Format.Format_Grayscale8)
        left = max(1, grey.width() // _FROST)
        blocks = grey.scaled(left, left, keep, smooth)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.3)
        painter.drawImage(card.adjusted(_CORNER, _CORNER, -_CORNER, -_CORNER), blocks)

    def _get_payload(self) -> str:
        return "" if self._dimmed else self._link

    payload = Property(str, _get_payload)


def _image(rows: list[bytes]) -> QImage:
    """One pixel for each module, quiet zone included; 1 is dark."""
    size = len(rows)
    image = QImage(b"".join(rows), size, size, size, QImage.Format.Format_Indexed8)
    image.setColorTable([look.colour("qr-ground").rgb(), look.colour("qr-ink").rgb()])
    return image.copy()
