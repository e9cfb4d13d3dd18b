"""The left side of the counter: amount, keypad, mobile, note and the button that charges."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from pos_app.ui import look
from pos_app.ui.counter.amount_field import AmountField
from pos_app.ui.widgets.buttons import ActionButton
from pos_app.ui.widgets.card import Card
from pos_app.ui.widgets.keypad import BACK, Keypad
from pos_app.ui.widgets.text import PlainLabel

QUICK: Final = ("50", "100", "200", "500", "1,000")
LONGEST_AMOUNT: Final = 16  # letters; longer is no amount that the counter takes
LONGEST_FIELD: Final = 80


class EntryCard(Card):
    """Only reads and clears its fields; what is typed is judged by the model."""

    charge_qr = Signal(str, str, str)  # amount, mobile, note
    typed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.amount = AmountField(self)
        self.amount.setObjectName("counter_amount")
        self.amount.setAccessibleName(self.tr("Amount in rupees"))
        self.amount.setMaxLength(LONGEST_AMOUNT)
        self._message = PlainLabel("", "message", wraps=True, parent=self)
        self._message.setObjectName("counter_message")
        self._message.setMinimumHeight(40)
        self.mobile = self._field("counter_mobile", self.tr("Customer's mobile"))
        self.note = self._field("counter_note", self.tr("Note"))
        self._charge = ActionButton(
            self.tr("Show QR"), "qr-code", self.tr("Enter"), look="primary", parent=self
        )
        self._charge.setObjectName("counter_charge_qr")
        self._charge.clicked.connect(self.charge)
        self._keypad = Keypad(parent=self)
        self._keypad.pressed_key.connect(self._key)
        for field in (self.amount, self.mobile, self.note):
            field.returnPressed.connect(self.charge)
            field.textEdited.connect(self._edited)
        self._lay_out()

    def charge(self) -> None:
        """Charge what stands in the fields; the model says what becomes of it."""
        self.charge_qr.emit(self.amount.text(), self.mobile.text(), self.note.text())

    def show_message(self, text: str) -> None:
        self._message.setText(text)
        self._message.setAccessibleName(text)
        wrong = "true" if text else ""
        if self.amount.property("wrong") != wrong:
            self.amount.setProperty("wrong", wrong)
            look.restyle(self.amount)

    def message(self) -> str:
        return self._message.text()

    def clear_fields(self) -> None:
        """Free for the next bill."""
        for field in (self.amount, self.mobile, self.note):
            field.clear()
        self.amount.setFocus()

    def put_back(self, amount: str, mobile: str, note: str) -> None:
        """A sale that could not be kept comes back, unless the next one is being typed already."""
        if not (self.amount.text() or self.mobile.text() or self.note.text()):
            for field, text in ((self.amount, amount), (self.mobile, mobile), (self.note, note)):
                field.setText(text)

    def take_digit(self, text: str) -> None:
        """A digit typed elsewhere on the screen belongs to the amount."""
        self.amount.setFocus()
        self._key(text)

    def _field(self, name: str, label: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setObjectName(name)
        field.setAccessibleName(label)
        field.setPlaceholderText(label)
        field.setMaxLength(LONGEST_FIELD)
        return field

    def _key(self, key: str) -> None:
        if key == BACK:
            self.amount.backspace()
        else:
            self.amount.insert(key)
        self._edited()

    def _take_quick(self, amount: str) -> None:
        self.amount.setText(amount.replace(",", ""))
        self._edited()
        self.amount.setFocus()

    def _edited(self, _text: str = "") -> None:
        self.typed.emit()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 18, 24, 20)
        column.setSpacing(0)
        column.addWidget(PlainLabel(self.tr("New bill"), "label", parent=self))
        column.addWidget(self.amount)
        column.addSpacing(4)
        column.addWidget(self._message)
        column.addSpacing(4)
        column.addWidget(self._quick_row())
        column.addSpacing(10)
        column.addWidget(self._keypad, 1)
        column.addSpacing(10)
        fields = QGridLayout()
        fields.setSpacing(8)
        fields.addWidget(self.mobile, 0, 0)
        fields.addWidget(self.note, 0, 1)
        column.addLayout(fields)
        column.addSpacing(12)
        column.addWidget(self._charge)

    def set_compact(self, compact: bool) -> None:  # noqa: FBT001
        """On a low screen the keypad goes before the quick amounts."""
        self._quick.setVisible(not compact)

    def _quick_row(self) -> QWidget:
        self._quick = QWidget(self)
        row = QHBoxLayout(self._quick)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for amount in QUICK:
            button = QPushButton(self)
            button.setText(f"₹ {amount}")
            button.setProperty("look", "pill")
            button.setProperty("focusPolicy", 0)
            button.setAccessibleName(self.tr("{amount} rupees").format(amount=amount))
            button.clicked.connect(partial(self._take_quick, amount))
            row.addWidget(button)
        return self._quick
