"""The ledger on SQL: every call one durable transaction, every change one event."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Executable,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)

from pos_app.domain.audit import Actor, Event, Thing
from pos_app.domain.bill import Bill
from pos_app.domain.clock import Clock
from pos_app.domain.collecting import Kin
from pos_app.domain.errors import BooksTrouble
from pos_app.domain.payment import PaymentRequest, Status
from pos_app.domain.promises import Decide
from pos_app.store.books import Books, fetched
from pos_app.store.cipher import Cipher
from pos_app.store.engine import BUSY_TIMEOUT, open_engine
from pos_app.store.journal import Journal, first_bad_event, read_events
from pos_app.store.replay import BLANK_BILL, BLANK_REQUEST, changed, replay, told
from pos_app.store.rows import beside, bill_of, bill_row, micros, request_of, request_row
from pos_app.store.tables import WATCHED, bills, payment_requests
from pos_app.store.trouble import CHANGED_OUTSIDE
from pos_app.store.upgrade import bring_up

_requests: Final = payment_requests.c
_NO_CLAIM: Final = 1 << 62  # later than any event

_BILL: Final = select(bills).where(bills.c.reference == bindparam("name"))
_NEXT_NUMBER: Final = select(func.coalesce(func.max(bills.c.number), 0) + 1)
_ADD_BILL: Final = insert(bills)
_REQUEST: Final = select(payment_requests).where(_requests.reference == bindparam("name"))
_ADD_REQUEST: Final = insert(payment_requests)
_CHANGE: Final = update(payment_requests).where(_requests.reference == bindparam("name"))
_WATCHED: Final = select(payment_requests).where(text(WATCHED)).order_by(_requests.entry)
_OF_BILL: Final = (
    select(payment_requests).where(_requests.bill_reference == bindparam("bill")).order_by(_requests.entry)
)
_RECENT: Final = select(payment_requests).order_by(_requests.entry.desc()).limit(bindparam("count"))

_other: Final = _requests.reference != bindparam("name")
_paid: Final = _requests.status == literal_column(f"'{Status.PAID.value}'")
# A claim is a transaction id that a request holds: of two that wait for their proof the earlier counts, so
# that they do not hold each other for ever.
_claimed: Final = and_(
    _requests.status == literal_column(f"'{Status.CONFIRMING.value}'"), _requests.claim < bindparam("claim")
)
_KIN: Final = select(
    exists().where(_requests.bill_reference == bindparam("bill"), _paid, _other),
    exists().where(
        _requests.transaction_id == bindparam("transaction"),
        text("transaction_id <> ''"),
        _requests.gateway == bindparam("gateway"),
        _other,
        or_(_paid, _claimed),
    ),
)


class SqlLedger:
    """The domain's Ledger. Any thread may call it; each call raises BooksTrouble when it can't be kept."""

    def __init__(self, books: Books, cipher: Cipher, clock: Clock) -> None:
        self._books = books
        self._cipher = cipher
        self._clock = clock

    def open_bill(self, bill: Bill, request: PaymentRequest, actor: Actor) -> PaymentRequest:
        """Give the bill its number and keep both. Returns the request with that number."""
        if request.bill_reference != bill.reference:
            raise ValueError("the request is for another bill")
        with self._books.write() as connection:
            journal = self._journal(connection)
            numbered = replace(bill, number=connection.execute(_NEXT_NUMBER).scalar_one())
            row = bill_row(numbered, self._cipher)
            told_of_bill = told(row, BLANK_BILL)
            journal.add(self._now(), actor, Thing.BILL, bill.reference, "bill opened", told_of_bill)
            connection.execute(_ADD_BILL, row)
            return self._add(connection, journal, replace(request, bill_number=numbered.number), actor)

    def add_request(self, request: PaymentRequest, actor: Actor) -> PaymentRequest:
        """Another request for a bill that is kept. KeyError when the bill is unknown."""
        with self._books.write() as connection:
            bill = _one(connection, _BILL, request.bill_reference)
            journal = self._journal(connection)
            return self._add(connection, journal, replace(request, bill_number=bill["number"]), actor)

    def change(
        self, reference: str, decide: Decide, at: datetime, actor: Actor, why: str
    ) -> tuple[PaymentRequest, PaymentRequest]:
        """Read, decide and write under one lock; returns before and after. KeyError when unknown.

        `decide` is pure, may be called twice, and must not call the ledger. When nothing changes, nothing
        is written.
        """
        with self._books.write() as connection:
            row = _one(connection, _REQUEST, reference)
            before = self._read(row)
            after = _decided(connection, before, row["claim"], decide)
            new = request_row(after)
            changes = changed(request_row(before), new)
            if not changes:
                return before, before
            journal = self._journal(connection)
            claim = journal.next if changes.get("transaction_id") else row["claim"]
            kept = request_of({**new, "revision": journal.next})
            journal.add(micros(at), actor, Thing.REQUEST, reference, why, changes)
            connection.execute(_CHANGE, {"name": reference, **changes, **beside(kept, claim)})
            journal.write()
            return before, kept

    def request(self, reference: str) -> PaymentRequest:
        """KeyError when unknown."""
        with self._books.read() as connection:
            row = _one(connection, _REQUEST, reference)
        return self._read(row)

    def bill(self, reference: str) -> Bill:
        """KeyError when unknown."""
        with self._books.read() as connection:
            row = _one(connection, _BILL, reference)
        return bill_of(row, self._cipher)

    def requests_of(self, bill_reference: str) -> list[PaymentRequest]:
        """Oldest first."""
        with self._books.read() as connection:
            found = fetched(connection, _OF_BILL, bill=bill_reference)
        return [self._read(row) for row in found]

    def watched(self) -> list[PaymentRequest]:
        with self._books.read() as connection:
            found = fetched(connection, _WATCHED)
        return [self._read(row) for row in found]

    def recent(self, count: int) -> list[PaymentRequest]:
        """The newest requests first, by the order of opening."""
        with self._books.read() as connection:
            found = fetched(connection, _RECENT, count=count)
        return [self._read(row) for row in found]

    def events(self, reference: str = "") -> list[Event]:
        return read_events(self._books, reference)

    def verify_chain(self) -> int | None:
        """The number of the first event that was changed, put in or is missing; None when all are as written."""
        return first_bad_event(self._books, self._cipher)

    def first_fault(self) -> str:
        """The first thing in the books that is not as it was written, in words; empty when all is.

        The chain guards the events; replaying them guards the rows that were edited beside them.
        """
        if bad := self.verify_chain():
            return f"event {bad} was changed, put in, or is missing."
        replayed = replay(self.events())
        for table, rows in ((payment_requests, replayed.requests), (bills, replayed.bills)):
            with self._books.read() as connection:
                kept = {row["reference"]: row for row in fetched(connection, select(table))}
            for reference in sorted(kept.keys() | rows.keys()):
                if kept.get(reference) != rows.get(reference):
                    return f"{table.name} {reference} is not as its events tell."
        return ""

    def close(self) -> None:
        self._books.close()

    def _add(
        self, connection: Connection, journal: Journal, request: PaymentRequest, actor: Actor
    ) -> PaymentRequest:
        facts = request_row(request)
        entry = journal.next
        kept = request_of({**facts, "revision": entry})
        journal.add(
            self._now(), actor, Thing.REQUEST, request.reference, "request opened", told(facts, BLANK_REQUEST)
        )
        claim = entry if kept.transaction_id else None
        connection.execute(_ADD_REQUEST, {"entry": entry, **facts, **beside(kept, claim)})
        journal.write()
        return kept

    def _read(self, row: dict[str, Any]) -> PaymentRequest:
        try:
            return request_of(row)
        except ValueError as error:  # a word that this program never writes
            raise BooksTrouble(CHANGED_OUTSIDE.format(name=self._books.path.name)) from error

    def _journal(self, connection: Connection) -> Journal:
        return Journal(connection, self._cipher, self._books.path)

    def _now(self) -> int:
        return micros(self._clock.now())


def open_ledger(path: Path, store_key: bytes, clock: Clock, *, busy_timeout: int = BUSY_TIMEOUT) -> SqlLedger:
    """Open the books, or make them. `busy_timeout` in milliseconds. Raises BooksTrouble, KeyTrouble."""
    cipher = Cipher(store_key)
    engine = open_engine(path, busy_timeout)
    try:
        bring_up(engine, path, cipher)
        return SqlLedger(Books(engine, path), cipher, clock)
    except BaseException:
        engine.dispose()
        raise


def _decided(
    connection: Connection, before: PaymentRequest, claim: int | None, decide: Decide
) -> PaymentRequest:
    """A sighting may bring the transaction id inside `decide`: then its kin is asked for, and `decide` again."""
    kin = _kin(connection, before, before.transaction_id, claim)
    after = decide(before, kin)
    if after.transaction_id == before.transaction_id:
        return after
    known = _kin(connection, before, request_row(after)["transaction_id"], None)
    return after if known == kin else decide(before, known)


def _kin(connection: Connection, request: PaymentRequest, transaction: object, claim: int | None) -> Kin:
    bill_paid, transaction_used = connection.execute(
        _KIN,
        {
            "name": request.reference,
            "bill": request.bill_reference,
            "gateway": request.gateway,
            "transaction": transaction,
            "claim": _NO_CLAIM if claim is None else claim,
        },
    ).one()
    return Kin(bill_paid=bool(bill_paid), transaction_used=bool(transaction_used))


def _one(connection: Connection, statement: Executable, reference: str) -> dict[str, Any]:
    rows = fetched(connection, statement, name=reference)
    if not rows:
        raise KeyError(reference)
    return rows[0]
