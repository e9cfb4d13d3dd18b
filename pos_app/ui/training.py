"""The training panel: what the customer and the bank do, at the press of a button."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from pos_app.ui.widgets.text import PlainLabel

PAY: Final = "pay"
PAY_LESS: Final = "pay_less"
PAY_MORE: Final = "pay_more"
DECLINE: Final = "decline"
DARK: Final = "dark"
TAB_FOCUS: Final = 1  # Qt.FocusPolicy.TabFocus; naming Qt costs 11 ms at start (look.py)


class TrainingPanel(QWidget):
    """`acted` names what was pressed; what it does to the sandbox is wired in training_hands.py."""

    acted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        labels = {
            PAY: self.tr("Pays"),
            PAY_LESS: self.tr("Pays less"),
            PAY_MORE: self.tr("Pays more"),
            DECLINE: self.tr("Declines"),
            DARK: self.tr("Bank goes dark"),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(PlainLabel(self.tr("The customer"), "label", parent=self))
        self._buttons: dict[str, QPushButton] = {}
        for act, label in labels.items():
            button = QPushButton(self)
            button.setText(label)
            button.setObjectName(f"training_{act}")
            button.setProperty("look", "pill")
            button.setAccessibleName(self.tr("Training: {what}").format(what=label))
            button.setProperty("focusPolicy", TAB_FOCUS)  # a click leaves the focus in the amount
            button.setCheckable(act == DARK)
            button.clicked.connect(partial(self._press, act))
            self._buttons[act] = button
            row.addWidget(button)

    def show_payable(self, payable: bool) -> None:  # noqa: FBT001
        """Without a request on the card there is nothing that a customer could do."""
        for act in (PAY, PAY_LESS, PAY_MORE, DECLINE):
            self._buttons[act].setEnabled(payable)

    def _press(self, act: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002
        self.acted.emit(act)
