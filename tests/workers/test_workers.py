"""The hands: flows off the GUI thread, answers in it, one poller that can be poked."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from pos_app.workers.poller import Poller
from pos_app.workers.tasks import Tasks


def test_a_flow_runs_elsewhere_and_is_answered_in_the_gui_thread(qtbot: QtBot) -> None:
    tasks = Tasks()
    seen: list[tuple[int, int]] = []
    tasks.run(threading.get_ident).then(lambda ident: seen.append((ident, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(seen))
    tasks.stop()
    assert seen[0][0] != threading.get_ident()
    assert seen[0][1] == threading.get_ident()


def test_a_large_number_is_not_cut_to_32_bits(qtbot: QtBot) -> None:
    tasks = Tasks()
    seen: list[int] = []
    tasks.run(lambda: 2**40).then(seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    tasks.stop()
    assert seen == [2**40]


def test_an_error_is_answered_too(qtbot: QtBot) -> None:
    tasks = Tasks()
    seen: list[Exception] = []

    def fail() -> None:
        raise ValueError("no")

    tasks.run(fail).otherwise(seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    tasks.stop()
    assert isinstance(seen[0], ValueError)


def test_nothing_starts_after_a_stop() -> None:
    tasks = Tasks()
    tasks.stop()
    ran: list[int] = []
    tasks.run(ran.append, 1)
    time.sleep(0.05)
    assert not ran


class _Rounds:
    def __init__(self) -> None:
        self.wait = 5.0
        self.threads: list[int] = []

    def round(self) -> float:
        self.threads.append(threading.get_ident())
        self.wait = 5.0
        return self.wait

    def until_next(self) -> float:
        return self.wait


@pytest.fixture
def rounds() -> _Rounds:
    return _Rounds()


def test_the_poller_runs_in_its_thread_and_ends(qtbot: QtBot, rounds: _Rounds) -> None:
    poller = Poller(rounds)
    poller.start()
    qtbot.waitUntil(lambda: len(rounds.threads) == 1)
    poller.stop()
    assert rounds.threads[0] != threading.get_ident()
    assert isinstance(QThread.currentThread(), QThread)


def test_a_poke_from_any_thread_brings_the_next_round_forward(qtbot: QtBot, rounds: _Rounds) -> None:
    poller = Poller(rounds)
    poller.start()
    qtbot.waitUntil(lambda: len(rounds.threads) == 1)
    rounds.wait = 0.0
    threading.Thread(target=poller.poke).start()
    qtbot.waitUntil(lambda: len(rounds.threads) == 2, timeout=1000)
    poller.stop()


def test_a_poke_never_makes_a_round_later(qtbot: QtBot, rounds: _Rounds) -> None:
    poller = Poller(rounds)
    poller.start()
    qtbot.waitUntil(lambda: len(rounds.threads) == 1)
    began = time.monotonic()
    rounds.wait = 0.2
    for _ in range(20):
        poller.poke()
        rounds.wait = max(0.0, 0.2 - (time.monotonic() - began))
        qtbot.wait(10)
    qtbot.waitUntil(lambda: len(rounds.threads) == 2, timeout=1000)
    poller.stop()
    assert time.monotonic() - began < 0.6
