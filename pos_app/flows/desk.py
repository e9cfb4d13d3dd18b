"""The desk: all that the counter screen may ask for, over checkout and watch."""

from __future__ import annotations

from collections.abc import Mapping

from pos_app.domain.bill import Sale
from pos_app.domain.payment import PaymentRequest, Status
from pos_app.domain.promises import Gateway, Ledger
from pos_app.flows.checkout import Checkout
from pos_app.flows.watch import Watch


class Desk:
    """Each call may take as long as a gateway does: run it off the GUI thread."""

    def __init__(
        self, ledger: Ledger, checkout: Checkout, watch: Watch, gateways: Mapping[str, Gateway]
    ) -> None:
        self._ledger = ledger
        self._checkout = checkout
        self._watch = watch
        self._gateways = gateways

    def open_up(self, count: int) -> list[PaymentRequest]:
        """At start: ask about everything still watched; returns the newest `count` requests, newest first."""
        for request in self._ledger.watched():
            if request.status is Status.OPENING:
                self._checkout.settle_interrupted(request)
        self._watch.adopt_all()
        return self._ledger.recent(count)

    def charge(self, sale: Sale) -> PaymentRequest:
        return self._checkout.charge(sale)

    def renew(self, reference: str) -> PaymentRequest:
        """A new QR for the same bill, unless one of its requests turns out to be paid: then that one."""
        old = self._watch.look_and_tell(reference)
        for request in (old, *self._ledger.requests_of(old.bill_reference)):
            if request.status in {Status.CONFIRMING, Status.PAID}:
                return request
        return self._checkout.renew(reference)

    def cancel(self, reference: str) -> PaymentRequest:
        return self._checkout.cancel(reference)

    def recheck(self, reference: str) -> None:
        self._watch.ask_now(reference)

    def check(self, reference: str) -> PaymentRequest:
        """Ask now and wait for the answer; returns what is known then."""
        return self._watch.look_and_tell(reference, patient=True)

    def look_at(self, reference: str) -> None:
        """This one is on the screen now; empty: none is."""
        self._watch.put_on_screen(reference)

    def title(self, gateway: str) -> str:
        known = self._gateways.get(gateway)
        return known.facts.title if known else gateway
