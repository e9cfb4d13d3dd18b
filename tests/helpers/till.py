"""The till as a cashier's hands: finds widgets by the names that automation relies on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from pos_app.app import Program

W = TypeVar("W", bound=QWidget)


class Till:
    def __init__(self, qtbot: QtBot, program: Program) -> None:
        self._qtbot = qtbot
        self.program = program

    def find(self, name: str, kind: type[W] = QWidget) -> W:
        found = self.program.window.findChild(kind, name)
        assert found is not None, f"no {kind.__name__} named {name}"
        return found

    def text(self, name: str) -> str:
        return cast("Any", self.find(name)).text()

    def property(self, name: str, key: str) -> str:
        return str(self.find(name).property(key))

    def type(self, name: str, text: str) -> None:
        field = self.find(name, QLineEdit)
        field.setFocus()
        field.clear()
        if text.isascii():
            QTest.keyClicks(field, text)
        else:  # QTest can't press keys that no keyboard of its own has
            field.insert(text)
            field.textEdited.emit(field.text())

    def click(self, name: str) -> None:
        button = self.find(name, QAbstractButton)
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.program.window.focusWidget() or self.program.window, key)

    def charge(self, amount: str, mobile: str = "", note: str = "") -> None:
        self.type("counter_amount", amount)
        if mobile:
            self.type("counter_mobile", mobile)
        if note:
            self.type("counter_note", note)
        self.click("counter_charge_qr")

    def code(self) -> tuple[str, str]:
        return self.property("payment_status", "code"), self.property("payment_status", "issue")

    def wait(self, what: Callable[[], bool], seconds: float = 8.0) -> None:
        self._qtbot.waitUntil(what, timeout=int(seconds * 1000))

    def wait_code(self, status: str, issue: str = "NONE", seconds: float = 8.0) -> None:
        try:
            self.wait(lambda: self.code() == (status, issue), seconds)
        except Exception as error:
            raise AssertionError(f"waited for {status} {issue}, stands at {self.code()}") from error

    def wait_qr(self) -> str:
        self.wait(lambda: bool(self.property("payment_qr", "payload")))
        return self.property("payment_qr", "payload")

    def picture(self) -> QImage:
        return self.program.window.grab().toImage()
