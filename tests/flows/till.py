"""A whole till without a network: fakes, checkout, watch and desk on one clock that only a test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from pos_app.domain.bill import Sale
from pos_app.domain.clock import GatewayTimes
from pos_app.domain.errors import Reason
from pos_app.domain.payment import PaymentRequest, Said, Status
from pos_app.domain.promises import Gateway
from pos_app.domain.shop import Shop
from pos_app.flows.checkout import Checkout
from pos_app.flows.desk import Desk
from pos_app.flows.watch import Submit, Watch
from tests.helpers.fakes import FakeLedger, ScriptedGateway, facts_of, inline
from tests.helpers.requests import AMOUNT, a_request
from tests.helpers.time import StillClock

SALE = Sale(AMOUNT)
_numbers = count(1)


class Till:
    def __init__(
        self,
        clock: StillClock | None = None,
        *,
        submit: Submit = inline,
        shortest_step: float = 3.0,
        per_gateway: int = 8,
        chance: Callable[[], float] = lambda: 0.0,
        others: tuple[str, ...] = (),
        sleep: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.clock = clock or StillClock()
        self.times = GatewayTimes(self.clock)
        self.ledger = FakeLedger()
        facts = facts_of(shortest_step=shortest_step)
        self.gateway = ScriptedGateway(facts, self.times, self.clock.ticks, self.ledger)
        self.others = {
            slug: ScriptedGateway(facts_of(slug), self.times, self.clock.ticks, self.ledger)
            for slug in others
        }
        self.gateways: dict[str, Gateway] = {"smepay": self.gateway, **self.others}
        self.published: list[PaymentRequest] = []
        self.opened: list[PaymentRequest] = []
        self.reach: list[tuple[str, Reason | None]] = []
        self.pokes = 0
        self.books: list[str] = []
        self.checkout = Checkout(
            ledger=self.ledger,
            gateways=self.gateways,
            shop=Shop(prefix="ASH"),
            times=self.times,
            clock=self.clock,
            publish=self._changed,
            publish_opened=self._opened,
            publish_reach=lambda gateway, reason: self.reach.append((gateway, reason)),
        )
        self.watch = Watch(
            ledger=self.ledger,
            gateways=self.gateways,
            times=self.times,
            clock=self.clock,
            submit=submit,
            publish=self.published.append,
            publish_reach=lambda gateway, reason: self.reach.append((gateway, reason)),
            publish_books=self.books.append,
            settle=self.checkout.settle_interrupted,
            sleep=sleep,
            poke=self._poked,
            per_gateway=per_gateway,
            chance=chance,
        )
        self.desk = Desk(self.ledger, self.checkout, self.watch, self.gateways)

    def awaiting(self, *, gateway: str = "smepay", lifetime: float = 300.0, **more: Any) -> PaymentRequest:
        """A request with its QR on the screen, kept and under watch."""
        name = f"ASH{next(_numbers):06}"
        now = self.times.now(gateway)
        request = a_request(
            reference=name,
            bill_reference=f"{name}B",
            gateway=gateway,
            created_at=now,
            expires_at=now + timedelta(seconds=lifetime),
            gateway_ids={"slug": name},
        )
        request = self.ledger.put(replace(request, **more))
        self.watch.adopt(request)
        return request

    def run(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Rounds as the poller makes them, for so many seconds of the clock."""
        end = self.clock.ticks() + seconds
        while self.clock.ticks() < end and not until():
            wait = max(self.watch.round(), 0.02)
            self.clock.pass_seconds(min(wait, max(end - self.clock.ticks(), 0.02)))
        self.watch.round()

    def now(self, request: PaymentRequest) -> PaymentRequest:
        return self.ledger.request(request.reference)

    def statuses(self, request: PaymentRequest) -> list[Status]:
        return [each.status for each in self.published if each.reference == request.reference]

    def pays(self) -> None:
        """From now on the gateway says paid, and proves it."""
        self.gateway.looks = self.gateway.says(Said.PAID)
        self.gateway.confirms = self.gateway.says(Said.PAID)

    def _opened(self, request: PaymentRequest) -> None:
        self.opened.append(request)
        self._changed(request)

    def _changed(self, request: PaymentRequest) -> None:
        self.watch.adopt(request)
        self.published.append(request)

    def _poked(self) -> None:
        self.pokes += 1
