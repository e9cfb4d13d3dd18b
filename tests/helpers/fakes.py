"""A ledger in memory and gateways that answer as a test tells them, on the domain's promises."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pos_app.domain.audit import Actor, Event, Thing
from pos_app.domain.bill import Bill
from pos_app.domain.clock import GatewayTimes
from pos_app.domain.collecting import Kin
from pos_app.domain.errors import BooksTrouble, GatewayTrouble, Outcome, Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import PaymentRequest, Said, Sighting, Status, Ticket
from pos_app.domain.promises import Ask, Decide, Facts, Keep, Ledger, MakesQr, ReportsPayment
from pos_app.domain.watchplan import is_watched

Reply = Sighting | Exception
Answer = Callable[[PaymentRequest], Reply]
Opening = Callable[[Ask, bytes, Keep], Reply]


class FakeLedger(Ledger):
    """Keeps bills, requests and events in dictionaries, under one lock, with the kin that SQL would find.

    While `broken`, every call raises BooksTrouble; `break_at` breaks it at the n-th write from now.
    """

    def __init__(self) -> None:
        self.broken = False
        self.break_at = 0
        self.writes = 0
        self._lock = threading.RLock()
        self._bills: dict[str, Bill] = {}
        self._requests: dict[str, PaymentRequest] = {}
        self._events: list[Event] = []

    def put(self, request: PaymentRequest) -> PaymentRequest:
        """As if it had been kept earlier, with its bill."""
        with self._lock:
            if request.bill_reference not in self._bills:
                self._bills[request.bill_reference] = Bill(
                    request.bill_reference, request.amount, request.created_at, request.bill_number
                )
            self._requests[request.reference] = request
        return request

    def open_bill(self, bill: Bill, request: PaymentRequest, actor: Actor) -> PaymentRequest:
        with self._lock:
            self._write()
            numbered = replace(bill, number=len(self._bills) + 1)
            self._bills[bill.reference] = numbered
            return self._add(replace(request, bill_number=numbered.number), actor)

    def add_request(self, request: PaymentRequest, actor: Actor) -> PaymentRequest:
        with self._lock:
            self._write()
            return self._add(replace(request, bill_number=self._bills[request.bill_reference].number), actor)

    def change(
        self, reference: str, decide: Decide, at: datetime, actor: Actor, why: str
    ) -> tuple[PaymentRequest, PaymentRequest]:
        with self._lock:
            self._write()
            before = self._requests[reference]
            after = decide(before, self._kin(before, before.transaction_id))
            if after.transaction_id != before.transaction_id:
                after = decide(before, self._kin(before, after.transaction_id))
            if after == before:
                return before, before
            return before, self._keep(after, actor, why, at)

    def request(self, reference: str) -> PaymentRequest:
        with self._lock:
            self._read()
            return self._requests[reference]

    def bill(self, reference: str) -> Bill:
        with self._lock:
            self._read()
            return self._bills[reference]

    def watched(self) -> list[PaymentRequest]:
        with self._lock:
            self._read()
            return [request for request in self._requests.values() if is_watched(request)]

    def requests_of(self, bill_reference: str) -> list[PaymentRequest]:
        with self._lock:
            self._read()
            return [one for one in self._requests.values() if one.bill_reference == bill_reference]

    def recent(self, count: int) -> list[PaymentRequest]:
        with self._lock:
            self._read()
            return list(reversed(self._requests.values()))[:count]

    def events(self, reference: str = "") -> list[Event]:
        with self._lock:
            self._read()
            return [event for event in self._events if reference in {"", event.reference}]

    def _add(self, request: PaymentRequest, actor: Actor) -> PaymentRequest:
        return self._keep(request, actor, "request opened", request.created_at)

    def _kin(self, request: PaymentRequest, transaction: str) -> Kin:
        others = [
            other
            for other in self._requests.values()
            if other.reference != request.reference and other.status is Status.PAID
        ]
        return Kin(
            bill_paid=any(other.bill_reference == request.bill_reference for other in others),
            transaction_used=bool(transaction)
            and any(
                (other.gateway, other.transaction_id) == (request.gateway, transaction) for other in others
            ),
        )

    def _keep(self, request: PaymentRequest, actor: Actor, why: str, at: datetime) -> PaymentRequest:
        number = len(self._events) + 1
        kept = self._requests[request.reference] = replace(request, revision=number)
        changes = {"status": kept.status.value, "issues": sorted(kept.issues)}
        self._events.append(Event(number, at, actor, Thing.REQUEST, kept.reference, why, changes))
        return kept

    def _read(self) -> None:
        if self.broken:
            raise BooksTrouble("The books can't be read.")

    def _write(self) -> None:
        self._read()
        self.writes += 1
        if self.break_at and self.writes >= self.break_at:
            raise BooksTrouble("The books can't be written.")


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached a gateway, at a reading of the monotonic clock in seconds."""

    what: str
    reference: str
    ticks: float


