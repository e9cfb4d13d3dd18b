"""Events replay to the current rows, and their chain shows each change made past the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.domain.audit import Actor
from pos_app.domain.collecting import Kin, apply, cancel
from pos_app.domain.errors import BooksTrouble, Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import PaymentRequest, Said, Sighting, Status, Ticket
from pos_app.domain.watchplan import is_watched
from pos_app.store.ledger import SqlLedger, open_ledger
from pos_app.store.replay import replay
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
    without_rules,
)

_moments = st.integers(-5, 120).map(lambda minutes: NOON + timedelta(minutes=minutes))
_sightings = st.builds(
    Sighting,
    said=st.sampled_from(Said),
    at=_moments,
    proven=st.booleans(),
    amount=st.none() | st.sampled_from([AMOUNT, Money(1), Money(AMOUNT.paise * 2)]),
    ticket=st.none() | st.builds(Ticket, link=st.text(max_size=9), expires_at=_moments),
    gateway_ids=st.dictionaries(st.sampled_from(["slug", "id"]), st.text(max_size=3), max_size=2),
    transaction_id=st.sampled_from(["", "T1", "T2", "\ud800"]),
    bank_reference=st.text(max_size=3),
    differs=st.sampled_from(["", "", "", "payee"]),
    reason=st.none() | st.sampled_from(Reason),
    words=st.text(max_size=5),
)
_steps = st.lists(st.tuples(st.integers(0, 2), st.none() | _sightings), max_size=10)
_DEEP = "1 Crore ₹ \N{PILE OF POO}"


@pytest.fixture(scope="module")
def long_books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, SqlLedger]]:
    path = tmp_path_factory.mktemp("books") / "training.sqlite"
    ledger = open_ledger(path, KEY, StoppedClock())
    yield path, ledger
    ledger.close()


@settings(max_examples=60, deadline=None)
@given(steps=_steps, mobile=st.sampled_from(["", "9876543210"]))
def test_replaying_the_events_gives_the_rows(
    long_books: tuple[Path, SqlLedger], steps: list[tuple[int, Sighting | None]], mobile: str
) -> None:
    path, ledger = long_books
    bill = a_bill(mobile, _DEEP)
    requests = [ledger.open_bill(bill, a_request(bill), Actor.CASHIER)]
    requests += [ledger.add_request(a_request(bill), Actor.CASHIER) for _ in range(2)]
    for number, sighting in steps:
        reference = requests[number].reference
        if sighting is None:
            ledger.change(reference, lambda r, _k: cancel(r, NOON), NOON, Actor.CASHIER, "cancelled")
            continue
        before, after = ledger.change(
            reference, lambda r, k, s=sighting: _apply(r, s, k), sighting.at, Actor.GATEWAY, "look"
        )
        assert after == ledger.request(reference)
        assert (before.status is Status.PAID) <= (after.status is Status.PAID)
    replayed = replay(ledger.events())
    assert replayed.bills == {row["reference"]: row for row in rows(path, "bills")}
    assert replayed.requests == {row["reference"]: row for row in rows(path, "payment_requests")}
    assert [r.reference for r in ledger.watched()] == [
        r.reference for r in reversed(ledger.recent(10_000)) if is_watched(r)
    ]
    assert ledger.verify_chain() is None
    settled = [r for r in ledger.recent(10_000) if r.status is Status.PAID and r.transaction_id]
    assert len({(r.gateway, r.transaction_id) for r in settled}) == len(settled)


def _apply(request: PaymentRequest, sighting: Sighting, kin: Kin) -> PaymentRequest:
    return apply(request, sighting, sighting.at, kin)


_TAMPERINGS: list[tuple[str, int]] = [
    ("UPDATE events SET changes = replace(changes, '35000', '35') WHERE number = 4", 4),
    ("UPDATE events SET at = at + 1 WHERE number = 1", 1),
    ("UPDATE events SET actor = 'GATEWAY' WHERE number = 2", 2),
    ("UPDATE events SET thing = 'BILL' WHERE number = 2", 2),
    ("UPDATE events SET reference = 'OTHER' WHERE number = 3", 3),
    ("UPDATE events SET why = 'no reason' WHERE number = 5", 5),
    ("UPDATE events SET mac = lower(hex(randomblob(32))) WHERE number = 5", 5),
    ("DELETE FROM events WHERE number = 2", 2),
    ("DELETE FROM events WHERE number = 1", 1),
    ("DELETE FROM events WHERE number >= 4", 4),
    ("DELETE FROM events", 1),
    (
        "INSERT INTO events SELECT 6, at, actor, thing, reference, why, changes, mac FROM events WHERE number=5",
        6,
    ),
    ("UPDATE events SET number = number + 1 WHERE number = 5", 5),
    ("UPDATE meta SET value = '3' || substr(value, 2) WHERE key = 'chain head'", 6),
    ("DELETE FROM meta WHERE key = 'chain head'", 6),
]


@pytest.mark.parametrize(("statement", "number"), _TAMPERINGS)
def test_the_first_event_that_was_tampered_with_is_named(
    path: Path, ledger: SqlLedger, statement: str, number: int
) -> None:
    look(ledger, opened(ledger), paid("T1"))
    opened(ledger)
    assert ledger.verify_chain() is None
    with raw(path) as connection:
        without_rules(connection)
        connection.execute(statement)
    assert ledger.verify_chain() == number


def test_a_tail_cut_off_together_with_an_old_head_of_another_key_is_found(
    path: Path, ledger: SqlLedger
) -> None:
    opened(ledger)
    with raw(path) as connection:
        (mac,) = connection.execute("SELECT mac FROM events WHERE number = 1").fetchone()
        without_rules(connection)
        connection.execute("DELETE FROM events WHERE number = 2")
        connection.execute("UPDATE meta SET value = ? WHERE key = 'chain head'", (f"1.{mac}.{'0' * 64}",))
    assert ledger.verify_chain() == 2


def test_nothing_is_written_onto_a_head_that_is_not_ours(path: Path, ledger: SqlLedger) -> None:
    opened(ledger)
    with raw(path) as connection:
        connection.execute("UPDATE meta SET value = '0.books.00' WHERE key = 'chain head'")
    with pytest.raises(BooksTrouble, match="changed outside of this program"):
        opened(ledger)
    assert len(ledger.recent(9)) == 1


def test_a_chain_longer_than_a_page_is_checked_to_its_end(
    path: Path, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        opened(ledger)
    short = "pos_app.store.journal._PAGE"
    monkeypatch.setattr(short, _page_of(3)())
    assert ledger.verify_chain() is None
    assert len(ledger.events()) == 8
    with raw(path) as connection:
        without_rules(connection)
        connection.execute("UPDATE events SET why = 'x' WHERE number = 8")
    assert ledger.verify_chain() == 8


def _page_of(count: int) -> Callable[[], object]:
    from pos_app.store import journal

    return lambda: journal._PAGE.limit(count)
