"""The paid moment: the whole card says that the money is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from pos_app.ui.widgets.icon import IconLabel
from pos_app.ui.widgets.text import PlainLabel, spaced

if TYPE_CHECKING:
    from pos_app.ui.counter.view import PaymentView


class PaidFace(QWidget):
    """Amount, bill, the bank's reference, and when the next bill comes by itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sum = PlainLabel("", "celebrate-sum", align="center", parent=self)
        self._detail = PlainLabel("", "celebrate", align="center", parent=self)
        self._do = PlainLabel("", "celebrate-next", align="center", parent=self)
        self._next = PlainLabel("", "celebrate-soft", align="center", parent=self)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(3)
        column.addWidget(IconLabel("circle-check-big", "celebrate-ink", 88, parent=self))
        column.addSpacing(6)
        for label in (self._sum, self._detail, self._do):
            column.addWidget(label)
        column.addStretch(3)
        column.addWidget(self._next)
        column.addSpacing(10)

    def show_view(self, view: PaymentView) -> None:
        self._sum.setText(self.tr("{amount} received").format(amount=spaced(view.amount)))
        self._detail.setText(view.detail)
        self._do.setText(view.message)
        self._next.setText("")

    def show_next_in(self, seconds: int) -> None:
        self._next.setText(self.tr("Next bill in {seconds} s, or start typing").format(seconds=seconds))
