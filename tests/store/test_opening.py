"""Opening the books: how durable they are, how they grow, and what is said when they can't be used."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pos_app.domain.audit import Actor
from pos_app.domain.errors import BooksTrouble, KeyTrouble
from pos_app.store import upgrade
from pos_app.store.cipher import Cipher
from pos_app.store.engine import durability, open_engine
from pos_app.store.ledger import SqlLedger, open_ledger
from pos_app.store.tables import metadata
from pos_app.store.upgrade import KNOWN, MIGRATIONS, bring_up
from tests.store.sales import KEY, StoppedClock, opened, raw, rows

_SECOND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade():
    with op.batch_alter_table("bills") as bills:
        bills.add_column(sa.Column("counter", sa.String(20), server_default=""))
    {then}
"""


def test_wal_is_used_from_the_version_on_that_does_not_corrupt_it() -> None:
    assert durability((3, 51, 3)) == durability((3, 52, 0)) == ("wal", "FULL")
    assert durability((3, 51, 2)) == durability((3, 40, 1)) == ("delete", "EXTRA")


def test_every_connection_is_durable_and_checks_foreign_keys(path: Path, ledger: SqlLedger) -> None:
    journal, synchronous = durability(sqlite3.sqlite_version_info)
    wanted = {"journal_mode": journal, "foreign_keys": 1, "busy_timeout": 5000}
    wanted["synchronous"] = {"FULL": 2, "EXTRA": 3}[synchronous]
    books = ledger._books
    with books.read() as reader, books.write() as writer:
        for connection in (reader, writer):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
            assert found == wanted


def test_a_write_takes_the_write_lock_before_it_reads(path: Path, ledger: SqlLedger) -> None:
    with ledger._books.write(), raw(path) as other:
        other.execute("PRAGMA busy_timeout=0")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_a_read_that_has_ended_keeps_no_lock(path: Path, ledger: SqlLedger) -> None:
    opened(ledger)
    with ledger._books.read() as reader:
        assert reader.exec_driver_sql("SELECT * FROM events").all()
        with raw(path) as other:
            other.execute("PRAGMA busy_timeout=0")
            other.execute("BEGIN EXCLUSIVE")
            other.execute("ROLLBACK")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_the_owner_reads_the_books(path: Path) -> None:
    path.touch(0o644)
    path.chmod(0o644)
    open_ledger(path, KEY, StoppedClock()).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_migrations_make_the_tables_that_the_program_uses(path: Path, ledger: SqlLedger) -> None:
    with ledger._books.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert tuple(revision.revision for revision in script.walk_revisions())[::-1] == KNOWN


