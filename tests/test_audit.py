"""`pos-app audit verify` finds what was edited behind the program's back."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos_app import vault
from pos_app.app import main
from pos_app.domain.audit import Actor
from pos_app.domain.bill import Bill
from pos_app.domain.clock import SystemClock
from pos_app.domain.collecting import begin, keep_ids
from pos_app.domain.money import Money
from pos_app.domain.payment import Method, PaymentRequest
from pos_app.domain.shop import Mode
from pos_app.store.ledger import open_ledger

SALES = 6


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Books with a few sales in them."""
    key = vault.store_key(tmp_path, Mode.TRAINING, os.environ)
    ledger = open_ledger(tmp_path / "training.sqlite", key.key, SystemClock())
    now = datetime.now(UTC)
    for number in range(SALES):
        bill = Bill(reference=f"B{number}", amount=Money(100 + number), opened_at=now, mobile="9876543210")
        request = PaymentRequest(
            reference=f"R{number}",
            bill_reference=bill.reference,
            bill_number=0,
            gateway="smepay",
            method=Method.QR,
            amount=bill.amount,
            created_at=now,
        )
        ledger.open_bill(bill, begin(request, "hash"), Actor.CASHIER)
        ledger.change(
            f"R{number}", lambda found, _kin: keep_ids(found, {"slug": "s"}, now), now, Actor.GATEWAY, "made"
        )
    ledger.close()
    return tmp_path


def edit(data: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """As somebody would who has the file and a tool: guards dropped first."""
    books = sqlite3.connect(data / "training.sqlite")
    for (name,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        books.execute(f'DROP TRIGGER "{name}"')
    change(books)
    books.commit()
    books.close()


def test_untouched_books_are_whole(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", "--data", str(data)]) == 0
    assert "as it was written" in capsys.readouterr().out


def test_without_books_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", "--data", str(tmp_path)]) == 2
    assert "no books" in capsys.readouterr().err


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET changes = replace(changes, '100', '900') WHERE number = 1",
        "DELETE FROM events WHERE number = (SELECT max(number) FROM events)",
        "DELETE FROM events WHERE number = 3",
        "UPDATE payment_requests SET amount = 1 WHERE reference = 'R2'",
        "UPDATE payment_requests SET status = 'PAID' WHERE reference = 'R1'",
        "UPDATE bills SET amount = 1 WHERE reference = 'B1'",
        "DELETE FROM payment_requests WHERE reference = 'R1'",
        "UPDATE bills SET mobile_tail = 'x' WHERE reference = 'B0'",
    ],
)
def test_an_edit_is_found(data: Path, sql: str, capsys: pytest.CaptureFixture[str]) -> None:
    edit(data, lambda books: books.execute(sql))
    assert main(["audit", "verify", "--data", str(data)]) == 1
    assert "is not as" in (said := capsys.readouterr().out) or "was changed" in said


def test_random_edits_of_the_events_are_all_found(data: Path) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    key = vault.store_key(data, Mode.TRAINING, os.environ)
    ledger = open_ledger(data / "training.sqlite", key.key, SystemClock())
    books = sqlite3.connect(data / "training.sqlite", isolation_level=None)
    for (name,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        books.execute(f'DROP TRIGGER "{name}"')
    columns = ("at", "actor", "thing", "reference", "why", "changes", "mac")
    for turn in range(300):
        column, number = chance.choice(columns), chance.randint(1, 3 * SALES)
        (old,) = books.execute(f"SELECT {column} FROM events WHERE number = ?", (number,)).fetchone()
        new = old + chance.randint(1, 9) if isinstance(old, int) else _bent(chance, old)
        books.execute(f"UPDATE events SET {column} = ? WHERE number = ?", (new, number))
        assert ledger.verify_chain() == number, f"seed {seed}, turn {turn}: {column} of {number}"
        books.execute(f"UPDATE events SET {column} = ? WHERE number = ?", (old, number))
    assert ledger.verify_chain() is None
    books.close()
    ledger.close()


def _bent(chance: random.Random, text: str) -> str:
    place = chance.randrange(len(text))
    return text[:place] + chr(ord(text[place]) ^ chance.randint(1, 15)) + text[place + 1 :]
