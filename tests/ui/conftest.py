"""A counter page that shows given views: no model, no thread, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app.domain.shop import Mode
from pos_app.ui.counter.page import CounterPage
from pos_app.ui.look import Look
from pos_app.ui.main_window import MainWindow

Screen = tuple[MainWindow, CounterPage]
MakeScreen = Callable[[str, int, int], Screen]


@pytest.fixture
def make_screen(qtbot: QtBot, qapp: QApplication) -> Iterator[MakeScreen]:
    """(theme, width, height) → the main window and its counter page, painted once."""

    def make(theme: str, width: int, height: int) -> Screen:
        Look(theme).apply(qapp)
        page = CounterPage()
        window = MainWindow("Asha Stores", Mode.TEST, page)
        page.build()
        window.resize(width, height)
        qtbot.addWidget(window)
        window.show()
        qtbot.waitExposed(window)
        return window, page

    yield make
    Look("light").apply(qapp)
