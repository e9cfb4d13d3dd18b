"""The ledger keeps what it is given, in order, and decides under one lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from pos_app.domain.audit import Actor
from pos_app.domain.collecting import Kin, cancel, keep_ids
from pos_app.domain.errors import BooksTrouble, Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, PaymentRequest, Said, Sighting, Status, Ticket
from pos_app.domain.promises import Ledger
from pos_app.store.ledger import SqlLedger, open_ledger
from tests.store.sales import (
    AMOUNT,
    KEY,
    NOON,
    StoppedClock,
    a_bill,
    a_request,
    look,
    opened,
    paid,
    raw,
    rows,
    unpaid_after_expiry,
)


def test_the_ledger_is_the_domains_ledger(ledger: SqlLedger) -> None:
    promise: Ledger = ledger
    assert promise.recent(1) == []


def test_bills_are_numbered_from_one_and_the_number_comes_back_with_the_request(ledger: SqlLedger) -> None:
    assert [opened(ledger).bill_number for _ in range(3)] == [1, 2, 3]


def test_numbers_go_on_after_the_program_was_started_again(path: Path, ledger: SqlLedger) -> None:
    opened(ledger)
    ledger.close()
    again = open_ledger(path, KEY, StoppedClock())
    try:
        assert opened(again).bill_number == 2
    finally:
        again.close()


def test_a_bill_and_its_request_come_back_as_they_were(ledger: SqlLedger) -> None:
    bill = a_bill("9876543210", "Asha, blue saree")
    request = ledger.open_bill(bill, a_request(bill), Actor.CASHIER)
    assert ledger.bill(bill.reference) == replace(bill, number=1)
    assert ledger.request(request.reference) == request


def test_each_field_of_a_request_is_kept(ledger: SqlLedger) -> None:
    request = opened(ledger)
    full = replace(
        request,
        status=Status.AWAITING,
        issues=frozenset({Issue.MISMATCH, Issue.UNCONFIRMED}),
        was=Status.OPENING,
        link="upi://pay?pa=asha@ybl&am=350.00",
        qr_refused=Reason.QR_PAYEE,
        expires_at=NOON + timedelta(minutes=5, microseconds=1),
        gateway_ids={"slug": "s-1", "order_id": "७"},
        told=Money(1),
        received=Money(2),
        transaction_id="T1",
        bank_reference="412345678901",
        reason=Reason.OTHER_ORDER,
        words="बैंक",
        ended_at=NOON + timedelta(days=40_000),
        paid_at=NOON - timedelta(days=40_000),
        watch_over=True,
        revision=3,
    )
    assert ledger.change(request.reference, lambda _r, _k: full, NOON, Actor.PROGRAM, "all") == (
        request,
        full,
    )
    assert ledger.request(request.reference) == full
    changed = {
        field.name for field in fields(full) if getattr(full, field.name) != getattr(request, field.name)
    }
    kept = {"reference", "bill_reference", "bill_number", "gateway", "method", "amount", "created_at"}
    assert changed == {field.name for field in fields(full)} - kept - {"body_hash"}


def test_foreign_text_that_no_database_takes_does_not_lose_the_payment(ledger: SqlLedger) -> None:
    request = opened(ledger)
    kept = look(ledger, request, replace(paid("T\ud800\0"), gateway_ids={"id": "\ud800\0"}))
    assert kept.status is Status.PAID
    assert ledger.request(request.reference) == kept


def test_the_same_broken_text_seen_again_changes_nothing(ledger: SqlLedger) -> None:
    request = opened(ledger)
    silent = Sighting(Said.LOST, NOON, reason=Reason.NO_ANSWER, words="\ud800")
    look(ledger, request, silent)
    events = len(ledger.events())
    look(ledger, request, silent)
    assert len(ledger.events()) == events


def test_a_change_that_changes_nothing_writes_nothing(path: Path, ledger: SqlLedger) -> None:
    request = opened(ledger)
    before = path.read_bytes()
    assert look(ledger, request, Sighting(Said.SILENT, NOON)) == request
    assert path.read_bytes() == before


def test_an_unknown_reference_is_a_key_error(ledger: SqlLedger) -> None:
    with pytest.raises(KeyError):
        ledger.request("NOPE")
    with pytest.raises(KeyError):
        ledger.bill("NOPE")
    with pytest.raises(KeyError):
        ledger.change("NOPE", lambda request, _kin: request, NOON, Actor.PROGRAM, "none")
    with pytest.raises(KeyError):
        ledger.add_request(a_request(a_bill()), Actor.CASHIER)


def test_a_request_for_another_bill_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="another bill"):
        ledger.open_bill(a_bill(), a_request(a_bill()), Actor.CASHIER)


def test_a_reference_is_never_used_twice(ledger: SqlLedger) -> None:
    request = opened(ledger)
    with pytest.raises(BooksTrouble, match="Nothing was changed"):
        ledger.add_request(request, Actor.CASHIER)
    assert ledger.recent(9) == [request]
    assert ledger.verify_chain() is None


def test_a_decision_that_fails_leaves_the_books_alone(ledger: SqlLedger) -> None:
    request = opened(ledger)

    def broken(_request: PaymentRequest, _kin: Kin) -> PaymentRequest:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.change(request.reference, broken, NOON, Actor.PROGRAM, "broken")
    assert ledger.request(request.reference) == request
    assert opened(ledger).bill_number == 2


def test_recent_is_newest_first_even_when_the_wall_clock_jumped_back(ledger: SqlLedger) -> None:
    made: list[str] = []
    for hours in (0, 5, -7, 1):
        bill = a_bill()
        request = a_request(bill, NOON + timedelta(hours=hours))
        made.append(ledger.open_bill(bill, request, Actor.CASHIER).reference)
    assert [request.reference for request in ledger.recent(3)] == made[:0:-1]
    assert ledger.recent(0) == []


def test_watched_is_oldest_first_and_holds_what_the_plan_still_asks_about(ledger: SqlLedger) -> None:
    requests = [opened(ledger) for _ in range(5)]
    look(ledger, requests[1], paid("T1"))
    look(ledger, requests[2], Sighting(Said.REJECTED, NOON, reason=Reason.BAD_REQUEST))
    look(
        ledger,
        requests[3],
        Sighting(Said.TICKET, NOON, ticket=Ticket("upi://x", NOON), gateway_ids={"s": "1"}),
    )
    look(ledger, requests[3], unpaid_after_expiry())
    assert [request.reference for request in ledger.watched()] == [
        requests[number].reference for number in (0, 3, 4)
    ]
    ledger.change(
        requests[3].reference,
        lambda request, _kin: replace(request, watch_over=True),
        NOON,
        Actor.PROGRAM,
        "end",
    )
    assert [request.reference for request in ledger.watched()] == [
        requests[number].reference for number in (0, 4)
    ]


def test_watched_and_recent_are_read_from_an_index(path: Path, ledger: SqlLedger) -> None:
    opened(ledger)
    with raw(path) as connection:
        plans = [
            str([row["detail"] for row in connection.execute("EXPLAIN QUERY PLAN " + query)])
            for query in (
                "SELECT * FROM payment_requests WHERE watched = 1 ORDER BY entry",
                "SELECT * FROM payment_requests ORDER BY entry DESC LIMIT 100",
                "SELECT 1 FROM payment_requests WHERE transaction_id = 'T' AND transaction_id <> ''",
            )
        ]
    assert "ix_payment_requests_watched" in plans[0]
    assert "ix_payment_requests_transaction" in plans[2]
    assert not any("TEMP B-TREE" in plan for plan in plans)


def test_a_second_request_of_a_paid_bill_is_paid_twice(ledger: SqlLedger) -> None:
    first = opened(ledger)
    second = ledger.add_request(a_request(ledger.bill(first.bill_reference)), Actor.CASHIER)
    assert second.bill_number == first.bill_number
    assert look(ledger, first, paid("T1")).hand_over
    twice = look(ledger, second, paid("T2"))
    assert (twice.status, twice.issues) == (Status.PAID, {Issue.PAID_TWICE})


def test_two_requests_of_a_bill_proven_at_once_are_paid_and_paid_twice(ledger: SqlLedger) -> None:
    for _ in range(10):
        first = opened(ledger)
        second = ledger.add_request(a_request(ledger.bill(first.bill_reference)), Actor.CASHIER)
        start = Barrier(2)

        def prove(request: PaymentRequest, start: Barrier = start) -> PaymentRequest:
            start.wait()
            return look(ledger, request, paid(f"T {request.reference}"))

        with ThreadPoolExecutor(2) as threads:
            ends = list(threads.map(prove, (first, second)))
        assert {end.status for end in ends} == {Status.PAID}
        assert sorted(tuple(end.issues) for end in ends) == [(), (Issue.PAID_TWICE,)]


def test_one_gateway_transaction_pays_for_one_request_although_it_comes_with_the_sighting(
    ledger: SqlLedger,
) -> None:
    first, second = opened(ledger), opened(ledger)
    assert look(ledger, first, paid("T1")).hand_over
    held = look(ledger, second, paid("T1"))
    assert (held.status, held.issues) == (Status.CONFIRMING, {Issue.MISMATCH})
    assert look(ledger, second, paid("T1")).status is Status.CONFIRMING


def test_the_same_number_at_another_gateway_is_another_transaction(ledger: SqlLedger) -> None:
    first, second = opened(ledger), opened(ledger, gateway="paytm")
    look(ledger, first, paid("T1"))
    assert look(ledger, second, paid("T1")).hand_over


def test_payments_without_a_transaction_id_do_not_stand_in_each_others_way(ledger: SqlLedger) -> None:
    assert look(ledger, opened(ledger), paid()).hand_over
    assert look(ledger, opened(ledger), paid()).hand_over


def test_of_two_claims_on_a_transaction_the_earlier_one_counts(ledger: SqlLedger) -> None:
    first, second = opened(ledger), opened(ledger)
    look(ledger, first, paid("T1", proven=False))
    look(ledger, second, paid("T1", proven=False))
    assert look(ledger, second, paid("T1")).issues == {Issue.MISMATCH}
    assert look(ledger, first, paid("T1")).hand_over


def test_a_claim_that_never_proved_gives_the_transaction_free(ledger: SqlLedger) -> None:
    first, second = opened(ledger), opened(ledger)
    look(ledger, first, paid("T1", proven=False))
    assert look(ledger, second, paid("T1")).issues == {Issue.MISMATCH}
    assert look(ledger, first, unpaid_after_expiry()).status is Status.EXPIRED
    assert look(ledger, second, paid("T1")).hand_over


def test_the_index_is_the_last_guard_of_one_transaction_for_one_request(ledger: SqlLedger) -> None:
    first, second = opened(ledger), opened(ledger)
    look(ledger, first, paid("T1"))
    with pytest.raises(BooksTrouble, match="Nothing was changed"):
        ledger.change(
            second.reference,
            lambda request, _kin: replace(request, status=Status.PAID, transaction_id="T1"),
            NOON,
            Actor.PROGRAM,
            "forced",
        )
    assert ledger.request(second.reference) == second
    assert ledger.verify_chain() is None


def test_eight_threads_changing_at_once_lose_nothing(path: Path, ledger: SqlLedger) -> None:
    shared = opened(ledger)
    start = Barrier(8)

    def work(thread: int) -> list[int]:
        start.wait()
        numbers: list[int] = []
        for turn in range(10):
            numbers.append(opened(ledger).bill_number)
            ledger.change(
                shared.reference,
                lambda request, _kin, key=f"{thread}.{turn}": keep_ids(request, {key: "kept"}, NOON),
                NOON,
                Actor.PROGRAM,
                "ids",
            )
            ledger.recent(5)
            ledger.watched()
        return numbers

    with ThreadPoolExecutor(8) as threads:
        numbers = [number for found in threads.map(work, range(8)) for number in found]
    assert sorted(numbers) == list(range(2, 82))
    assert len(ledger.request(shared.reference).gateway_ids) == 80
    assert [event.number for event in ledger.events()] == list(range(1, 2 + 240 + 1))
    assert ledger.verify_chain() is None
    assert len(rows(path, "payment_requests")) == 81


def test_events_tell_who_when_why_and_only_what_changed(ledger: SqlLedger) -> None:
    request = opened(ledger)
    later = NOON + timedelta(seconds=9)
    ledger.change(request.reference, lambda r, _k: cancel(r, later), later, Actor.CASHIER, "cancelled")
    bill_opened, request_opened, cancelled = ledger.events()
    assert bill_opened.reference == request.bill_reference
    assert bill_opened.changes["amount"] == AMOUNT.paise
    assert request_opened.changes["status"] == "OPENING"
    assert (cancelled.at, cancelled.actor, cancelled.why) == (later, Actor.CASHIER, "cancelled")
    assert set(cancelled.changes) == {"status", "ended_at"}
    assert ledger.events(request.reference) == [request_opened, cancelled]


def test_a_closed_ledger_says_so_and_holds_no_file_open(path: Path, ledger: SqlLedger) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _n: opened(ledger) and ledger.recent(3), range(16)))
    ledger.close()
    ledger.close()
    with pytest.raises(BooksTrouble, match="stopping"):
        ledger.recent(1)
    with pytest.raises(BooksTrouble, match="stopping"):
        opened(ledger)
    handles = Path("/proc/self/fd")
    if handles.is_dir():
        names = [handle.readlink() for handle in handles.iterdir() if handle.is_symlink()]
        assert not [name for name in names if str(name).startswith(str(path))]
