"""The small widgets: what they say, to people and to automation."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from pos_app.ui.look import THEMES, Look
from pos_app.ui.meaning import Meaning
from pos_app.ui.widgets.buttons import ActionButton, IconButton
from pos_app.ui.widgets.card import Card
from pos_app.ui.widgets.chip import Chip
from pos_app.ui.widgets.keypad import BACK, Keypad
from pos_app.ui.widgets.nav import NavButton
from pos_app.ui.widgets.ring import CountdownRing
from pos_app.ui.widgets.text import PlainLabel


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    Look().apply(qapp)


def _picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0, "00:00"),
        (-5, "00:00"),
        (0.01, "00:01"),
        (3.2, "00:04"),
        (59.5, "01:00"),
        (60, "01:00"),
        (234, "03:54"),
        (5999, "99:59"),
        (6100, "101:40"),
        (86400, "1440:00"),
    ],
)
def test_the_ring_says_what_is_left(qtbot: QtBot, seconds: float | None, text: str) -> None:
    ring = CountdownRing()
    qtbot.addWidget(ring)
    ring.set_left(seconds, 300)
    assert ring.text() == text
    _picture(ring)


@pytest.mark.parametrize(
    ("seconds", "token"),
    [
        (300, "accent"),
        (59.1, "accent"),
        (59, "ring-waiting"),
        (15, "ring-waiting"),
        (14, "problem"),
        (0, "problem"),
    ],
)
def test_the_ring_hurries(qtbot: QtBot, seconds: float, token: str) -> None:
    ring = CountdownRing(130)
    qtbot.addWidget(ring)
    ring.set_left(seconds, 300)
    assert ring.colour_token() == token


def test_a_ring_without_a_total_still_tells_the_time(qtbot: QtBot) -> None:
    ring = CountdownRing()
    qtbot.addWidget(ring)
    ring.set_left(30, 0)
    assert ring.text() == "00:30"
    _picture(ring)


@pytest.mark.parametrize(
    "hostile", ["<b>x</b>", "<img src='file:///etc/passwd'>", "<a href='http://x'>y</a>", "&amp;"]
)
def test_a_plain_label_is_never_rich(qtbot: QtBot, hostile: str) -> None:
    label = PlainLabel(hostile, "title", wraps=True)
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == hostile
    with pytest.raises(ValueError, match="plain"):
        label.setTextFormat(Qt.TextFormat.RichText)
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_a_role_gives_a_label_its_size(qtbot: QtBot) -> None:
    label = PlainLabel("₹ 1,250.00", "amount")
    qtbot.addWidget(label)
    label.ensurePolished()
    assert label.font().pixelSize() == 60
    label.set_role("label")
    assert label.font().pixelSize() == 13


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("meaning", Meaning)
def test_a_chip_tells_word_code_and_colour(
    qtbot: QtBot, qapp: QApplication, theme: str, meaning: Meaning
) -> None:
    dress = Look(theme)
    dress.apply(qapp)
    chip = Chip("waiting", "clock", meaning, code="WAITING")
    qtbot.addWidget(chip)
    assert (chip.text(), chip.accessibleName(), chip.property("code")) == ("waiting", "waiting", "WAITING")
    chip.resize(chip.sizeHint())
    assert _picture(chip).pixelColor(6, 14) == dress.colour(f"{meaning}-ground")


def test_a_chip_shows_another_state(qtbot: QtBot) -> None:
    chip = Chip("paid", "check", Meaning.PAID, code="PAID")
    qtbot.addWidget(chip)
    narrow = chip.sizeHint().width()
    chip.show_state("paid after expiry", "clock-alert", Meaning.UNKNOWN, code="PAID", issue="LATE")
    assert (chip.text(), chip.property("code"), chip.property("issue")) == (
        "paid after expiry",
        "PAID",
        "LATE",
    )
    assert chip.meaning() is Meaning.UNKNOWN
    assert chip.sizeHint().width() > narrow


def test_the_keypad_says_its_keys_and_takes_no_focus(qtbot: QtBot) -> None:
    pad = Keypad()
    qtbot.addWidget(pad)
    pad.show()
    pressed: list[str] = []
    pad.pressed_key.connect(pressed.append)
    for button in pad.findChildren(QPushButton):
        assert button.focusPolicy() is Qt.FocusPolicy.NoFocus
        assert button.accessibleName()
        assert min(button.height(), button.width()) >= 48
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pressed == ["7", "8", "9", "4", "5", "6", "1", "2", "3", ".", "0", BACK]


@pytest.mark.parametrize("kind", ["primary", "normal", "danger", "quiet"])
def test_an_action_button_has_room_for_all_it_says(qtbot: QtBot, kind: str) -> None:
    button = ActionButton("ग्राहक ने भुगतान किया", "hand", "F8", look=kind)
    qtbot.addWidget(button)
    assert (button.text(), button.accessibleName()) == ("ग्राहक ने भुगतान किया", "ग्राहक ने भुगतान किया")
    words = button.fontMetrics().horizontalAdvance(button.text())
    assert button.minimumSizeHint().width() > words + 20
    assert button.sizeHint().height() >= (56 if kind == "primary" else 48)
    button.setText("Pay")
    assert button.accessibleName() == "Pay"


def test_disabled_buttons_look_it(qtbot: QtBot) -> None:
    button = ActionButton("Show QR", "qr-code", "Enter", look="primary")
    qtbot.addWidget(button)
    button.resize(300, 56)
    bright = _picture(button)
    button.setEnabled(False)
    assert _picture(button).pixelColor(250, 10) != bright.pixelColor(250, 10)


def test_icon_and_rail_buttons_have_a_name(qtbot: QtBot) -> None:
    lock, gear = IconButton("lock", "Lock"), NavButton("settings", "Settings", wordless=True)
    for button in (lock, gear):
        qtbot.addWidget(button)
        button.resize(button.sizeHint())
        _picture(button)
    assert (lock.accessibleName(), gear.accessibleName()) == ("Lock", "Settings")


def test_a_card_fills_with_its_meaning(qtbot: QtBot) -> None:
    card = Card()
    qtbot.addWidget(card)
    card.resize(100, 100)
    assert _picture(card).pixelColor(50, 50) == Look().colour("surface")
    card.set_filled("paid")
    assert _picture(card).pixelColor(50, 50) == Look().colour("celebrate")
