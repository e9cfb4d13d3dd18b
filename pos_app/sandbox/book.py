"""The twin's own book: every order and every credit, kept in one SQLite file over restarts."""

from __future__ import annotations

import secrets
import sqlite3
import string
import threading
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

ORDER_SECONDS = 300  # smepay-v2.md, "Important Timeouts": order and payment link, five minutes each
SLUG_LETTERS = string.ascii_lowercase + string.digits
SLUG_LENGTH = 7
LOCK_SECONDS = 5.0  # the app and `pos-app sandbox` may have the same book open

TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    gateway_id TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    paise INTEGER NOT NULL CHECK (paise > 0),
    email TEXT NOT NULL,
    mobile TEXT NOT NULL,
    name TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    processed_at INTEGER,
    transaction_id TEXT UNIQUE,
    UNIQUE (client_id, reference)
);
CREATE TABLE IF NOT EXISTS credits (
    entry INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE REFERENCES orders (number),
    paise INTEGER NOT NULL CHECK (paise > 0),
    at INTEGER NOT NULL,
    utr TEXT NOT NULL UNIQUE
);
"""
ORDERS = """
SELECT orders.*, credits.paise AS paid_paise, credits.utr AS utr
FROM orders LEFT JOIN credits USING (number)
"""
NEW_ORDER = """
INSERT INTO orders (slug, gateway_id, client_id, reference, paise, callback_url, email, mobile, name, state,
                    created_at, expires_at)
VALUES (:slug, :gateway_id, :client_id, :reference, :paise, :callback_url, :email, :mobile, :name, :state,
        :created_at, :expires_at)
"""
NEW_CREDIT = """
INSERT INTO credits (number, paise, at, utr) SELECT number, :paise, :at, :utr FROM orders WHERE slug = :slug
"""
CREDITS = """
SELECT slug, reference, credits.paise, at, utr FROM credits JOIN orders USING (number) ORDER BY entry
"""


class State(StrEnum):
    """SMEPay's own words for where an order stands."""

    CREATED = "CREATED"
    INITIATED = "INITIATED"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


UNDECIDED = frozenset({State.CREATED, State.INITIATED, State.PENDING})


class DuplicateError(ValueError):
    """This merchant has used this reference before."""


class WrongStateError(ValueError):
    """The order is not where this step begins."""


class ExpiredError(ValueError):
    """The order's five minutes are over."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order as it stands at the moment of asking; money in paise, times aware UTC in whole seconds.

    `reference` is the merchant's order_id, `gateway_id` the gateway's ("INT-…"). `processed_at` is None until
    the state is final; `paid_paise` and `utr` are None until money has arrived.
    """

    slug: str
    gateway_id: str
    client_id: str
    reference: str
    paise: int
    email: str
    mobile: str
    name: str
    callback_url: str
    state: State
    created_at: datetime
    expires_at: datetime
    transaction_id: str | None
    processed_at: datetime | None
    paid_paise: int | None
    utr: str | None


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that reached the merchant's bank: paise, an aware UTC time, the 12-digit bank reference."""

    slug: str
    reference: str
    paise: int
    at: datetime
    utr: str


def utc_now() -> datetime:
    """The machine's time, aware UTC."""
    return datetime.now(UTC)


