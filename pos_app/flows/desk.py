"""The desk: all that the counter screen may ask for, over checkout and watch."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from pos_app.domain.bill import Sale
from pos_app.domain.payment import HAS_MONEY, STILL_OPEN, PaymentRequest
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
        self._renewing = threading.Lock()

    def open_up(self, count: int) -> list[PaymentRequest]:
        """At start: ask about everything still watched; returns the newest `count` requests, newest first."""
        self._watch.adopt_all()
        return self._ledger.recent(count)

    def charge(self, sale: Sale) -> PaymentRequest:
        return self._checkout.charge(sale)

    def renew(self, reference: str) -> PaymentRequest:
        """A new QR for the same bill, unless another of its requests is paid or can still be: then that one."""
        with self._renewing:
            old, _answered = self._watch.look_and_tell(reference)
            family = self._ledger.requests_of(old.bill_reference)
            for wanted in (HAS_MONEY, STILL_OPEN - HAS_MONEY):
                for request in family:
                    if request.status in wanted and (request.reference != reference or wanted is HAS_MONEY):
                        return request
            return self._checkout.renew(reference)

    def cancel(self, reference: str) -> PaymentRequest:
        return self._checkout.cancel(reference)

    def recheck(self, reference: str) -> None:
        self._watch.ask_now(reference)

    def check(self, reference: str) -> tuple[PaymentRequest, bool]:
        """Ask now and wait for the answer; returns what is known then, and whether there was an answer."""
        return self._watch.look_and_tell(reference)

    def look_at(self, reference: str) -> None:
        """This one is on the screen now; empty: none is. Asks nobody, so any thread may call it."""
        self._watch.put_on_screen(reference)

    def title(self, gateway: str) -> str:
        known = self._gateways.get(gateway)
        return known.facts.title if known else gateway
