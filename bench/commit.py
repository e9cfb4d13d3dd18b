"""A durable intent: the ledger's one transaction against raw sqlite3 with the same pragmas and rows."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from bench.measure import Row, interleaved, row
from pos_app.domain.audit import Actor
from pos_app.domain.bill import Bill
from pos_app.domain.clock import SystemClock
from pos_app.domain.collecting import begin
from pos_app.domain.money import Money
from pos_app.domain.payment import Method, PaymentRequest
from pos_app.store.engine import durability
from pos_app.store.ledger import open_ledger

_numbers = count(1)


def measure(rounds: int) -> Row:
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder) / "ours.sqlite", b"k" * 32, SystemClock())
        raw = _raw_copy(Path(folder))

        def ours() -> float:
            name = f"R{next(_numbers):08}"
            bill = Bill(reference=f"B{name}", amount=Money(350_00), opened_at=now)
            request = PaymentRequest(
                reference=name, bill_reference=bill.reference, bill_number=0, gateway="smepay",
                method=Method.QR, amount=bill.amount, created_at=now,
            )  # fmt: skip
            began = time.perf_counter()
            ledger.open_bill(bill, begin(request, "hash"), Actor.CASHIER)
            return (time.perf_counter() - began) * 1000

        def bare() -> float:
            began = time.perf_counter()
            _same_rows(raw, next(_numbers))
            return (time.perf_counter() - began) * 1000

        for warm in (ours, bare) * 5:
            warm()
        found = interleaved({"bare": bare, "ours": ours}, rounds)
        ledger.close()
        raw.close()
    return row("durable commit of an intent", found["ours"], found["bare"], 1.5)


def _raw_copy(folder: Path) -> sqlite3.Connection:
    """The same schema, triggers and pragmas, without SQLAlchemy, encryption and chain."""
    source = sqlite3.connect(folder / "ours.sqlite")
    raw = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    for (sql,) in source.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    ):
        raw.execute(sql)
    source.close()
    journal, synchronous = durability(sqlite3.sqlite_version_info)
    raw.execute(f"PRAGMA journal_mode={journal}")
    raw.execute(f"PRAGMA synchronous={synchronous}")
    raw.execute("PRAGMA foreign_keys=ON")
    return raw


def _same_rows(raw: sqlite3.Connection, number: int) -> None:
    name, bill = f"R{number:08}", f"BR{number:08}"
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("SELECT max(number) FROM bills").fetchone()
    raw.execute("SELECT value FROM meta WHERE key = 'chain head'").fetchone()
    for entry, thing, reference in ((2 * number, "BILL", bill), (2 * number + 1, "REQUEST", name)):
        raw.execute(
            "INSERT INTO events (number, at, actor, thing, reference, why, changes, mac) VALUES (?,?,?,?,?,?,?,?)",
            (entry, number, "CASHIER", thing, reference, "opened", "{}" * 120, "0" * 64),
        )
    raw.execute(
        "INSERT INTO bills (number, reference, amount, opened_at, mobile, mobile_index, mobile_tail, note)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (number, bill, 35000, number, "", "", "", ""),
    )
    raw.execute(
        "INSERT INTO payment_requests (entry, reference, bill_reference, bill_number, gateway, method, amount,"
        " created_at, body_hash, status, issues, link, gateway_ids, transaction_id, bank_reference, words,"
        " watch_over, revision, watched) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (2 * number + 1, name, bill, number, "smepay", "QR", 35000, number, "hash", "OPENING", "", "", "{}", "", "",
         "", 0, 2 * number + 1, 1),
    )  # fmt: skip
    raw.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('chain head', ?)", ("0" * 140,))
    raw.execute("COMMIT")


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200).line())
