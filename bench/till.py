"""A whole program on a folder of its own, with as many open payments as a bench wants."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pos_app.domain.audit import Actor
from pos_app.domain.bill import Bill
from pos_app.domain.clock import SystemClock
from pos_app.domain.collecting import begin
from pos_app.domain.money import Money
from pos_app.domain.payment import Method, PaymentRequest, Status
from pos_app.domain.shop import Mode

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from pos_app.app import Program

SECRETS = {"POS_APP_SECRET_SMEPAY_CLIENT_SECRET": "s", "POS_APP_SECRET_STORE_KEY": "k"}


def application() -> QApplication:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ |= SECRETS
    from PySide6.QtWidgets import QApplication

    from pos_app.ui.look import Look

    app = cast("QApplication", QApplication.instance() or QApplication([]))
    Look("light").apply(app)
    return app


@contextmanager
def folder(url: str) -> Generator[Path]:
    """A data folder whose settings name the bank at `url`."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        (data / "settings.toml").write_text(
            f'[gateways.smepay]\nenvironment = "custom"\nbase_url = "{url}"\nclient_id = "c"\n'
        )
        yield data


def fill(data: Path, number: int) -> None:
    """Keep so many open payments, as an earlier day left them."""
    from pos_app import vault
    from pos_app.store.ledger import open_ledger

    os.environ |= SECRETS
    key = vault.store_key(data, Mode.TEST, os.environ)
    ledger = open_ledger(data / "test.sqlite", key.key, SystemClock())
    now = datetime.now(UTC)
    for count in range(number):
        name = f"R{count:06}"
        bill = Bill(reference=f"B{name}", amount=Money(350_00), opened_at=now)
        request = PaymentRequest(
            reference=name, bill_reference=bill.reference, bill_number=0, gateway="smepay",
            method=Method.QR, amount=bill.amount, created_at=now,
        )  # fmt: skip
        ledger.open_bill(bill, begin(request, "hash"), Actor.CASHIER)
        ledger.change(
            name,
            lambda found, _kin, name=name: replace(
                found, status=Status.AWAITING, gateway_ids={"slug": name}, expires_at=now + timedelta(hours=20)
            ),
            now, Actor.GATEWAY, "filled",
        )  # fmt: skip
    ledger.close()


def start(data: Path, app: QApplication) -> Program:
    """The program with its books open."""
    from pos_app.app import Program
    from pos_app.settings import load

    program = Program(load(data))
    while not program.is_open:
        app.processEvents()
    return program
