"""A stray warning in the log, from Qt or from a thread, fails the test in which it came."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_QT_MEANT = ("This plugin does not support",)  # the offscreen platform about window opacity and the like


class _Strict(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(f"{record.name} {record.levelname}: {record.getMessage()}")


@pytest.fixture
def expected_log() -> list[str]:
    """Parts of log lines that this test means to cause."""
    return []


@pytest.fixture(autouse=True)
def no_stray_warning(expected_log: list[str]) -> Iterator[None]:
    strict = _Strict()
    qt: list[str] = []

    def hear(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not text.startswith(_QT_MEANT):
            qt.append(text)

    logging.getLogger().addHandler(strict)
    before = qInstallMessageHandler(hear)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
        logging.getLogger().removeHandler(strict)
    stray = [line for line in strict.found + qt if not any(part in line for part in expected_log)]
    assert not stray, f"stray warnings: {stray}"
