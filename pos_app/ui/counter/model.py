"""The counter's state: what is typed becomes sales, what is heard becomes views."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from pos_app.domain.bill import Sale, read_sale
from pos_app.domain.clock import GatewayTimes
from pos_app.domain.errors import BooksTrouble, InputRefused, Reason
from pos_app.domain.payment import PaymentRequest, Status
from pos_app.ui.counter.actions import Can
from pos_app.ui.counter.view import PaymentView, away_view, recent_of, refusal_sentence, view_of
from pos_app.ui.words import BOOKS_CLOSED, PARKED, STARTING, TROUBLE
from pos_app.workers.tasks import Tasks

if TYPE_CHECKING:
    from pos_app.flows.desk import Desk

RECENT: Final = 12
TICK: Final = 250  # milliseconds; the countdown changes once a second and must not skip one
CELEBRATE: Final = 6.0  # seconds until the next bill after a clean PAID
BOUNCE: Final = 1.5  # seconds after a charge in which an empty charge is a bounced key, not a mistake

_NO_WAY: Final = frozenset({
    Reason.UNREACHABLE, Reason.TLS, Reason.NO_ANSWER, Reason.BROKEN_ANSWER, Reason.HUGE_ANSWER, Reason.GATEWAY_DOWN,
})  # fmt: skip


class CounterModel(QObject):
    """Lives in the GUI thread. Views are frozen values; the page only draws them."""

    view_changed = Signal(object)  # PaymentView, or None for a fresh bill
    recent_changed = Signal(object)  # list[RecentView]
    message_changed = Signal(str)
    parked_changed = Signal(str)  # what became of a bill that was parked
    reach_changed = Signal(object)  # True, False, or None before the first answer
    charged = Signal()  # the fields are free for the next bill
    returned = Signal(str, str, str)  # amount, mobile, note of a sale that could not be kept
    next_bill_in = Signal(int)  # seconds until the celebration ends
    paid = Signal(object)  # PaymentRequest, once, when it becomes a clean PAID

    def __init__(self, tasks: Tasks, times: GatewayTimes) -> None:
        super().__init__()
        self._tasks = tasks
        self._times = times
        self._desk: Desk | None = None
        self._waiting: list[tuple[Sale, tuple[str, str, str]]] = []
        self._requests: dict[str, PaymentRequest] = {}
        self._focus = ""
        self._away: Reason | None = None
        self._last_charge = float("-inf")
        self._renewing = False
        self._celebrate_until = 0.0
        self._shown: PaymentView | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)

    # ── from the program ───────────────────────────────────────────────────────────────────────────
    def open(self, desk: Desk, newest: list[PaymentRequest]) -> None:
        """The books are open: what was charged before is sent now."""
        self._desk = desk
        for request in newest:
            known = self._requests.setdefault(request.reference, request)
            if known.revision < request.revision:
                self._requests[request.reference] = request
        self.message_changed.emit("")
        waiting, self._waiting = self._waiting, []
        for sale, typed in waiting:
            self._send(sale, typed)
        self._show_recent()

    def close(self) -> None:
        """The program ends: no timer fires into what is being taken down."""
        self._timer.stop()

    def hear(self, request: PaymentRequest) -> None:
        """A request that has changed; a new one comes onto the card."""
        before = self._requests.get(request.reference)
        if before is not None and request.revision < before.revision:
            return  # two threads told two changes in the wrong order
        self._requests[request.reference] = request
        if before is None:
            self.look_at(request.reference)
        if request.hand_over and before is not None and not before.hand_over:
            self.paid.emit(request)
            if request.reference == self._focus:
                self._celebrate_until = time.monotonic() + CELEBRATE
        self._show()
        self._show_recent()

    def hear_reach(self, _gateway: str, reason: object) -> None:
        away = reason if isinstance(reason, Reason) and reason in _NO_WAY else None
        self.reach_changed.emit(away is None)
        if away != self._away:
            self._away = away
            self._show()

    # ── from the cashier ───────────────────────────────────────────────────────────────────────────
    def charge_qr(self, amount: str, mobile: str, note: str) -> None:
        if not amount.strip() and time.monotonic() - self._last_charge < BOUNCE:
            return
        try:
            sale = read_sale(amount, mobile, note)
        except InputRefused as refused:
            self.message_changed.emit(refusal_sentence(refused))
            return
        self._last_charge = time.monotonic()
        self.message_changed.emit("" if self._desk else STARTING)
        self.charged.emit()
        self._send(sale, (amount, mobile, note))

    def cancel(self) -> None:
        self._ask("cancel")

    def recheck(self) -> None:
        self._ask("recheck")

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
        if self._desk:
            self._tasks.run(self._desk.look_at, reference)
        self._show()

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

    def _said_paid(self, request: PaymentRequest) -> None:
        """Still open: park it, so that the queue moves on; money that comes shows in the row and on a click."""
        if request.status is not Status.AWAITING or request.reference != self._focus:
            return
        self.parked_changed.emit(PARKED.format(bill=request.bill_number))
        self.look_at("")

    def _not_renewed(self, error: Exception) -> None:
        self._renewing = False
        self.trouble(error)

    def _renewed(self, request: PaymentRequest) -> None:
        self._renewing = False
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
        return away_view(view) if self._away else view

    def _show_recent(self) -> None:
        newest = sorted(self._requests.values(), key=lambda request: request.created_at, reverse=True)[
            :RECENT
        ]
        self.recent_changed.emit([recent_of(request, self._times.now(request.gateway)) for request in newest])
