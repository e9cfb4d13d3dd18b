"""The counter page: entry, payment card and recent sales, wired to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from pos_app.ui.counter.entry import EntryCard
from pos_app.ui.counter.payment_card import PaymentCard
from pos_app.ui.counter.recent import RecentSales

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from pos_app.ui.counter.model import CounterModel

ROOM_FOR_RECENT = 600  # pixels of height


class CounterPage(QWidget):
    """Keyboard alone is enough: Enter and F2 charge, F5 checks, F6 renews, Esc cancels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = EntryCard(self)
        self.card = PaymentCard(self)
        self.recent = RecentSales(self)
        self._early: tuple[str, str, str] | None = None
        self.entry.charge_qr.connect(self._keep_early)
        self._lay_out()
        self.setFocusProxy(self.entry.amount)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit typed while a button has the focus goes into the amount."""
        text = event.text()
        focused = self.focusWidget()
        if text in {"\r", "\n"} and isinstance(focused, QPushButton):
            focused.click()
            return
        if text.isascii() and (text.isdecimal() or text == "."):
            self.entry.take_digit(text)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a low screen the QR goes before the recent sales."""
        super().resizeEvent(event)
        self.recent.setVisible(self.height() >= ROOM_FOR_RECENT)
        self.entry.set_compact(self.height() < ROOM_FOR_RECENT)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(14)
        grid.addWidget(self.entry, 0, 0, 2, 1)
        grid.addWidget(self.card, 0, 1)
        grid.addWidget(self.recent, 1, 1)
        grid.setRowStretch(0, 1)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        for part in (self.entry, self.card, self.recent):  # what they show must not move the middle
            part.setMinimumWidth(360)
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.recent.setFixedHeight(102)

    def build(self) -> None:
        """What the first frame does not show: the card's other faces and the keys."""
        from pos_app.ui.counter.keys_card import KeysCard

        self.card.build()
        self.keys = KeysCard(self)

    def wire(self, model: CounterModel) -> None:
        """After the first frame: the model and what it needs are not loaded before it."""
        from PySide6.QtGui import QKeySequence, QShortcut

        entry, card = self.entry, self.card
        entry.charge_qr.disconnect(self._keep_early)
        entry.charge_qr.connect(model.charge_qr)
        entry.typed.connect(model.typed)
        card.cancel.connect(model.cancel)
        card.recheck.connect(model.recheck)
        card.says_paid.connect(model.says_paid)
        card.renew.connect(model.renew)
        self.recent.chosen.connect(model.look_at)
        model.parked_changed.connect(card.show_parked)
        model.view_changed.connect(card.show_view)
        model.next_bill_in.connect(card.paid.show_next_in)
        model.recent_changed.connect(self.recent.show_sales)
        model.message_changed.connect(entry.show_message)
        model.charged.connect(entry.clear_fields)
        model.returned.connect(entry.put_back)
        for key, slot in (
            ("F1", self.keys.toggle),
            ("F2", entry.charge),
            ("F5", model.recheck),
            ("F6", model.renew),
            ("F8", model.says_paid),
            ("Esc", self._escape),
        ):
            QShortcut(QKeySequence(key), self, slot).setAutoRepeat(False)

        if self._early:
            model.charge_qr(*self._early)

    def _keep_early(self, amount: str, mobile: str, note: str) -> None:
        """Charged before the model stands: once, however often it was pressed."""
        self._early = (amount, mobile, note)

    def _escape(self) -> None:
        if self.keys.isVisible():
            self.keys.hide()
        elif not self.card.live.close_question():
            self.card.live.ask_cancel()
