"""The log: JSON lines in the data folder, of fields that are known to be harmless."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

import structlog

FIELDS: Final = frozenset({
    "event", "level", "timestamp", "gateway", "method", "path", "code", "ms", "bytes", "outcome", "reason",
    "reference", "status", "issue", "count", "error", "mode", "version", "trace",
})  # fmt: skip
LARGEST: Final = 2_000_000  # bytes of one file; five are kept


def set_up(folder: Path) -> None:
    """Write to folder/pos_app.log. A field that is not in FIELDS is dropped: an allow-list forgets nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "pos_app.log", maxBytes=LARGEST, backupCount=5, encoding="utf-8", delay=True
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(utc=True, fmt="iso"),
                allow,
            ],
        )
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "alembic", "keyring", "uvicorn", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(utc=True, fmt="iso"),
            where_it_broke,
            allow,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def tear_down() -> None:
    """Close the file, for a second start in one process (tests)."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, RotatingFileHandler)]:
        root.removeHandler(handler)
        handler.close()
    structlog.reset_defaults()


def allow(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the allowed fields, as short plain values."""
    for name in [name for name in fields if name not in FIELDS and not name.startswith("_")]:
        del fields[name]
    return fields


def where_it_broke(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """An exception as files and lines only: its message may hold what the log must not."""
    import sys
    import traceback

    if fields.pop("exc_info", None):
        frames = traceback.extract_tb(sys.exc_info()[2])
        fields["trace"] = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-8:]
        ]
    return fields
