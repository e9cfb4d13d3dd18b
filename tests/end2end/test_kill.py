"""kill −9 while a payment is open: the customer pays meanwhile, and the next start finds it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end2end.conftest import OpenTill
from tests.helpers.bank import Bank

SELL = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pos_app.app import main

def sell():
    window = next(iter(w for w in QApplication.topLevelWidgets() if w.findChild(QLineEdit, "counter_amount")), None)
    if window is None:
        QTimer.singleShot(50, sell)
        return
    window.findChild(QLineEdit, "counter_amount").setText("350")
    window.findChild(QPushButton, "counter_charge_qr").click()

application = QApplication([])
QTimer.singleShot(0, sell)
sys.exit(main(["--data", sys.argv[1]]))
"""


def wait_for(what: Callable[[], object], seconds: float = 15.0) -> None:
    """Until `what` is true; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("moment", ["before initiate answers", "while it waits"])
def test_a_killed_program_finds_the_money_at_the_next_start(
    bank: Bank, shop: Path, open_till: OpenTill, moment: str
) -> None:
    if moment == "before initiate answers":
        bank.delay = 0.3
    killed = subprocess.Popen([sys.executable, "-c", SELL, str(shop)])
    try:
        wait_for(lambda: bank.asked("order/initiate"))
        if moment == "while it waits":
            wait_for(lambda: bank.asked("qr/status"))
    finally:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    bank.delay = 0.0
    time.sleep(0.4)
    bank.pay(bank.order())
    till = open_till(shop)
    _wait_paid(till, shop)
    assert len(bank.orders) == 1
    assert len(bank.asked("order/initiate")) == 1


def _wait_paid(till: object, shop: Path) -> None:
    from tests.helpers.till import Till

    assert isinstance(till, Till)

    def is_paid() -> bool:
        books = sqlite3.connect(f"file:{shop / 'test.sqlite'}?mode=ro", uri=True)
        try:
            return books.execute("SELECT status, issues FROM payment_requests").fetchall() == [("PAID", "")]
        finally:
            books.close()

    till.wait(is_paid)