class Book:
    """Orders and credits in the SQLite file at `path`; safe to use from several threads.

    `now` tells the time, aware UTC. Raises OSError or sqlite3.Error if the file cannot be opened.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        try:
            # WAL with FULL: what the twin has answered is still there after a kill or a power cut
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(TABLES)
        except sqlite3.Error:
            self._db.close()
            raise

    def close(self) -> None:
        """Closes the file; the book is of no use afterwards."""
        with self._lock:
            self._db.close()

    def create(
        self,
        client_id: str,
        reference: str,
        *,
        paise: int,
        callback_url: str,
        email: str,
        mobile: str,
        name: str,
    ) -> Order:
        """Writes a new order of `paise`, good for five minutes; raises DuplicateError for a used reference."""
        at = self._seconds()
        with self._writing():
            if self._row("client_id = ? AND reference = ?", client_id, reference):
                raise DuplicateError(reference)
            fields: dict[str, Any] = {
                "slug": new_slug(),
                "gateway_id": f"INT-{uuid.uuid4()}",
                "client_id": client_id,
                "reference": reference,
                "paise": paise,
                "callback_url": callback_url,
                "email": email,
                "mobile": mobile,
                "name": name,
                "state": State.CREATED,
                "created_at": at,
                "expires_at": at + ORDER_SECONDS,
            }
            self._db.execute(NEW_ORDER, fields)
            return self._by_slug(fields["slug"])

    def initiate(self, client_id: str, slug: str) -> Order:
        """Opens the order for payment for five minutes.

        Raises KeyError if this client has no such order, WrongStateError if it was initiated before,
        ExpiredError if it came too late.
        """
        at = self._seconds()
        with self._writing():
            row = self._row("client_id = ? AND slug = ?", client_id, slug)
            if row is None:
                raise KeyError(slug)
            if row["state"] != State.CREATED:
                raise WrongStateError(slug)
            if row["expires_at"] <= at:
                raise ExpiredError(slug)
            self._db.execute(
                "UPDATE orders SET state = ?, expires_at = ?, transaction_id = ? WHERE slug = ?",
                (State.INITIATED, at + ORDER_SECONDS, new_transaction_id(), slug),
            )
            return self._by_slug(slug)

    def scan(self, reference: str) -> Order:
        """The customer's app has opened the payment: PENDING. `reference` is the merchant's, or a slug.

        Raises KeyError for an unknown reference, WrongStateError if nothing waits to be scanned.
        """
        with self._writing():
            order = self._named(reference)
            if order.state is not State.INITIATED:
                raise WrongStateError(f"{reference} is {order.state}")
            return self._moved(order, State.PENDING)

    def decline(self, reference: str) -> Order:
        """The customer declines: FAILED. Raises KeyError, or WrongStateError if nothing waits for payment."""
        with self._writing():
            order = self._named(reference)
            if order.state not in {State.INITIATED, State.PENDING}:
                raise WrongStateError(f"{reference} is {order.state}")
            return self._moved(order, State.FAILED)

    def pay(self, reference: str, paise: int | None = None) -> Credit:
        """The customer's bank moves `paise`, or the order's own amount, and the order becomes SUCCESS.

        An order that is EXPIRED or FAILED can be paid too: late money is real money (gateway-facts.md §3.2).
        Raises KeyError for an unknown reference, ValueError for no money, WrongStateError if there is no QR
        to pay or if it has been paid.
        """
        if paise is not None and paise <= 0:
            raise ValueError(f"a payment is at least one paisa, not {paise}")
        with self._writing():
            order = self._named(reference)
            if order.transaction_id is None or order.state is State.SUCCESS:
                raise WrongStateError(f"{reference} is {order.state}")
            at = self._seconds()
            credit = Credit(
                order.slug, order.reference, paise or order.paise, moment(at), new_utr(moment(at))
            )
            self._db.execute(
                NEW_CREDIT, {"slug": order.slug, "paise": credit.paise, "at": at, "utr": credit.utr}
            )
            self._moved(order, State.SUCCESS)
            return credit

    def find(self, client_id: str, slug: str) -> Order | None:
        """This client's order with this slug."""
        with self._lock:
            row = self._row("client_id = ? AND slug = ?", client_id, slug)
            return self._order(row) if row else None

    def find_by_id(self, client_id: str, order_id: str) -> Order | None:
        """This client's order with this id: the gateway's ("INT-…") or the merchant's own."""
        with self._lock:
            row = self._row("client_id = ? AND ? IN (gateway_id, reference)", client_id, order_id)
            return self._order(row) if row else None

    def order(self, reference: str) -> Order:
        """The order with this merchant's reference, or slug; raises KeyError."""
        with self._lock:
            return self._named(reference)

    def orders(self) -> list[Order]:
        """Every order, oldest first."""
        with self._lock:
            return [self._order(row) for row in self._db.execute(ORDERS + "ORDER BY number")]

    def credits(self) -> list[Credit]:
        """All money that ever moved, oldest first: what a bank statement would say."""
        with self._lock:
            rows = self._db.execute(CREDITS)
            return [
                Credit(slug, reference, paise, moment(at), utr) for slug, reference, paise, at, utr in rows
            ]

    @contextmanager
    def _writing(self) -> Generator[None]:
        # IMMEDIATE: the state that is read is the state that is changed, for other processes too
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _seconds(self) -> int:
        return int(self._now().timestamp())

    def _row(self, where: str, *values: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            f"{ORDERS} WHERE {where} ORDER BY number", values
        ).fetchone()
        return row

    def _named(self, reference: str) -> Order:
        row = self._row("reference = ?", reference)
        return self._order(row) if row else self._by_slug(reference)

    def _by_slug(self, slug: str) -> Order:
        row = self._row("slug = ?", slug)
        if row is None:
            raise KeyError(slug)
        return self._order(row)

    def _moved(self, order: Order, state: State) -> Order:
        processed = None if state in UNDECIDED else self._seconds()
        self._db.execute(
            "UPDATE orders SET state = ?, processed_at = ? WHERE slug = ?", (state, processed, order.slug)
        )
        return self._by_slug(order.slug)

    def _order(self, row: sqlite3.Row) -> Order:
        fields: dict[str, Any] = dict(row)
        del fields["number"]
        state = State(row["state"])
        if state in UNDECIDED and row["expires_at"] <= self._seconds():
            # never written down: nobody acts when the time runs out, and later money still counts
            state, fields["processed_at"] = State.EXPIRED, row["expires_at"]
        for name in ("created_at", "expires_at", "processed_at"):
            fields[name] = None if fields[name] is None else moment(fields[name])
        fields["state"] = state
        return Order(**fields)


def moment(seconds: int) -> datetime:
    """Epoch seconds as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def new_slug() -> str:
    """Seven lower-case letters and digits, as SMEPay's are."""
    return "".join(secrets.choice(SLUG_LETTERS) for _ in range(SLUG_LENGTH))


def new_transaction_id() -> str:
    """PhonePe-like: "PP" and 22 hexadecimal digits; short enough for a UPI `tr` (35)."""
    return "PP" + uuid.uuid4().hex[:22]


def new_utr(at: datetime) -> str:
    """A bank reference as UPI's are: the year's last digit, the day of the year, eight more digits."""
    return f"{at.year % 10}{at:%j}{secrets.randbelow(10**8):08d}"
