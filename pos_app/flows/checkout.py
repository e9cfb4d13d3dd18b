"""Checkout: a sale becomes a bill, the bill a payment request at a gateway."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Final

from pos_app.domain.audit import Actor
from pos_app.domain.bill import Bill, Sale
from pos_app.domain.clock import Clock, GatewayTimes
from pos_app.domain.collecting import Kin, apply, begin, cancel, keep_ids
from pos_app.domain.errors import BooksTrouble, GatewayTrouble, InputRefused, Outcome, Reason, Refusal
from pos_app.domain.ids import new_reference
from pos_app.domain.payment import Method, PaymentRequest, Said, Sighting
from pos_app.domain.promises import Ask, Facts, Gateway, Ledger, MakesQr
from pos_app.domain.shop import Shop
from pos_app.logs import Log

log = Log(__name__)

Publish = Callable[[PaymentRequest], None]
PublishReach = Callable[[str, Reason | None], None]

_OPENING_SAID: Final = {
    Outcome.NOT_SENT: Said.NOT_MADE,
    Outcome.REJECTED: Said.REJECTED,
    Outcome.EXISTS: Said.LOST,  # never "failed": it is asked about
}


class Checkout:
    """Opens, renews and cancels payment requests. Every change is kept first and published then."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        gateways: Mapping[str, Gateway],
        shop: Shop,
        times: GatewayTimes,
        clock: Clock,
        publish: Publish,
        publish_opened: Publish,
        publish_reach: PublishReach,
    ) -> None:
        self._ledger = ledger
        self._gateways = gateways
        self._shop = shop
        self._times = times
        self._clock = clock
        self._publish = publish
        self._publish_opened = publish_opened
        self._publish_reach = publish_reach
        self._lock = threading.Lock()
        self._under_way: set[str] = set()

    def charge(self, sale: Sale) -> PaymentRequest:
        """A new bill and its QR. Raises InputRefused without a gateway, BooksTrouble before anything is sent:
        then nothing was kept either.
        """
        gateway = self._qr_gateway()
        now = self._clock.now()
        bill = Bill(
            reference=new_reference(self._shop.prefix, now),
            amount=sale.amount,
            opened_at=now,
            mobile=sale.mobile,
            note=sale.note,
        )
        request, ask, draft = self._intent(gateway, bill)
        with self._marked(request.reference):
            kept = self._ledger.open_bill(bill, request, Actor.CASHIER)
            return self._opened_or_kept(gateway, kept, ask, draft)

    def renew(self, reference: str) -> PaymentRequest:
        """A new request for the same bill, with a reference of its own; the old one is watched on."""
        gateway = self._qr_gateway()
        bill = self._ledger.bill(self._ledger.request(reference).bill_reference)
        request, ask, draft = self._intent(gateway, bill)
        with self._marked(request.reference):
            kept = self._ledger.add_request(request, Actor.CASHIER)
            return self._opened_or_kept(gateway, kept, ask, draft)

    def cancel(self, reference: str) -> PaymentRequest:
        now = self._times.now(self._ledger.request(reference).gateway)
        _, after = self._ledger.change(
            reference,
            lambda request, _kin: cancel(request, now),
            self._clock.now(),
            Actor.CASHIER,
            "cancelled",
        )
        self._publish(after)
        return after

    def is_opening(self, reference: str) -> bool:
        """Whether this program is opening it right now; an OPENING request that it isn't was interrupted."""
        with self._lock:
            return reference in self._under_way

    def settle_interrupted(self, request: PaymentRequest) -> None:
        """An opening that a crash cut off before it could be asked about: nothing payable was left."""
        now = self._times.now(request.gateway)
        cut_off = Sighting(said=Said.NOT_MADE, at=now, reason=Reason.INTERRUPTED)

        def settle(found: PaymentRequest, kin: Kin) -> PaymentRequest:
            if found.gateway_ids or found.reason or self.is_opening(found.reference):
                return found
            return apply(found, cut_off, now, kin)

        before, after = self._ledger.change(
            request.reference, settle, self._clock.now(), Actor.PROGRAM, "opening was interrupted"
        )
        if after != before:
            self._publish(after)

    def _qr_gateway(self) -> MakesQr:
        for gateway in self._gateways.values():
            if isinstance(gateway, MakesQr):
                return gateway
        raise InputRefused(Refusal.NO_GATEWAY)

    def _intent(self, gateway: MakesQr, bill: Bill) -> tuple[PaymentRequest, Ask, bytes]:
        now = self._times.now(gateway.facts.slug)
        ask = Ask(
            reference=new_reference(self._shop.prefix, now),
            amount=bill.amount,
            shop=self._shop,
            mobile=bill.mobile,
            note=bill.note,
        )
        draft = gateway.draft(ask)
        request = PaymentRequest(
            reference=ask.reference,
            bill_reference=bill.reference,
            bill_number=bill.number,
            gateway=gateway.facts.slug,
            method=Method.QR,
            amount=bill.amount,
            created_at=now,
        )
        return begin(request, hashlib.sha256(draft).hexdigest()), ask, draft

    def _opened_or_kept(
        self, gateway: MakesQr, kept: PaymentRequest, ask: Ask, draft: bytes
    ) -> PaymentRequest:
        """Once the intent is kept, no trouble may look as if it were not: the watch goes on from here."""
        try:
            return self._open(gateway, kept, ask, draft)
        except BooksTrouble as trouble:
            log.warning("books", reference=kept.reference, error=type(trouble).__name__)
        except Exception as error:  # noqa: BLE001 (whatever broke, the bill is kept)
            log.broken("opening broke", error, reference=kept.reference)
        return kept

    def _open(self, gateway: MakesQr, request: PaymentRequest, ask: Ask, draft: bytes) -> PaymentRequest:
        self._publish_opened(request)
        askable = False

        def keep(ids: dict[str, str]) -> None:
            nonlocal askable
            askable = True  # also when the books can't keep them: something payable may come to be
            now = self._times.now(gateway.facts.slug)
            self._ledger.change(
                ask.reference,
                lambda found, _kin: keep_ids(found, ids, now),
                self._clock.now(),
                Actor.GATEWAY,
                "order made",
            )

        try:
            sighting = gateway.make_qr(ask, draft, keep)
            self._publish_reach(request.gateway, None)
        except GatewayTrouble as trouble:
            self._publish_reach(request.gateway, trouble.reason)
            sighting = self._not_opened(gateway.facts, trouble, askable=askable)
        except Exception as error:  # noqa: BLE001 (the bill is kept: to call it not kept would charge twice)
            log.broken("opening broke", error, reference=ask.reference)
            broken = GatewayTrouble(Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD)
            sighting = self._not_opened(gateway.facts, broken, askable=askable)
        return self._hear(ask.reference, sighting, "opening answered")

    def _not_opened(self, facts: Facts, trouble: GatewayTrouble, *, askable: bool) -> Sighting:
        """Silence is not failure, unless nothing payable can exist yet (money.md; docs/decisions/0005)."""
        lost = Said.LOST if askable else Said.NOT_MADE
        return Sighting(
            said=_OPENING_SAID.get(trouble.outcome, lost),
            at=self._times.now(facts.slug),
            reason=trouble.reason,
            words=trouble.said,
        )

    def _hear(self, reference: str, sighting: Sighting, why: str) -> PaymentRequest:
        now = self._times.now(self._ledger.request(reference).gateway)
        _, after = self._ledger.change(
            reference,
            lambda request, kin: apply(request, sighting, now, kin),
            self._clock.now(),
            Actor.GATEWAY,
            why,
        )
        log.info("opening", reference=reference, status=after.status.value, reason=str(sighting.reason or ""))
        self._publish(after)
        return after

    def _marked(self, reference: str) -> _Marked:
        return _Marked(self._under_way, self._lock, reference)


class _Marked:
    """Marks a request as being opened by this program, for as long as it is."""

    def __init__(self, under_way: set[str], lock: threading.Lock, reference: str) -> None:
        self._under_way, self._lock, self._reference = under_way, lock, reference

    def __enter__(self) -> None:
        with self._lock:
            self._under_way.add(self._reference)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._under_way.discard(self._reference)
