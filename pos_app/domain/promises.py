"""Promises: what flows ask of gateways and of the ledger, each as small as it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from pos_app.domain.audit import Actor, Event
from pos_app.domain.bill import Bill
from pos_app.domain.collecting import Kin
from pos_app.domain.money import Money
from pos_app.domain.payment import PaymentRequest, Sighting
from pos_app.domain.shop import Shop


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One field of a gateway's settings form; a secret one never stands in settings.toml."""

    name: str
    label: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is particular to a gateway. `shortest_step` is in seconds between two asks about one request."""

    slug: str
    title: str
    hosts: Mapping[str, str]
    credentials: Sequence[CredentialField]
    shortest_step: float
    calls_per_second: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What a gateway is asked to collect. `mobile` is ten digits, the customer's or the shop's."""

    reference: str
    amount: Money
    shop: Shop
    mobile: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


Keep = Callable[[dict[str, str]], None]


@runtime_checkable
class Gateway(Protocol):
    @property
    def facts(self) -> Facts: ...


@runtime_checkable
class MakesQr(Gateway, Protocol):
    """Opens an order that is paid by scanning a QR."""

    def draft(self, ask: Ask) -> bytes:
        """The exact body that will be sent, so that its hash is durable before it leaves."""
        ...

    def make_qr(self, ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        """TICKET or TICKET_REFUSED. Raises GatewayTrouble.

        `keep` makes durable what the order can be asked by, before the first step after which something
        payable may exist: what fails before `keep` is known to have left nothing.
        """
        ...


@runtime_checkable
class ReportsPayment(Gateway, Protocol):
    """Says whether a request is paid."""

    def look(self, request: PaymentRequest) -> Sighting:
        """The cheap regular question. Raises GatewayTrouble."""
        ...

    def confirm(self, request: PaymentRequest) -> Sighting:
        """The question whose answer may be a proof. Raises GatewayTrouble."""
        ...


Decide = Callable[[PaymentRequest, Kin], PaymentRequest]


class Ledger(Protocol):
    """The memory. Each call is one durable transaction; BooksTrouble when it can't be kept."""

    def open_bill(self, bill: Bill, request: PaymentRequest, actor: Actor) -> PaymentRequest:
        """Give the bill its number and keep both, before any request leaves the machine."""
        ...

    def add_request(self, request: PaymentRequest, actor: Actor) -> PaymentRequest:
        """Another request for a bill that is already kept."""
        ...

    def change(
        self, reference: str, decide: Decide, at: datetime, actor: Actor, why: str
    ) -> tuple[PaymentRequest, PaymentRequest]:
        """Read, decide and write under one lock; returns before and after. KeyError when unknown.

        `decide` is pure, may be called twice, and must not call the ledger.
        """
        ...

    def request(self, reference: str) -> PaymentRequest: ...

    def bill(self, reference: str) -> Bill: ...

    def requests_of(self, bill_reference: str) -> list[PaymentRequest]:
        """All requests of one bill, oldest first."""
        ...

    def watched(self) -> list[PaymentRequest]:
        """All requests for which `watchplan.is_watched` holds, oldest first."""
        ...

    def recent(self, count: int) -> list[PaymentRequest]:
        """The newest requests first, by the order of opening."""
        ...

    def events(self, reference: str = "") -> list[Event]: ...
