"""The payment card: ready for a bill, a request and its QR, or the paid moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from pos_app.ui.meaning import Meaning
from pos_app.ui.widgets.card import Card
from pos_app.ui.widgets.icon import IconLabel
from pos_app.ui.widgets.text import PlainLabel

if TYPE_CHECKING:
    from pos_app.ui.counter.live_face import LiveFace
    from pos_app.ui.counter.paid_face import PaidFace
    from pos_app.ui.counter.view import PaymentView

FILLED = frozenset({Meaning.PROBLEM, Meaning.UNKNOWN})  # these colour the whole card: they stop the hand


class PaymentCard(Card):
    """Chooses the face for a PaymentView. The first frame needs only the idle one; `build` makes the others."""

    cancel = Signal()
    recheck = Signal()
    says_paid = Signal()
    renew = Signal()

    live: LiveFace
    paid: PaidFace

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._celebrated = False
        self._stack = QStackedLayout(self)
        self._idle = self._idle_face()
        self._stack.addWidget(self._idle)

    def build(self) -> None:
        """After the first frame, before the first view."""
        from pos_app.ui.counter.live_face import LiveFace
        from pos_app.ui.counter.paid_face import PaidFace

        self.live, self.paid = LiveFace(self), PaidFace(self)
        self.live.cancel.connect(self.cancel)
        self.live.recheck.connect(self.recheck)
        self.live.says_paid.connect(self.says_paid)
        self.live.renew.connect(self.renew)
        self._stack.addWidget(self.live)
        self._stack.addWidget(self.paid)

    def show_view(self, view: PaymentView | None) -> None:
        if (
            view or not self._celebrated
        ):  # behind the fresh bill the last clean PAID stays readable by its names
            self.live.show_view(view)
        self._celebrated = view is not None and view.celebrate
        if view is None:
            self._turn_to(self._idle, "")
        elif view.celebrate:
            self.paid.show_view(view)
            self._turn_to(self.paid, "paid")
        else:
            self._turn_to(self.live, view.meaning if view.meaning in FILLED and not view.qr else "")

    def show_parked(self, sentence: str) -> None:
        """On the idle face: what became of the bill that was parked."""
        self._hint.setText(sentence or self.tr("Type the amount and press Enter: the QR appears here."))

    def _turn_to(self, face: QWidget, filled: str) -> None:
        self._stack.setCurrentWidget(face)
        self.set_filled(filled)

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
        self._hint = PlainLabel("", "soft", align="center", wraps=True, parent=face)
        self.show_parked("")
        column.addWidget(self._hint)
        column.addStretch(4)
        return face
