"""A bank that the project did not write and a till that is set up for it by settings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pos_app.app import Program
from pos_app.settings import load
from tests.helpers.bank import CLIENT_ID, CLIENT_SECRET, Bank, serve
from tests.helpers.till import Till


@pytest.fixture
def bank() -> Iterator[Bank]:
    bank = Bank()
    server = serve(bank)
    yield bank
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(tmp_path: Path, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose settings name the bank."""
    monkeypatch.setenv("POS_APP_SECRET_SMEPAY_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("POS_APP_SECRET_STORE_KEY", "store-key-canary-77")
    (tmp_path / "settings.toml").write_text(
        f"""[shop]
name = "Asha Stores"
prefix = "ASH"
payee_vpa = "asha@ybl"
email = "asha@example.in"
mobile = "9876500000"
callback_url = "https://asha.example/hook"

[gateways.smepay]
environment = "custom"
base_url = "{bank.base_url}"
client_id = "{CLIENT_ID}"
"""
    )
    return tmp_path


OpenTill = Callable[[Path], Till]


@pytest.fixture
def open_till(qtbot: QtBot) -> Iterator[OpenTill]:
    """Opens the whole program on a data folder; closes every one it opened."""
    with ExitStack() as stack:

        def open_one(data: Path) -> Till:
            from PySide6.QtWidgets import QApplication

            from pos_app.ui.look import Look

            application = QApplication.instance()
            assert isinstance(application, QApplication)
            Look("light").apply(application)
            program = Program(load(data))
            stack.callback(program.close)
            qtbot.waitExposed(program.window)
            till = Till(qtbot, program)
            till.wait(lambda: program.is_open)
            return till

        yield open_one
