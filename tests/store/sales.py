"""Bills and requests for the tests of the store, and a look into its file past the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from pos_app.domain.audit import Actor
from pos_app.domain.bill import Bill
from pos_app.domain.collecting import apply, begin
from pos_app.domain.money import Money
from pos_app.domain.payment import Method, PaymentRequest, Said, Sighting
from pos_app.domain.promises import Decide
from pos_app.store.ledger import SqlLedger

KEY = bytes(range(32))
NOON = datetime(2026, 11, 20, 6, 30, 0, 123456, tzinfo=UTC)
AMOUNT = Money(350_00)
_numbers = count(1)


@dataclass
class StoppedClock:
    """Stands still until it is told to go on."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def ticks(self) -> float:
        return 0.0


def a_bill(mobile: str = "", note: str = "") -> Bill:
    return Bill(reference=f"ASHB{next(_numbers):06}", amount=AMOUNT, opened_at=NOON, mobile=mobile, note=note)


def a_request(bill: Bill, at: datetime = NOON, gateway: str = "smepay") -> PaymentRequest:
    new = PaymentRequest(
        reference=f"ASHR{next(_numbers):06}",
        bill_reference=bill.reference,
        bill_number=0,
        gateway=gateway,
        method=Method.QR,
        amount=bill.amount,
        created_at=at,
    )
    return begin(new, "hash of the body")


def opened(ledger: SqlLedger, gateway: str = "smepay") -> PaymentRequest:
    bill = a_bill()
    return ledger.open_bill(bill, a_request(bill, gateway=gateway), Actor.CASHIER)


def said(sighting: Sighting, now: datetime = NOON) -> Decide:
    return lambda request, kin: apply(request, sighting, now, kin)


def paid(transaction_id: str = "", *, proven: bool = True, at: datetime = NOON) -> Sighting:
    return Sighting(Said.PAID, at, proven=proven, amount=AMOUNT, transaction_id=transaction_id)


def unpaid_after_expiry() -> Sighting:
    return Sighting(Said.UNPAID, NOON + timedelta(hours=1), proven=True)


def look(ledger: SqlLedger, request: PaymentRequest, sighting: Sighting) -> PaymentRequest:
    return ledger.change(request.reference, said(sighting), NOON, Actor.GATEWAY, "look")[1]


@contextmanager
def raw(path: Path) -> Generator[sqlite3.Connection]:
    """The file by plain sqlite3, each statement its own transaction."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()


def rows(path: Path, table: str) -> list[dict[str, Any]]:
    with raw(path) as connection:
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]


def without_rules(connection: sqlite3.Connection) -> None:
    """What someone does first who changes the books by hand."""
    names = [row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]
    for name in names:
        connection.execute(f"DROP TRIGGER {name}")
