"""The card of keys: F1 shows what each key does, F1 or Esc puts it away."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from pos_app.ui.widgets.card import Card
from pos_app.ui.widgets.text import PlainLabel

WIDTH = 460
LEFT = 13


class KeysCard(Card):
    """Lies over the page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent=parent)
        self._page = parent
        self.setObjectName("keys_card")
        keys = (
            ("0 … 9  .", self.tr("the amount, wherever the focus is")),
            ("Enter, F2", self.tr("show the QR")),
            ("F5", self.tr("check now")),
            ("F6", self.tr("new QR for the same bill")),
            ("F8", self.tr("customer says paid: ask, then free the card")),
            ("Esc", self.tr("cancel, after a question")),
            ("Tab", self.tr("to mobile, note and the buttons")),
            ("F1", self.tr("this card")),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 22, 28, 24)
        column.setSpacing(14)
        column.addWidget(PlainLabel(self.tr("Keys"), "title", parent=self))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        for row, (key, does) in enumerate(keys):
            grid.addWidget(PlainLabel(key, "figure", parent=self), row, 0)
            grid.addWidget(PlainLabel(does, parent=self), row, 1)
        column.addLayout(grid)
        self.hide()

    def toggle(self) -> None:
        self.setVisible(self.isHidden())
        self.place()

    def place(self) -> None:
        """At the left, above the keypad: the QR stays free for the customer."""
        self.setFixedSize(WIDTH, self.sizeHint().height())
        self.move(LEFT, (self._page.height() - self.height()) // 2)
        self.raise_()
