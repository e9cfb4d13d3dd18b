"""The way to one SQLite file: how it is opened, how durable a commit is, when a transaction begins."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from pos_app.domain.errors import BooksTrouble
from pos_app.store.trouble import LOCKED, in_words

BUSY_TIMEOUT: Final = 5000  # milliseconds that one connection waits for another
BEGIN: Final = "begin"  # the execution option that names how a transaction begins
WRITES: Final = {BEGIN: "BEGIN IMMEDIATE"}
READERS: Final = 16  # more threads than the app has
_WAL_IS_SAFE: Final = (3, 51, 3)


def durability(version: tuple[int, ...]) -> tuple[str, str]:
    """Journal mode and synchronous level for a version of SQLite (money.md, Storage).

    Before 3.51.3 a reset of the WAL could corrupt the file.
    """
    return ("wal", "FULL") if version >= _WAL_IS_SAFE else ("delete", "EXTRA")


def open_engine(path: Path, busy_timeout: int = BUSY_TIMEOUT) -> Engine:
    """An engine on the file, made with mode 0600 where it is missing. Raises BooksTrouble.

    A connection begins no transaction by itself, so a single SELECT holds its lock only until its rows
    are fetched; with the execution options WRITES a transaction takes the write lock at once.
    """
    with in_words(path):
        own(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        # isolation_level None switches off the driver's own transactions: SQLAlchemy's recipe, see
        # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
        connect_args={"timeout": busy_timeout / 1000, "isolation_level": None},
        pool_size=4,
        max_overflow=READERS - 4,
        hide_parameters=True,
    )

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin)
    return engine


def own(path: Path) -> None:
    """Make the file where it is missing; nobody else may read it. SQLite gives its journals the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    journal, synchronous = durability(sqlite3.sqlite_version_info)
    (got,) = connection.execute(f"PRAGMA journal_mode={journal}").fetchone()
    if got != journal:  # another program keeps the file in its mode
        raise BooksTrouble(LOCKED.format(name=path.name))
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    if words := options.get(BEGIN):
        connection.exec_driver_sql(str(words))
