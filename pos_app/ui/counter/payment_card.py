"""The payment card: QR, amount, countdown, status in words, and what can be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from pos_app.ui.counter.actions import Can
from pos_app.ui.meaning import Meaning
from pos_app.ui.widgets.buttons import ActionButton
from pos_app.ui.widgets.card import Card
from pos_app.ui.widgets.chip import Chip
from pos_app.ui.widgets.icon import IconLabel
from pos_app.ui.widgets.qr import QrView
from pos_app.ui.widgets.ring import CountdownRing
from pos_app.ui.widgets.text import PlainLabel

if TYPE_CHECKING:
    from pos_app.ui.counter.view import PaymentView

QR_SIDE = 430
COLUMN = 224
FILLED = frozenset({Meaning.PROBLEM, Meaning.UNKNOWN})  # these colour the whole card: they stop the hand


class PaymentCard(Card):
    """Draws a PaymentView; asks once before it cancels. Every name that automation relies on is one widget."""

    cancel = Signal()
    recheck = Signal()
    renew = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._view: PaymentView | None = None
        self._bill = self._named(PlainLabel("", "label", parent=self), "payment_bill")
        self._amount = self._named(PlainLabel("", "sum", parent=self), "payment_amount")
        self._ring = CountdownRing(parent=self)
        self._ring.setObjectName("payment_countdown")
        self._ring.setAccessibleName(self.tr("Time left"))
        self._qr = QrView(parent=self)
        self._qr.setObjectName("payment_qr")
        self._qr.setFixedSize(QR_SIDE, QR_SIDE)
        self._status = Chip(parent=self)
        self._status.setObjectName("payment_status")
        self._message = self._named(PlainLabel("", "soft", wraps=True, parent=self), "payment_message")
        self._statement = _Statement(self)
        self._recheck = self._action(
            self.tr("Check now"), "refresh-cw", "F5", "payment_recheck", self.recheck
        )
        self._renew = self._action(self.tr("New QR"), "qr-code", "F6", "payment_renew", self.renew)
        self._cancel = self._action(self.tr("Cancel"), "x", "Esc", "payment_cancel", None, kind="danger")
        self._cancel.clicked.connect(self.ask_cancel)
        self._question = self._build_question()
        self._next = PlainLabel("", "celebrate-soft", align="center", parent=self)
        self._stack = QStackedLayout(self)
        for face in (self._idle_face(), self._live_face(), self._paid_face()):
            self._stack.addWidget(face)
        self.show_view(None)

    def show_view(self, view: PaymentView | None) -> None:
        before, self._view = self._view, view
        if view is None or before is None or view.reference != before.reference:
            self._question.hide()
        self._status.show_state(
            view.word if view else "",
            view.icon if view else "",
            view.meaning if view else Meaning.NEUTRAL,
            code=view.status if view else "",
            issue=view.issue if view else "",
        )
        self._bill.setText(view.bill if view else "")
        self._amount.setText(_spaced(view.amount) if view else "")
        self._message.setText(view.message if view else "")
        self._ring.set_left(view.seconds_left if view else None, view.lifetime if view else 0)
        self._show_qr(view)
        if view is None or Can.CANCEL not in view.can:
            self._question.hide()
        self._show_actions()
        self._choose_face(view)

    def show_next_in(self, seconds: int) -> None:
        self._next.setText(self.tr("Next bill in {seconds} s, or start typing").format(seconds=seconds))

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
            (self._recheck, Can.RECHECK),
            (self._renew, Can.RENEW),
            (self._cancel, Can.CANCEL),
        ):
            button.setVisible(able in can)

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

    def _choose_face(self, view: PaymentView | None) -> None:
        if view is None:
            self._stack.setCurrentIndex(0)
            self.set_filled("")
        elif view.celebrate:
            self._paid_sum.setText(self.tr("{amount} received").format(amount=_spaced(view.amount)))
            self._paid_detail.setText(view.detail)
            self._paid_do.setText(view.message)
            self._next.setText("")
            self._stack.setCurrentIndex(2)
            self.set_filled("paid")
        else:
            self._stack.setCurrentIndex(1)
            self.set_filled(view.meaning if view.meaning in FILLED and not view.qr else "")

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

    def _idle_face(self) -> QWidget:
        face = QWidget(self)
        column = QVBoxLayout(face)
        column.addStretch(3)
        column.addWidget(IconLabel("scan-line", "line-strong", 96, parent=face))
        column.addSpacing(18)
        column.addWidget(
            PlainLabel(self.tr("Ready for the next bill"), "heading", align="center", parent=face)
        )
        column.addSpacing(4)
        column.addWidget(
            PlainLabel(
                self.tr("Type the amount and press Enter: the QR appears here."),
                "soft",
                align="center",
                parent=face,
            )
        )
        column.addStretch(4)
        return face

    def _live_face(self) -> QWidget:
        face = QWidget(self)
        rows = QVBoxLayout(face)
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
        picture.addWidget(self._qr)
        picture.addWidget(self._statement, 1)
        body.addLayout(picture, 1)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(self._status)
        column.addWidget(self._message)
        column.addStretch(1)
        column.addWidget(self._question)
        for button in (self._recheck, self._renew, self._cancel):
            column.addWidget(button)
        side = QWidget(face)
        side.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        side.setFixedWidth(COLUMN)
        body.addWidget(side)
        rows.addLayout(body, 1)
        return face

    def _paid_face(self) -> QWidget:
        face = QWidget(self)
        self._paid_sum = PlainLabel("", "celebrate-sum", align="center", parent=face)
        self._paid_detail = PlainLabel("", "celebrate", align="center", parent=face)
        self._paid_do = PlainLabel("", "celebrate-next", align="center", parent=face)
        column = QVBoxLayout(face)
        column.setSpacing(12)
        column.addStretch(3)
        column.addWidget(IconLabel("circle-check-big", "celebrate-ink", 88, parent=face))
        column.addSpacing(6)
        for label in (self._paid_sum, self._paid_detail, self._paid_do):
            column.addWidget(label)
        column.addStretch(3)
        column.addWidget(self._next)
        column.addSpacing(10)
        return face

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


class _Statement(QWidget):
    """In the place of the QR: what happened, large enough to be read from a step away."""

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


def _spaced(amount: str) -> str:
    return amount.replace("₹", "₹ ", 1)
