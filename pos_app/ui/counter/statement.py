"""In the place of the QR: what happened, large enough to be read from a step away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from pos_app.ui.meaning import Meaning
from pos_app.ui.widgets.icon import IconLabel
from pos_app.ui.widgets.text import PlainLabel

if TYPE_CHECKING:
    from pos_app.ui.counter.view import PaymentView


class Statement(QWidget):
    """Icon, word and sentence of a state without a QR."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = IconLabel("", "soft", 104, parent=self)
        self._word = PlainLabel("", "statement", align="center", parent=self)
        self._sentence = PlainLabel("", "statement-sentence", align="center", wraps=True, parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addStretch(2)
        for part in (self._icon, self._word, self._sentence):
            column.addWidget(part)
        column.addStretch(3)

    def show_state(self, view: PaymentView | None) -> None:
        if view is None:
            return
        token = "soft" if view.meaning is Meaning.NEUTRAL else view.meaning.value
        self._icon.show_icon(view.icon, token)
        self._word.setText(view.word)
        self._sentence.setText(view.message)
