"""Each state as a picture, compared with a kept one: a change of look is always meant.

To keep new pictures after looking at them: KEEP_PICTURES=1 python3 dev.py test tests/ui/test_pictures.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from tests.ui.conftest import MakeScreen
from tests.ui.states import recents, views

KEPT = Path(__file__).parent / "pictures"
SIZES = ((1366, 768), (1920, 1080))
LARGE = ("idle", "waiting", "paid", "underpaid")  # at the second size these stand for the rest


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", list(views()))
def test_a_state_looks_as_kept_and_cuts_no_text(
    make_screen: MakeScreen, state: str, theme: str, size: tuple[int, int]
) -> None:
    if size != SIZES[0] and state not in LARGE:
        return
    window, page = make_screen(theme, *size)
    window.show_reach(state != "away")
    page.card.show_view(views()[state])
    page.recent.show_sales(recents())
    page.entry.amount.clearFocus()
    _settle(window)
    assert not cut_texts(window)
    name = f"{state.replace(' ', '-')}-{theme}-{size[0]}.png"
    picture = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    if "KEEP_PICTURES" in os.environ:
        KEPT.mkdir(exist_ok=True)
        picture.save(str(KEPT / name))
    kept = QImage(str(KEPT / name)).convertToFormat(QImage.Format.Format_RGB32)
    assert not kept.isNull(), f"no kept picture {name}"
    assert picture == kept, f"{name} looks different: look at it, then keep it if it is meant"


@pytest.mark.parametrize("text", ["1", "12,34,567.50", "99999999999999", "500000.00"])
def test_a_refused_amount_cuts_no_text(make_screen: MakeScreen, text: str) -> None:
    window, page = make_screen("light", *SIZES[0])
    page.entry.amount.setText(text)
    page.entry.show_message("A mobile number has ten digits. Correct it or leave it empty.")
    _settle(window)
    assert not cut_texts(window)


def _settle(window: QWidget) -> None:
    from PySide6.QtWidgets import QApplication

    for _ in range(3):
        QApplication.processEvents()
    layout = window.layout()
    if layout:
        layout.activate()


def cut_texts(window: QWidget) -> list[str]:
    """Visible labels and buttons that have less room than their text needs."""
    cut: list[str] = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, QLabel | QAbstractButton) or not widget.text():
            continue
        needed = widget.sizeHint().width()
        if isinstance(widget, QLabel) and widget.wordWrap():
            if widget.heightForWidth(widget.width()) > widget.height():
                cut.append(f"{widget.text()!r} needs more height than {widget.height()}")
        elif needed > widget.width():
            cut.append(f"{widget.text()!r} needs {needed}, has {widget.width()}")
    return cut