def facts_of(slug: str = "smepay", *, shortest_step: float = 3.0) -> Facts:
    return Facts(
        slug=slug,
        title=slug.title(),
        hosts={"test": f"https://{slug}.example"},
        credentials=(),
        shortest_step=shortest_step,
        calls_per_second=100,
    )


class ReportingGateway(ReportsPayment):
    """Answers questions about payments as it was told, and remembers what it was asked."""

    def __init__(self, facts: Facts, times: GatewayTimes, ticks: Callable[[], float]) -> None:
        self._facts = facts
        self._times = times
        self._ticks = ticks
        self._lock = threading.Lock()
        self.calls: list[Call] = []
        self.looks: Answer = self.says(Said.UNPAID)
        self.confirms: Answer = self.says(Said.UNPAID)

    @property
    def facts(self) -> Facts:
        return self._facts

    def look(self, request: PaymentRequest) -> Sighting:
        self._note("look", request.reference)
        return _given(self.looks(request))

    def confirm(self, request: PaymentRequest) -> Sighting:
        """Its answers are proofs."""
        self._note("confirm", request.reference)
        return replace(_given(self.confirms(request)), proven=True)

    def says(self, said: Said, **more: Any) -> Answer:
        """An answer with the gateway's time of the moment in which it is given."""
        return lambda _request: replace(Sighting(said, self._times.now(self._facts.slug)), **more)

    def asked(self, what: str = "look", reference: str = "") -> list[float]:
        """The ticks at which it was asked."""
        with self._lock:
            return [c.ticks for c in self.calls if c.what == what and reference in {"", c.reference}]

    def _note(self, what: str, reference: str) -> None:
        with self._lock:
            self.calls.append(Call(what, reference, self._ticks()))


class ScriptedGateway(ReportingGateway, MakesQr):
    """Opens orders too, in the two steps of SMEPay. It believes nothing that is not durable in the ledger."""

    def __init__(
        self, facts: Facts, times: GatewayTimes, ticks: Callable[[], float], ledger: FakeLedger
    ) -> None:
        super().__init__(facts, times, ticks)
        self._ledger = ledger
        self.opening: Opening = self.makes_a_ticket
        self.sent: list[bytes] = []
        self.lifetime = timedelta(minutes=5)

    def draft(self, ask: Ask) -> bytes:
        return f"{ask.reference} {ask.amount.plain()} {ask.mobile} {ask.note}".encode()

    def make_qr(self, ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        self._note("make_qr", ask.reference)
        kept = self._ledger.request(ask.reference)
        assert kept.status is Status.OPENING, "the intent is durable before anything is sent"
        assert kept.body_hash == hashlib.sha256(draft).hexdigest(), "and so is the hash of these very bytes"
        assert kept.amount == ask.amount
        assert self._ledger.bill(kept.bill_reference).number == kept.bill_number > 0
        self.sent.append(draft)
        return _given(self.opening(ask, draft, keep))

    def makes_a_ticket(self, ask: Ask, _draft: bytes, keep: Keep) -> Sighting:
        keep({"slug": f"slug-{ask.reference}"})
        now = self._times.now(self._facts.slug)
        return Sighting(
            Said.TICKET,
            now,
            ticket=Ticket(link_for(ask.amount), now + self.lifetime),
            gateway_ids={"slug": f"slug-{ask.reference}"},
        )

    def fails(
        self, outcome: Outcome, reason: Reason = Reason.NO_ANSWER, *, after_ids: bool = False
    ) -> Opening:
        """An opening that ends in trouble, before or after the order's id was kept."""

        def opening(ask: Ask, _draft: bytes, keep: Keep) -> Reply:
            if after_ids:
                keep({"slug": f"slug-{ask.reference}"})
            return GatewayTrouble(outcome, reason, "their words")

        return opening


def link_for(amount: Money) -> str:
    return f"upi://pay?pa=asha@ybl&pn=Asha%20Stores&am={amount.plain()}&cu=INR"


def silence(reason: Reason = Reason.NO_ANSWER, retry_after: float | None = None) -> Answer:
    return lambda _request: GatewayTrouble(Outcome.UNKNOWN, reason, retry_after=retry_after)


def one_after_another(*answers: Answer) -> Answer:
    """The answers in turn, then the last one for ever."""
    left = list(answers)

    def answer(request: PaymentRequest) -> Reply:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now(request)

    return answer


def inline(look: Callable[[], object]) -> None:
    """A `submit` that runs the look at once, in the caller's thread."""
    look()


def _given(reply: Reply) -> Sighting:
    if isinstance(reply, Exception):
        raise reply
    return reply
