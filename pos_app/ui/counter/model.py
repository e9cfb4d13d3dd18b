"""The counter's state: what is typed becomes sales, what is heard becomes views."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from pos_app.domain.bill import Sale, read_sale
from pos_app.domain.clock import GatewayTimes
from pos_app.domain.errors import BooksTrouble, InputRefused, Reason
from pos_app.domain.payment import PaymentRequest
from pos_app.ui.counter.actions import Can
from pos_app.ui.counter.view import (
    PaymentView,
    away_view,
    needs_eyes,
    paid_otherwise_view,
    quiet_view,
    recent_of,
    refusal_sentence,
    unkept_view,
    view_of,
)
from pos_app.ui.words import ASKED_NOW, BOOKS_CLOSED, NOT_ASKED, PARKED, STARTING, TROUBLE
from pos_app.workers.tasks import Tasks

if TYPE_CHECKING:
    from pos_app.flows.desk import Desk

RECENT: Final = 12
NOTE: Final = 4000  # milliseconds that "asked just now" stands
TICK: Final = 250  # milliseconds; the countdown changes once a second and must not skip one
CELEBRATE: Final = 6.0  # seconds until the next bill after a clean PAID
BOUNCE: Final = 1.5  # seconds after a charge in which an empty charge is a bounced key, not a mistake

_NO_WAY: Final = frozenset({
    Reason.UNREACHABLE, Reason.TLS, Reason.NO_ANSWER, Reason.GATEWAY_DOWN,
})  # fmt: skip


class CounterModel(QObject):
    """Lives in the GUI thread. Views are frozen values; the page only draws them."""

    view_changed = Signal(object)  # PaymentView, or None for a fresh bill
    recent_changed = Signal(object)  # list[RecentView]
    message_changed = Signal(str)
    parked_changed = Signal(str)  # what became of a bill that was parked
    reach_changed = Signal(object)  # True, False, or None before the first answer
    charged = Signal()  # the fields are free for the next bill
    returned = Signal(str, str, str)  # amount, mobile, note of a sale of which nothing was kept
    paid = Signal(object)  # PaymentRequest: seen becoming a clean PAID, on the card or not
    alarmed = Signal(object)  # PaymentRequest: something a person must know has come up
    next_bill_in = Signal(int)  # seconds until the celebration ends

    def __init__(self, tasks: Tasks, times: GatewayTimes) -> None:
        super().__init__()
        self._tasks = tasks
        self._times = times
        self._desk: Desk | None = None
        self._waiting: list[tuple[Sale, tuple[str, str, str]]] = []
        self._requests: dict[str, PaymentRequest] = {}
        self._entered: dict[str, int] = {}
        self._focus = ""
        self._away: Reason | None = None
        self._last_charge = float("-inf")
        self._renewing = False
        self._unkept = ""
        self._closed_because = ""
        self._celebrated = ""
        self._cancelled = ""
        self._asked_in_vain = ""
        self._celebrate_until = 0.0
        self._shown: PaymentView | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)

    # ── from the program ───────────────────────────────────────────────────────────────────────────
    def open(self, desk: Desk, newest: list[PaymentRequest]) -> None:
        """The books are open: what was charged before is sent now."""
        self._desk = desk
        for request in reversed(newest):
            self._keep(request)
        self.message_changed.emit("")
        waiting, self._waiting = self._waiting, []
        for sale, typed in waiting:
            self._send(sale, typed)
        self._show_recent()

    def close(self) -> None:
        """The program ends: no timer fires into what is being taken down."""
        self._timer.stop()

    def hear_opened(self, request: PaymentRequest) -> None:
        """A request that this till has just made comes onto the card; no other news may take it. A renewal that
        comes late leaves the card to the bill that is on it by now.
        """
        renews = self._bill_on_card() not in {None, request.bill_reference} and self._siblings(request)
        self._keep(request)
        if not renews:
            self.look_at(request.reference)
        self._show_recent()

    def hear(self, request: PaymentRequest) -> None:
        """A request that has changed."""
        before = self._requests.get(request.reference)
        if not self._keep(request):
            return  # two threads told two changes in the wrong order
        if before and request.hand_over and not before.hand_over:
            self.paid.emit(request)
            if request.reference == self._focus:
                self._celebrated = request.reference
                self._celebrate_until = time.monotonic() + CELEBRATE
        elif before and request.issues - before.issues:
            self.alarmed.emit(request)
        self._show()
        self._show_recent()

    def hear_books(self, sentence: str) -> None:
        """While answers can't be kept: the sentence; empty when they can again."""
        if sentence != self._unkept:
            self._unkept = sentence
            self._show()

    def refuse(self, sentence: str) -> None:
        """The books can't be opened: no sale is taken, and what was typed comes back."""
        self._closed_because = sentence
        for _sale, typed in self._waiting:
            self.returned.emit(*typed)
        self._waiting.clear()
        self.message_changed.emit(sentence)

    def hear_reach(self, _gateway: str, reason: object) -> None:
        away = reason if isinstance(reason, Reason) and reason in _NO_WAY else None
        self.reach_changed.emit(away is None)
        if away != self._away:
            self._away = away
            self._show()

    # ── from the cashier ───────────────────────────────────────────────────────────────────────────
    def charge_qr(self, amount: str, mobile: str, note: str) -> None:
        if not amount.strip() and time.monotonic() - self._last_charge < BOUNCE:
            self._last_charge = time.monotonic()  # a key that is held down goes on bouncing
            return
        try:
            sale = read_sale(amount, mobile, note)
        except InputRefused as refused:
            self.message_changed.emit(refusal_sentence(refused))
            return
        if self._closed_because:
            self.message_changed.emit(self._closed_because)
            return
        self._last_charge = time.monotonic()
        self.message_changed.emit("" if self._desk else STARTING)
        self.charged.emit()
        self._send(sale, (amount, mobile, note))

    def cancel(self) -> None:
        """The QR leaves the screen at once, whatever the books are busy with."""
        self._cancelled = self._focus
        self._show()
        self._ask("cancel")

    def recheck(self) -> None:
        """Ask now, and say so when nothing came of it: a key that does nothing visible is pressed again."""
        view = self._shown
        if self._desk and view and Can.RECHECK in view.can:
            self._tasks.run(self._desk.check, view.reference).then(self._rechecked).otherwise(self.trouble)

    def _rechecked(self, told: tuple[PaymentRequest, bool]) -> None:
        request, answered = told
        if answered and view_of(request, self._times.now(request.gateway), "").qr:
            self._asked_in_vain = request.reference
            self._show()
            QTimer.singleShot(NOTE, self, self._forget_note)

    def _forget_note(self) -> None:
        self._asked_in_vain = ""
        self._show()

    def renew(self) -> None:
        """A new QR comes onto the card, or the request of the same bill that turns out to be paid."""
        view = self._shown
        if self._desk and view and Can.RENEW in view.can and not self._renewing:
            self._renewing = True
            self._tasks.run(self._desk.renew, view.reference).then(self._renewed).otherwise(self._not_renewed)

    def says_paid(self) -> None:
        """The customer says that it is paid: ask now, say what the bank says, and free the card."""
        view = self._shown
        if self._desk and view and Can.SAYS_PAID in view.can:
            self._tasks.run(self._desk.check, view.reference).then(self._said_paid).otherwise(self.trouble)

    def look_at(self, reference: str) -> None:
        """Bring a request onto the card; empty: a fresh bill."""
        self._focus = reference
        self._celebrate_until = 0.0
        self._celebrated = ""  # a look back is no second "hand over the goods"
        if self._desk:
            self._desk.look_at(reference)
        self._show()
        self._show_recent()

    def typed(self) -> None:
        """The next bill has begun: a celebration ends, a refused input is being mended."""
        self.message_changed.emit("")
        self.parked_changed.emit("")
        if self._celebrate_until:
            self.look_at("")

    def trouble(self, error: Exception) -> None:
        """Something a flow could not do, as a sentence."""
        if isinstance(error, InputRefused):
            self.message_changed.emit(refusal_sentence(error))
        elif isinstance(error, BooksTrouble):
            self.message_changed.emit(str(error))
        else:
            self.say_trouble()
            raise error

    def say_trouble(self) -> None:
        self.message_changed.emit(TROUBLE)

    @property
    def is_open(self) -> bool:
        return self._desk is not None

    @property
    def focus(self) -> str:
        return self._focus

    def _said_paid(self, told: tuple[PaymentRequest, bool]) -> None:
        """Still open: park it, so that the queue moves on; money that comes shows in the row and on a click."""
        request, answered = told
        view = view_of(request, self._times.now(request.gateway), "")
        if Can.SAYS_PAID not in view.can or request.reference != self._focus:
            return
        self.parked_changed.emit((PARKED if answered else NOT_ASKED).format(bill=request.bill_number))
        self.look_at("")

    def _not_renewed(self, error: Exception) -> None:
        self._renewing = False
        self.trouble(error)

    def _renewed(self, request: PaymentRequest) -> None:
        self._renewing = False
        if self._bill_on_card() == request.bill_reference:
            self.look_at(request.reference)

    # ── inside ─────────────────────────────────────────────────────────────────────────────────────
    def _send(self, sale: Sale, typed: tuple[str, str, str]) -> None:
        if self._desk is None:
            self._waiting.append((sale, typed))
            return

        def not_kept(error: Exception) -> None:
            self.returned.emit(*typed)
            self.trouble(error)

        self._tasks.run(self._desk.charge, sale).otherwise(not_kept)

    def _ask(self, verb: str) -> None:
        if self._desk is None:
            self.message_changed.emit(BOOKS_CLOSED)
        elif self._focus:
            self._tasks.run(getattr(self._desk, verb), self._focus).otherwise(self.trouble)

    def _tick(self) -> None:
        if self._celebrate_until:
            left = self._celebrate_until - time.monotonic()
            if left <= 0:
                self.look_at("")
                return
            self.next_bill_in.emit(int(left) + 1)
        self._show()

    def _show(self) -> None:
        view = self._view()
        alive = view is not None and (view.seconds_left is not None or view.celebrate)
        if alive != self._timer.isActive():
            self._timer.start() if alive else self._timer.stop()
        if view != self._shown:
            moved = (view and view.word) != (self._shown and self._shown.word)
            self._shown = view
            self.view_changed.emit(view)
            if moved:
                self._show_recent()

    def _view(self) -> PaymentView | None:
        request = self._requests.get(self._focus)
        if request is None:
            return None
        title = self._desk.title(request.gateway) if self._desk else request.gateway
        view = view_of(request, self._times.now(request.gateway), title)
        if view.celebrate and request.reference != self._celebrated:
            view = quiet_view(view)
        if view.qr and request.reference == self._cancelled:
            view = replace(view, qr="", faded=True)
        if view.qr and any(one.has_money for one in self._siblings(request)):
            view = paid_otherwise_view(view)
        if self._asked_in_vain == request.reference:
            view = replace(view, message=ASKED_NOW)
        if self._unkept:
            return unkept_view(view, self._unkept)
        return away_view(view) if self._away else view

    def _siblings(self, request: PaymentRequest) -> list[PaymentRequest]:
        """Other requests of the same bill."""
        return [
            one
            for one in self._requests.values()
            if one.bill_reference == request.bill_reference and one.reference != request.reference
        ]

    def _bill_on_card(self) -> str | None:
        request = self._requests.get(self._focus)
        return request.bill_reference if request else None

    def _keep(self, request: PaymentRequest) -> bool:
        """False for older news than what is known already."""
        known = self._requests.get(request.reference)
        if known and request.revision < known.revision:
            return False
        self._requests[request.reference] = request
        self._entered.setdefault(request.reference, len(self._entered))
        return True

    def _show_recent(self) -> None:
        newest = sorted(self._requests.values(), key=self._place, reverse=True)[:RECENT]
        rows = [recent_of(request, self._times.now(request.gateway), self._focus) for request in newest]
        self.recent_changed.emit(rows)

    def _place(self, request: PaymentRequest) -> tuple[bool, int, int]:
        """What waits or needs a person first; then by bill, and the requests of one bill in the order in which
        they came: no clock is asked.
        """
        return needs_eyes(request), request.bill_number, self._entered[request.reference]
