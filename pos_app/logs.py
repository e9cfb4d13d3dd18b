"""The log: JSON lines in the data folder, of fields that are known to be harmless.

The standard library's logging, since structlog would take 20 MB and 60 ms of each start (docs/decisions/0004).
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from traceback import extract_tb
from typing import Final

FIELDS: Final = frozenset({
    "gateway", "method", "path", "code", "ms", "bytes", "outcome", "reason", "reference", "status", "issue",
    "count", "error", "mode",
})  # fmt: skip
LARGEST: Final = 2_000_000  # bytes of one file; five are kept
FRAMES: Final = 8  # of a traceback: file, line and function, never values or messages


class Log:
    """Says an event with facts. A fact that is not in FIELDS is our bug and raises KeyError at once."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **facts: object) -> None:
        self._say(logging.INFO, event, facts)

    def warning(self, event: str, **facts: object) -> None:
        self._say(logging.WARNING, event, facts)

    def broken(self, event: str, error: BaseException, **facts: object) -> None:
        """An exception as its class and where it came from: its message may hold what the log must not."""
        places = [f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in extract_tb(error.__traceback__)]
        self._say(logging.ERROR, event, {**facts, "error": type(error).__name__}, places[-FRAMES:])

    def _say(self, level: int, event: str, facts: dict[str, object], trace: list[str] | None = None) -> None:
        if unknown := facts.keys() - FIELDS:
            raise KeyError(f"not allowed in the log: {sorted(unknown)}; add harmless ones to FIELDS")
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"facts": facts, "trace": trace})


class _Lines(logging.Formatter):
    """One JSON object a line. Of a foreign library only its name and level: its text may hold anything."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
        }
        facts: dict[str, object] | None = getattr(record, "facts", None)
        if facts is not None:
            line |= {"event": record.msg, **{name: str(value)[:200] for name, value in facts.items()}}
        if trace := getattr(record, "trace", None):
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=True)


def set_up(folder: Path) -> None:
    """Write to folder/pos_app.log, without a word on the terminal."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "pos_app.log", maxBytes=LARGEST, backupCount=5, encoding="utf-8", delay=True
    )
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("pos_app").setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # httpx tells whole URLs at INFO


def tear_down() -> None:
    """Close the file, for a second start in one process."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, RotatingFileHandler)]:
        root.removeHandler(handler)
        handler.close()
