"""The QR view: what it shows, an independent reader gets byte for byte; what it hides, none gets."""

import random
from string import ascii_letters, digits

import pytest
import zxingcpp
from PySide6.QtGui import QColor, QImage, QPixmap
from pytestqt.qtbot import QtBot

from pos_app.ui.widgets.qr import QrView
from pos_app.ui.widgets.qr_matrix import LONG_BYTES, MASK_BYTES, QUIET_ZONE, matrix

LINK = "upi://pay?pa=asha@ybl&pn=Asha%20Stores&tr=ASH26112000142&am=1250.00&cu=INR"
RANDOM = random.Random(20261120)
LETTERS = ascii_letters + digits + "-._~%&=@:/?+"


def _link(length: int) -> str:
    return (LINK + "&tn=" + "".join(RANDOM.choices(LETTERS, k=length)))[: max(length, 60)]


@pytest.fixture
def view(qtbot: QtBot) -> QrView:
    made = QrView()
    qtbot.addWidget(made)
    made.resize(380, 380)
    return made


def _read(view: QrView, ratio: float = 1.0) -> list[bytes]:
    picture = QPixmap(round(view.width() * ratio), round(view.height() * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor("white"))
    view.render(picture)
    grey = picture.toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = memoryview(grey.constBits()).cast("B", (grey.height(), grey.bytesPerLine()))
    return [
        found.bytes
        for found in zxingcpp.read_barcodes(pixels, zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]


@pytest.mark.parametrize("length", [60, *sorted(RANDOM.randint(60, 900) for _ in range(38)), 900])
def test_an_independent_reader_gets_the_link_byte_for_byte(view: QrView, length: int) -> None:
    link = _link(length)
    view.show_link(link)
    assert view.property("payload") == link
    assert _read(view) == [link.encode()]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0])
@pytest.mark.parametrize("size", [380, 401, 523])
def test_it_is_crisp_at_every_scaling(view: QrView, ratio: float, size: int) -> None:
    view.resize(size, size + 37)
    view.show_link(LINK)
    assert _read(view, ratio) == [LINK.encode()]
    picture = QPixmap(round(view.width() * ratio), round(view.height() * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor("white"))
    view.render(picture)
    image, middle = picture.toImage(), picture.height() // 2
    shades = {image.pixelColor(x, middle).lightness() for x in range(4, image.width() - 4)}
    assert shades == {0, 255}


def test_text_is_taken_verbatim_and_never_as_another_mode(view: QrView) -> None:
    for text in ("1234567890" * 8, "UPI://PAY", "upi://pay?pn=आशा&am=1.00", " a\n"):
        view.show_link(text)
        assert _read(view) == [text.encode()]


def test_a_frosted_code_can_not_be_paid(view: QrView) -> None:
    for length in (60, 200, 900):
        view.show_link(_link(length))
        view.set_dimmed(True)
        assert view.property("payload") == ""
        for size in (380, 900):
            view.resize(size, size)
            assert _read(view) == []
        view.set_dimmed(False)
        assert view.property("payload") == _link_of(view)
        view.resize(380, 380)
        assert _read(view) == [_link_of(view).encode()]


def test_a_cleared_view_shows_nothing(view: QrView) -> None:
    view.show_link(LINK)
    view.clear()
    assert view.property("payload") == ""
    assert _read(view) == []
    view.set_dimmed(True)
    assert not view.is_dimmed()


def test_a_link_that_is_too_long_is_refused_and_the_old_one_is_gone(view: QrView) -> None:
    view.show_link(LINK)
    with pytest.raises(ValueError, match="do not fit"):
        view.show_link("x" * 2954)
    assert view.property("payload") == ""


def test_showing_after_dimming_is_bright_again(view: QrView) -> None:
    view.show_link(LINK)
    view.set_dimmed(True)
    view.show_link(LINK)
    assert view.property("payload") == LINK


@pytest.mark.parametrize("length", [1, MASK_BYTES, MASK_BYTES + 1, LONG_BYTES, LONG_BYTES + 1, 2953])
def test_the_quiet_zone_is_four_modules_wide(length: int) -> None:
    rows = matrix("x" * length)
    edge = bytes(len(rows))
    assert rows[:QUIET_ZONE] == rows[-QUIET_ZONE:] == [edge] * QUIET_ZONE
    assert all(not any(row[:QUIET_ZONE]) and not any(row[-QUIET_ZONE:]) for row in rows)


def _link_of(view: QrView) -> str:
    return str(view.property("payload"))
