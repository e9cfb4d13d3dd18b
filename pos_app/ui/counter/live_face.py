"""A request on the card: QR or statement, amount, countdown, status in words, and what can be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos_app.ui.counter.actions import Can
from pos_app.ui.counter.statement import Statement
from pos_app.ui.meaning import Meaning
from pos_app.ui.widgets.buttons import ActionButton
from pos_app.ui.widgets.chip import Chip
from pos_app.ui.widgets.qr import QrView
from pos_app.ui.widgets.ring import CountdownRing
from pos_app.ui.widgets.text import PlainLabel, spaced

if TYPE_CHECKING:
    from pos_app.ui.counter.view import PaymentView

QR_SIDE = 300  # at the least: it takes the room there is
COLUMN = 224


class LiveFace(QWidget):
    """Asks once before it cancels. Every name that automation relies on is one widget."""

    cancel = Signal()
    recheck = Signal()
    says_paid = Signal()
    renew = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: PaymentView | None = None
        self._bill = self._named(PlainLabel("", "label", parent=self), "payment_bill")
        self._amount = self._named(PlainLabel("", "sum", parent=self), "payment_amount")
        self._ring = CountdownRing(parent=self)
        self._ring.setObjectName("payment_countdown")
        self._ring.setAccessibleName(self.tr("Time left"))
        self._qr = QrView(parent=self)
        self._qr.setObjectName("payment_qr")
        self._qr.setMinimumSize(QR_SIDE, QR_SIDE)
        self._status = Chip(parent=self)
        self._status.setObjectName("payment_status")
        self._message = self._named(PlainLabel("", "soft", wraps=True, parent=self), "payment_message")
        self._statement = Statement(self)
        self._says_paid = self._action(
            self.tr("Customer says paid"), "hand", "F8", "payment_says_paid", self.says_paid
        )
        self._recheck = self._action(
            self.tr("Check now"), "refresh-cw", "F5", "payment_recheck", self.recheck
        )
        self._renew = self._action(self.tr("New QR"), "qr-code", "F6", "payment_renew", self.renew)
        self._cancel = self._action(self.tr("Cancel"), "x", "Esc", "payment_cancel", None, kind="danger")
        self._cancel.clicked.connect(self.ask_cancel)
        self._question = self._build_question()
        self._lay_out()
        self.show_view(None)

    def show_view(self, view: PaymentView | None) -> None:
        before, self._view = self._view, view
        if view is None or before is None or view.reference != before.reference or Can.CANCEL not in view.can:
            self._question.hide()
        self._status.show_state(
            view.word if view else "",
            view.icon if view else "",
            view.meaning if view else Meaning.NEUTRAL,
            code=view.status if view else "",
            issue=view.issue if view else "",
        )
        self._bill.setText(view.bill if view else "")
        self._amount.setText(spaced(view.amount) if view else "")
        self._message.setText(view.message if view else "")
        self._ring.set_left(view.seconds_left if view else None, view.lifetime if view else 0)
        self._show_qr(view)
        self._show_actions()

    def ask_cancel(self) -> None:
        """Ask once; a second call is not an answer."""
        if self._view and Can.CANCEL in self._view.can:
            self._question.show()
            self._show_actions()
            self._no.setFocus()

    def close_question(self) -> bool:
        """True when a question was open."""
        was_open = self._question.isVisible()
        self._question.hide()
        self._show_actions()
        return was_open

    def _show_actions(self) -> None:
        """What can be done now; while a question stands, only its answers."""
        can = frozenset[Can]() if self._view is None or not self._question.isHidden() else self._view.can
        for button, able in (
            (self._says_paid, Can.SAYS_PAID),
            (self._recheck, Can.RECHECK),
            (self._renew, Can.RENEW),
            (self._cancel, Can.CANCEL),
        ):
            button.setVisible(able in can)
        shows_qr = self._view is not None and bool(self._view.qr or self._view.faded)
        self._side.setVisible(shows_qr or bool(can) or not self._question.isHidden())

    def _show_qr(self, view: PaymentView | None) -> None:
        shown = view is not None and (bool(view.qr) or view.faded)
        self._qr.setVisible(shown)
        self._message.setVisible(shown)
        self._status.setVisible(shown)
        self._statement.setVisible(not shown)
        if view is None or not shown:
            self._qr.clear()
            self._statement.show_state(view)
            return
        if view.qr:
            self._qr.show_link(view.qr)
        self._qr.set_dimmed(view.faded)

    def _named(self, label: PlainLabel, name: str) -> PlainLabel:
        label.setObjectName(name)
        return label

    def _action(
        self, text: str, icon: str, hint: str, name: str, signal: object, *, kind: str = "normal"
    ) -> ActionButton:
        button = ActionButton(text, icon, hint, look=kind, parent=self)
        button.setObjectName(name)
        if signal is not None:
            button.clicked.connect(signal)
        return button

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(26, 20, 26, 18)
        rows.setSpacing(0)
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._bill)
        words.addWidget(self._amount)
        head.addLayout(words, 1)
        head.addWidget(self._ring)
        rows.addLayout(head)
        rows.addSpacing(12)
        body = QHBoxLayout()
        body.setSpacing(24)
        picture = QVBoxLayout()
        picture.addWidget(self._qr, 1)
        picture.addWidget(self._statement, 1)
        body.addLayout(picture, 1)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(self._status)
        column.addWidget(self._message)
        column.addStretch(1)
        column.addWidget(self._question)
        for button in (self._says_paid, self._recheck, self._renew, self._cancel):
            column.addWidget(button)
        self._side = side = QWidget(self)
        side.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        side.setFixedWidth(COLUMN)
        body.addWidget(side)
        rows.addLayout(body, 1)

    def _build_question(self) -> QWidget:
        box = QWidget(self)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(PlainLabel(self.tr("Cancel this payment?"), "heading", parent=box))
        column.addWidget(
            PlainLabel(
                self.tr("A customer who has scanned may still pay; it will show here."),
                "soft",
                wraps=True,
                parent=box,
            )
        )
        yes = ActionButton(self.tr("Yes, cancel"), "x", look="danger", parent=box)
        yes.setObjectName("confirm_yes")
        yes.clicked.connect(self._confirmed)
        self._no = ActionButton(self.tr("Keep waiting"), "hourglass", parent=box)
        self._no.setObjectName("confirm_no")
        self._no.clicked.connect(self.close_question)
        column.addWidget(yes)
        column.addWidget(self._no)
        box.hide()
        return box

    def _confirmed(self) -> None:
        self.close_question()
        self.cancel.emit()
