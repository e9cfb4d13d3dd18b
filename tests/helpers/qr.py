"""An independent reader of the QR codes in a picture."""

from __future__ import annotations

import zxingcpp
from PySide6.QtGui import QImage


def read_qr(image: QImage) -> list[str]:
    """The text of every QR in the picture."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = memoryview(grey.constBits()).cast("B", (grey.height(), grey.bytesPerLine()))
    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return [found.text for found in zxingcpp.read_barcodes(pixels, wanted)]
