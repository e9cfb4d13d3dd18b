"""Bringing a database file to the tables that this program knows, with a copy kept beside it."""

from __future__ import annotations

import hmac
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, insert, inspect, select

from pos_app.domain.errors import BooksTrouble, KeyTrouble
from pos_app.store.cipher import Cipher
from pos_app.store.engine import WRITES, own
from pos_app.store.journal import first_head
from pos_app.store.tables import CHAIN_HEAD, KEY_CHECK, meta
from pos_app.store.trouble import NEWER, NOT_BOOKS, in_words

MIGRATIONS: Final = Path(__file__).parent / "migrations"
# All revisions in order. Kept here too, so that opening current books need not import Alembic (76 ms).
KNOWN: Final = ("0001",)


def bring_up(engine: Engine, path: Path, cipher: Cipher, known: tuple[str, ...] = KNOWN) -> None:
    """Make or upgrade the tables; nothing happens when they are current.

    Raises BooksTrouble for a file that is not ours or newer, KeyTrouble for books of another key.
    """
    with in_words(path), engine.connect() as connection:
        revision = _revision(connection, path)
        if revision and revision not in known:
            raise BooksTrouble(NEWER.format(name=path.name))
        if revision:
            _check_key(connection, path, cipher)
    if revision == known[-1]:
        return
    with in_words(path):
        if revision:
            _copy(path, known[-1])
        _upgrade(engine, cipher, fresh=not revision)


def _revision(connection: Connection, path: Path) -> str:
    """Empty for an empty file."""
    names = inspect(connection).get_table_names()
    if not names:
        return ""
    rows: list[str] = []
    if "alembic_version" in names:
        rows = list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())
    if len(rows) != 1:
        raise BooksTrouble(NOT_BOOKS.format(name=path.name))
    return rows[0]


def _check_key(connection: Connection, path: Path, cipher: Cipher) -> None:
    kept = connection.execute(select(meta.c.value).where(meta.c.key == KEY_CHECK)).scalar_one_or_none()
    if kept is None:
        raise BooksTrouble(NOT_BOOKS.format(name=path.name))
    if not hmac.compare_digest(kept.encode(), cipher.key_check().encode()):
        raise KeyTrouble(
            f"The books in {path.name} were made with another key than the one found on this computer. "
            "Put back the key they were made with, or ask for help; nothing was changed."
        )


def _copy(path: Path, target: str) -> None:
    """A whole copy of the books as they are before the upgrade; a copy that breaks off never has its name."""
    part = path.with_name(f"{path.stem}.before-{target}.part")
    part.unlink(missing_ok=True)
    own(part)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
    with part.open("r+b") as file:
        os.fsync(file.fileno())
    part.replace(part.with_suffix(".sqlite"))


def _upgrade(engine: Engine, cipher: Cipher, *, fresh: bool) -> None:
    """All in one transaction: a stop in between leaves the books as they were."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # a Config reads % as the start of a variable
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.connect() as connection:
        connection.detach()  # it is closed and not reused: its foreign keys are off, for tables rebuilt in batch mode
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        writer = connection.execution_options(**WRITES)
        with writer.begin():
            config.attributes["connection"] = writer
            command.upgrade(config, "head")
            if writer.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise BooksTrouble("The books could not be upgraded, and nothing was changed. Ask for help.")
            if fresh and not writer.execute(select(meta.c.key)).first():
                writer.execute(
                    insert(meta),
                    [
                        {"key": KEY_CHECK, "value": cipher.key_check()},
                        {"key": CHAIN_HEAD, "value": first_head().sealed(cipher)},
                    ],
                )
