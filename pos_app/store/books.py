"""The open database: one writer behind a lock, readers that fetch whole pages and go."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, Executable

from pos_app.domain.errors import BooksTrouble
from pos_app.store.engine import WRITES
from pos_app.store.trouble import CLOSED, in_words

_LAST_PAGES: Final = 5.0  # seconds that closing waits for readers


def fetched(connection: Connection, statement: Executable, **values: object) -> list[dict[str, Any]]:
    """All rows at once, as plain dicts: they are read faster than SQLAlchemy's mappings."""
    result = connection.execute(statement, values)
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.all()]


class Books:
    """Owns the engine. Raises BooksTrouble for whatever the database raises, and after close()."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self.path: Final = path
        self._engine = engine
        self._writing = Lock()
        self._reading = Condition()
        self._readers = 0
        self._open = True
        with in_words(path):
            self._writer = engine.connect().execution_options(**WRITES)

    @contextmanager
    def write(self) -> Generator[Connection]:
        """One transaction, durable when the block has ended, undone when it raises. Not reentrant."""
        with self._writing, in_words(self.path):
            if not self._open:
                raise BooksTrouble(CLOSED)
            try:
                with self._writer.begin():
                    yield self._writer
            except BaseException:
                # SQLAlchemy takes a COMMIT that failed for the end of the transaction, but SQLite keeps it
                # open when it was only busy: the next BEGIN would fail, and every one after it
                self._writer.connection.rollback()
                raise

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A connection for one page: fetch all of it inside the block, since an open cursor stops the writer."""
        with self._reading:
            if not self._open:
                raise BooksTrouble(CLOSED)
            self._readers += 1
        try:
            with in_words(self.path), self._engine.connect() as connection:
                yield connection
        finally:
            with self._reading:
                self._readers -= 1
                self._reading.notify_all()

    def close(self) -> None:
        """Let the running write and reads end, then close every connection. A second call does nothing."""
        with self._writing, self._reading:
            if not self._open:
                return
            self._open = False
            self._reading.wait_for(lambda: not self._readers, _LAST_PAGES)
            self._writer.close()
            self._engine.dispose()
