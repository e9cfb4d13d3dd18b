"""Clocks that jump and a program that is stopped and goes on: no state moves by it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from tests.end2end.conftest import OpenTill
from tests.end2end.test_kill import SELL, wait_for
from tests.helpers.bank import Bank

DAY = 86_400.0
JUMPS = [1.0, -1.0, 3600.0, -3600.0, 30 * DAY, -30 * DAY, 3652 * DAY, -3652 * DAY]


def left(countdown: str) -> int:
    minutes, _, seconds = countdown.partition(":")
    return int(minutes) * 60 + int(seconds)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_shop_clock_that_jumps_changes_no_state_and_no_countdown(
    bank: Bank, shop: Path, open_till: OpenTill, jump: float
) -> None:
    till = open_till(shop)
    till.charge("100")
    till.wait_qr()
    ends = time.monotonic() + 300
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=jump), tick=True):
        bank.skew = -jump  # the bank's clock is right as before; only the shop's has moved
        asked = len(bank.asked("qr/status"))
        till.click("payment_recheck")
        till.wait(lambda: len(bank.asked("qr/status")) > asked)
        till.wait(lambda: abs(left(till.text("payment_countdown")) - (ends - time.monotonic())) <= 1.6)
        assert till.code() == ("AWAITING", "NONE")
        assert till.property("payment_qr", "payload")
        bank.pay(bank.order())
        till.click("payment_recheck")
        till.wait_code("PAID")
    bank.skew = 0.0


@pytest.mark.parametrize("jump", [3652 * DAY, -3652 * DAY])
def test_a_start_with_a_clock_ten_years_off_expires_nothing(
    bank: Bank, shop: Path, open_till: OpenTill, jump: float
) -> None:
    till = open_till(shop)
    till.charge("100")
    till.wait_qr()
    till.program.close()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=jump), tick=True):
        bank.skew = -jump
        again = open_till(shop)
        asked = len(bank.asked("qr/status"))
        again.wait(lambda: len(bank.asked("qr/status")) > asked)
        assert _kept(shop) == [("AWAITING", "")]
        bank.pay(bank.order())
        again.wait(lambda: _kept(shop) == [("PAID", "")], 10)
        again.program.close()
    bank.skew = 0.0


def test_a_program_that_was_stopped_goes_on_as_if_nothing_were(bank: Bank, shop: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SELL, str(shop)]) as process:
        wait_for(lambda: bank.asked("qr/status"))
        os.kill(process.pid, signal.SIGSTOP)
        asked = len(bank.asked("qr/status"))
        time.sleep(5)
        assert len(bank.asked("qr/status")) <= asked + 1
        assert _kept(shop) == [("AWAITING", "")]
        os.kill(process.pid, signal.SIGCONT)
        wait_for(lambda: len(bank.asked("qr/status")) > asked + 1, 6)
        assert _kept(shop) == [("AWAITING", "")]
        bank.pay(bank.order())
        wait_for(lambda: _kept(shop) == [("PAID", "")], 8)
        process.kill()


def _kept(shop: Path) -> list[tuple[str, str]]:
    books = sqlite3.connect(f"file:{shop / 'test.sqlite'}?mode=ro", uri=True)
    try:
        return books.execute("SELECT status, issues FROM payment_requests").fetchall()
    finally:
        books.close()