def test_a_first_start_makes_books_without_a_word(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    handlers, level = list(logging.root.handlers), logging.root.level
    books = open_ledger(path, KEY, StoppedClock())
    books.close()
    assert capfd.readouterr() == ("", "")
    assert (logging.root.handlers, logging.root.level) == (handlers, level)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_with_a_strange_name_is_as_good_as_any(tmp_path: Path) -> None:
    folder = tmp_path / "Asha's 100% दुकान ?a=b#c"
    folder.mkdir()
    books = open_ledger(folder / "live.sqlite", KEY, StoppedClock())
    opened(books)
    books.close()
    assert [file.name for file in folder.iterdir()] == ["live.sqlite"]


def test_current_books_are_opened_without_alembic(path: Path, ledger: SqlLedger) -> None:
    ledger.close()
    script = f"""
import sys
from pathlib import Path
from pos_app.domain.clock import SystemClock
from pos_app.store.ledger import open_ledger
open_ledger(Path({str(path)!r}), bytes(range(32)), SystemClock()).close()
assert "alembic" not in sys.modules
assert "sqlalchemy.orm" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)


def test_books_of_a_newer_version_are_left_alone(path: Path, ledger: SqlLedger) -> None:
    ledger.close()
    with raw(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(BooksTrouble, match=r"made by a newer version of this program\. Install the newest"):
        open_ledger(path, KEY, StoppedClock())
    assert path.read_bytes() == before


def test_another_key_is_found_at_once(path: Path, ledger: SqlLedger) -> None:
    opened(ledger)
    ledger.close()
    with pytest.raises(KeyTrouble, match="made with another key") as trouble:
        open_ledger(path, b"x" * 32, StoppedClock())
    assert "x" * 8 not in str(trouble.value)
    with pytest.raises(KeyTrouble, match="wrong length"):
        open_ledger(path, b"x", StoppedClock())


@pytest.mark.parametrize(
    "content", [b"Dear diary, today I sold two kilos of rice." * 50, b"SQLite format 3\0" * 99]
)
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(BooksTrouble, match="damaged, or it holds no books"):
        open_ledger(path, KEY, StoppedClock())
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("CREATE TABLE songs (title)")
    with pytest.raises(BooksTrouble, match="holds no books of this program"):
        open_ledger(path, KEY, StoppedClock())


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(BooksTrouble, match="Check that the folder exists and that you may write there"):
        open_ledger(tmp_path / "gone" / "live.sqlite", KEY, StoppedClock())


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with _nobody(), pytest.raises(BooksTrouble, match="can't be written to"):
            open_ledger(tmp_path / "live.sqlite", KEY, StoppedClock())
    finally:
        tmp_path.chmod(0o700)


@contextmanager
def _nobody() -> Generator[None]:
    """root may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_books_that_became_read_only_are_said(ledger: SqlLedger) -> None:
    ledger._books._writer.exec_driver_sql("PRAGMA query_only=ON")
    ledger._books._writer.commit()
    with pytest.raises(BooksTrouble, match="can't be written to"):
        opened(ledger)


def test_books_that_another_program_holds_are_said(path: Path, ledger: SqlLedger) -> None:
    ledger.close()
    books = open_ledger(path, KEY, StoppedClock(), busy_timeout=20)
    try:
        with raw(path) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(BooksTrouble, match=r"Another program holds the books in training\.sqlite"):
                opened(books)
            with pytest.raises(BooksTrouble, match="Another program holds"):
                books.recent(1)
            with pytest.raises(BooksTrouble, match="Another program holds"):
                open_ledger(path, KEY, StoppedClock(), busy_timeout=20)
            other.execute("ROLLBACK")
        assert opened(books).bill_number == 1
    finally:
        books.close()


def test_a_commit_that_found_the_books_locked_leaves_the_writer_fit(path: Path, ledger: SqlLedger) -> None:
    ledger.close()
    books = open_ledger(path, KEY, StoppedClock(), busy_timeout=20)
    try:
        with raw(path) as other:
            other.execute("BEGIN")
            assert other.execute("SELECT * FROM meta").fetchall()  # in DELETE mode a reader stops the commit
            if durability(sqlite3.sqlite_version_info)[0] == "delete":
                with pytest.raises(BooksTrouble, match="Another program holds"):
                    opened(books)
            other.execute("ROLLBACK")
        assert opened(books).bill_number == 1
        assert books.verify_chain() is None
    finally:
        books.close()


def test_a_full_disk_is_said_and_nothing_is_half_kept(ledger: SqlLedger) -> None:
    writer = ledger._books._writer
    pages = writer.exec_driver_sql("PRAGMA page_count").scalar_one()
    writer.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    writer.commit()
    with pytest.raises(BooksTrouble, match="The disk is full"):
        _open_many(ledger, 100)
    kept = len(ledger.recent(100))
    writer.exec_driver_sql("PRAGMA max_page_count=100000")
    writer.commit()
    assert opened(ledger).bill_number == kept + 1
    assert ledger.verify_chain() is None


def _open_many(ledger: SqlLedger, count: int) -> None:
    for _ in range(count):
        opened(ledger)


def test_an_error_shows_no_value_of_the_statement(path: Path, ledger: SqlLedger) -> None:
    request = opened(ledger)
    with pytest.raises(BooksTrouble) as trouble:
        ledger.add_request(request, Actor.CASHIER)
    assert request.reference not in str(trouble.value) + str(trouble.value.__cause__)


def _second_revision(folder: Path, then: str) -> Path:
    migrations = folder / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    (migrations / "versions" / "0002_second.py").write_text(_SECOND.format(then=then))
    return migrations


def test_an_upgrade_leaves_a_copy_of_the_books_as_they_were(
    path: Path, ledger: SqlLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(ledger)
    ledger.close()
    before = rows(path, "events")
    monkeypatch.setattr(upgrade, "MIGRATIONS", _second_revision(tmp_path / "program", "pass"))
    engine = open_engine(path)
    bring_up(engine, path, Cipher(KEY), ("0001", "0002"))
    engine.dispose()
    copy = tmp_path / "training.before-0002.sqlite"
    assert rows(copy, "events") == before == rows(path, "events")
    assert stat.S_IMODE(copy.stat().st_mode) & 0o077 == 0 or os.name != "posix"
    assert rows(path, "alembic_version") == [{"version_num": "0002"}]
    assert rows(copy, "alembic_version") == [{"version_num": "0001"}]
    assert not list(tmp_path.glob("*.part*"))


def test_an_upgrade_that_breaks_off_leaves_the_books_as_they_were(
    path: Path, ledger: SqlLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(ledger)
    ledger.close()
    broken = _second_revision(tmp_path / "program", "raise ZeroDivisionError")
    monkeypatch.setattr(upgrade, "MIGRATIONS", broken)
    engine = open_engine(path)
    with pytest.raises(ZeroDivisionError):
        bring_up(engine, path, Cipher(KEY), ("0001", "0002"))
    engine.dispose()
    assert "counter" not in rows(path, "bills")[0]
    books = open_ledger(path, KEY, StoppedClock())
    assert opened(books).bill_number == 2
    books.close()
