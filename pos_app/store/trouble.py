"""What went wrong with the books, in a sentence for the person at the till."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pos_app.domain.errors import BooksTrouble

CLOSED: Final = "The books are closed because the program is stopping. Start it again to go on."
CHANGED_OUTSIDE: Final = (
    "The books in {name} were changed outside of this program, so nothing more is written into them. "
    "Put back the last backup, or ask for help."
)
NEWER: Final = (
    "The books in {name} were made by a newer version of this program. "
    "Install the newest version and start again; nothing was changed."
)
NOT_BOOKS: Final = (
    "The file {name} is damaged, or it holds no books of this program. "
    "Put back the last backup, or ask for help; nothing was changed."
)
LOCKED: Final = (
    "Another program holds the books in {name}. Close the other program, or wait a moment, and try again."
)
_FULL: Final = "The disk is full, so the books can't be kept. Free some space on this computer and try again."
_UNWRITABLE: Final = (
    "The books can't be written to {path}. Check that the folder exists and that you may write there, "
    "then start again."
)
_DISK: Final = (
    "The disk with the books ({path}) does not read or write properly. Check the disk, then start again."
)
_REFUSED: Final = "The books refused a change that their rules don't allow. Nothing was changed; please report it ({detail})."
_OTHER: Final = (
    "The books in {name} can't be used. Start the program again; if it stays so, ask for help ({detail})."
)

# SQLite's primary result codes: https://www.sqlite.org/rescode.html
_SENTENCES: Final = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_CORRUPT: NOT_BOOKS,
    sqlite3.SQLITE_NOTADB: NOT_BOOKS,
    sqlite3.SQLITE_CONSTRAINT: _REFUSED,
}
_PRIMARY: Final = 0xFF


@contextmanager
def in_words(path: Path) -> Generator[None]:
    """Turn what the database or the file system raises into BooksTrouble."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise BooksTrouble(_sentence(path, cause)) from error
    except OSError as error:
        raise BooksTrouble(_UNWRITABLE.format(path=path)) from error


def _sentence(path: Path, cause: BaseException | None) -> str:
    code = getattr(cause, "sqlite_errorcode", None)  # absent where Python itself raised
    words = _SENTENCES.get(code & _PRIMARY, _OTHER) if isinstance(code, int) else _OTHER
    # only SQLite's own message: SQLAlchemy's text would carry the statement and its values
    detail = str(cause) if isinstance(cause, sqlite3.Error) else type(cause).__name__
    return words.format(path=path, name=path.name, detail=detail)
