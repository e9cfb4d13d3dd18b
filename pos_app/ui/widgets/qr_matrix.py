"""The modules of a QR code for a text, taken verbatim as bytes; no Qt here."""

from typing import Final

QUIET_ZONE = 4
LONG_BYTES = 400  # past this, level M makes modules under three pixels at 380 pixels; L keeps them larger
MASK_BYTES = 250  # past this, weighing all eight masks takes 15 to 45 ms; one fixed mask is as legal
_FIXED_MASK = 3
_BYTES: Final = 4  # the mode indicator of the standard for bytes, qrcode.util.MODE_8BIT_BYTE


def matrix(text: str) -> list[bytes]:
    """Rows of bytes, 1 for a dark module, quiet zone included; ValueError when the text is too long."""
    from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
    from qrcode.exceptions import DataOverflowError
    from qrcode.main import QRCode
    from qrcode.util import QRData

    data = text.encode()
    code = QRCode(
        error_correction=ERROR_CORRECT_M if len(data) <= LONG_BYTES else ERROR_CORRECT_L,
        border=QUIET_ZONE,
        mask_pattern=None if len(data) <= MASK_BYTES else _FIXED_MASK,
    )
    code.add_data(QRData(data, mode=_BYTES), optimize=0)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise ValueError(f"{len(data)} bytes do not fit into a QR") from error
    return [bytes(row) for row in code.get_matrix()]


def warm_up() -> None:
    """Import and try the QR library once, off the GUI thread after the first paint: the first sale need not wait."""
    matrix("upi://pay?pa=warm@up")
