"""The database itself refuses what must not happen, whoever writes."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from pos_app.domain.audit import Actor
from pos_app.domain.collecting import Kin, apply, begin, cancel
from pos_app.domain.errors import BooksTrouble, Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, PaymentRequest, Said, Sighting, Status, Ticket
from pos_app.store.ledger import SqlLedger
from tests.store.sales import AMOUNT, NOON, a_bill, a_request, look, opened, paid, raw

LEGAL = {
    Status.NEW: {Status.OPENING},
    Status.OPENING: set(Status) - {Status.NEW, Status.OPENING},
    Status.AWAITING: {Status.CONFIRMING, Status.PAID, Status.EXPIRED, Status.CANCELLED, Status.FAILED},
    Status.CONFIRMING: {Status.PAID, Status.EXPIRED},
    Status.EXPIRED: {Status.CONFIRMING, Status.PAID},
    Status.CANCELLED: {Status.CONFIRMING, Status.PAID, Status.EXPIRED},
    Status.FAILED: {Status.CONFIRMING, Status.PAID, Status.EXPIRED},
    Status.PAID: set[Status](),
}
_OUR_WORDS = r"an event is|a bill (is|keeps)|a request (is|keeps|begins|can't)|received money"


def test_every_move_of_the_collecting_table_is_legal_in_the_database() -> None:
    start = a_request(a_bill())
    assert begin(replace(start, status=Status.NEW), "hash").status in LEGAL[Status.NEW]
    for status in set(Status) - {Status.NEW}:
        request = replace(start, status=status, was=Status.AWAITING if status is Status.CONFIRMING else None)
        for one in _next(request):
            # a look and its confirming call may be saved as one move
            for two in {end.status: end for end in _next(one)}.values():
                assert one.status is status or one.status in LEGAL[status]
                assert two.status is status or two.status in LEGAL[status], (status, one.status, two.status)


def _next(request: PaymentRequest) -> list[PaymentRequest]:
    ticket = Ticket("upi://pay", NOON + timedelta(minutes=5))
    ends = [cancel(request, NOON), request]
    for said, proven, amount, bill_paid, at in product(
        Said, (True, False), (None, AMOUNT, Money(1)), (True, False), (NOON, NOON + timedelta(hours=9))
    ):
        sighting = Sighting(said, at, proven, amount, ticket, reason=Reason.QR_PAYEE)
        ends.append(apply(request, sighting, at, Kin(bill_paid=bill_paid)))
    return ends


@pytest.mark.parametrize("old", sorted(set(Status) - {Status.NEW}))
def test_a_move_that_is_not_legal_is_refused(path: Path, ledger: SqlLedger, old: Status) -> None:
    opened(ledger)
    moved: set[Status] = set()
    with raw(path) as connection:
        for new in Status:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE payment_requests SET status = ?", (old.value,))  # from OPENING
            with suppress(sqlite3.IntegrityError):
                connection.execute("UPDATE payment_requests SET status = ?", (new.value,))
                moved.add(new)
            connection.execute("ROLLBACK")
    assert moved == LEGAL[old] | {old}


@pytest.mark.parametrize("new", Status)
def test_a_new_request_is_only_opened(path: Path, ledger: SqlLedger, new: Status) -> None:
    bill = a_bill()
    request = replace(a_request(bill), status=Status.NEW, body_hash="")
    ledger.open_bill(bill, request, Actor.CASHIER)
    with raw(path) as connection:
        if new in {Status.NEW, Status.OPENING}:
            connection.execute("UPDATE payment_requests SET status = ?", (new.value,))
            return
        with pytest.raises(sqlite3.IntegrityError, match="can't move so"):
            connection.execute("UPDATE payment_requests SET status = ?", (new.value,))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.NEW, Status.OPENING}))
def test_no_request_is_born_with_an_end(ledger: SqlLedger, status: Status) -> None:
    first = opened(ledger)
    born = replace(a_request(ledger.bill(first.bill_reference)), status=status)
    with pytest.raises(BooksTrouble, match="begins before it is asked for"):
        ledger.add_request(born, Actor.CASHIER)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET why = 'other'",
        "UPDATE events SET number = 77 WHERE number = 1",
        "DELETE FROM events",
        "DELETE FROM events WHERE number = 3",
        "INSERT OR REPLACE INTO events SELECT number, at, actor, thing, reference, 'x', changes, mac FROM events",
        "DELETE FROM payment_requests",
        "DELETE FROM bills",
        "INSERT OR REPLACE INTO payment_requests SELECT * FROM payment_requests",
        "INSERT OR REPLACE INTO bills SELECT * FROM bills",
        "UPDATE bills SET amount = amount + 1",
        "UPDATE bills SET number = 7",
        "UPDATE bills SET reference = 'OTHER'",
        "UPDATE payment_requests SET reference = 'OTHER'",
        "UPDATE payment_requests SET amount = 100",
        "UPDATE payment_requests SET gateway = 'paytm'",
        "UPDATE payment_requests SET bill_reference = (SELECT reference FROM bills WHERE number = 2)",
        "UPDATE payment_requests SET bill_number = 2",
        "UPDATE payment_requests SET created_at = 0",
        "UPDATE payment_requests SET entry = 99",
        "UPDATE payment_requests SET body_hash = 'other'",
        "UPDATE payment_requests SET body_hash = ''",
        "UPDATE payment_requests SET received = 1",
        "UPDATE payment_requests SET received = NULL",
        "UPDATE payment_requests SET status = 'EXPIRED'",
    ],
)
def test_the_database_refuses(path: Path, ledger: SqlLedger, statement: str) -> None:
    request = opened(ledger)
    look(ledger, request, paid("T1"))
    opened(ledger)
    where = " WHERE entry = 2" if statement.startswith("UPDATE payment_requests") else ""
    with raw(path) as connection, pytest.raises(sqlite3.IntegrityError, match=_OUR_WORDS):
        connection.execute(statement + where)
    assert ledger.verify_chain() is None


def test_a_body_hash_may_be_set_once(path: Path, ledger: SqlLedger) -> None:
    bill = a_bill()
    request = ledger.open_bill(bill, replace(a_request(bill), status=Status.NEW, body_hash=""), Actor.CASHIER)
    ledger.change(request.reference, lambda r, _k: begin(r, "hash"), NOON, Actor.PROGRAM, "begun")
    assert ledger.request(request.reference).body_hash == "hash"


@pytest.mark.parametrize("field", ["reference", "gateway", "amount", "bill_reference", "body_hash"])
def test_a_decision_that_changes_what_must_stay_is_refused_in_words(ledger: SqlLedger, field: str) -> None:
    request, other = opened(ledger), opened(ledger)
    value: dict[str, object] = {
        "amount": Money(1),
        "bill_reference": other.bill_reference,
    }
    with pytest.raises(BooksTrouble, match="Nothing was changed; please report it"):
        ledger.change(
            request.reference,
            lambda r, _k: replace(r, **{field: value.get(field, "other")}),
            NOON,
            Actor.PROGRAM,
            "forced",
        )
    assert ledger.request(request.reference) == request


def test_a_word_that_the_program_never_writes_is_said(path: Path, ledger: SqlLedger) -> None:
    request = opened(ledger)
    with raw(path) as connection:
        connection.execute("UPDATE payment_requests SET issues = 'FINE'")
    with pytest.raises(BooksTrouble, match="changed outside of this program"):
        ledger.request(request.reference)


def test_paid_is_never_undone(ledger: SqlLedger) -> None:
    request = look(ledger, opened(ledger), paid("T1"))
    with pytest.raises(BooksTrouble, match="can't move so"):
        ledger.change(
            request.reference, lambda r, _k: replace(r, status=Status.EXPIRED), NOON, Actor.PROGRAM, "undo"
        )
    reversed_ = replace(request, issues=frozenset({Issue.REVERSED}))
    assert ledger.change(request.reference, lambda _r, _k: reversed_, NOON, Actor.GATEWAY, "returned")[
        1
    ].issue
