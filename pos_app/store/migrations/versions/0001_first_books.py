"""First books: bills, payment requests, chained events, and the rules that the database itself keeps.

Written out and never changed again: a later revision that rebuilds a table (batch mode drops its triggers)
has to make its triggers anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# money.md, Collecting: from → to. One look may make two moves, such as CANCELLED → CONFIRMING → EXPIRED.
LEGAL_MOVES = {
    "NEW": ("OPENING",),
    "OPENING": ("AWAITING", "CONFIRMING", "PAID", "EXPIRED", "CANCELLED", "FAILED"),
    "AWAITING": ("CONFIRMING", "PAID", "EXPIRED", "CANCELLED", "FAILED"),
    "CONFIRMING": ("PAID", "EXPIRED"),
    "EXPIRED": ("CONFIRMING", "PAID"),
    "CANCELLED": ("CONFIRMING", "PAID", "EXPIRED"),
    "FAILED": ("CONFIRMING", "PAID", "EXPIRED"),
}
FIRST = ("NEW", "OPENING")
KEPT_IN_REQUESTS = (
    "entry",
    "reference",
    "bill_reference",
    "bill_number",
    "gateway",
    "method",
    "amount",
    "created_at",
)
KEPT_IN_BILLS = ("number", "reference", "amount", "opened_at")


def upgrade() -> None:
    _bills()
    _payment_requests()
    _events()
    op.create_table(
        "meta",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in sqlite_triggers():
            op.execute(sa.DDL(trigger.replace("%", "%%")))


def _bills() -> None:
    op.create_table(
        "bills",
        sa.Column("number", WHOLE, autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("opened_at", WHOLE, nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("mobile_index", sa.String(64), nullable=False),
        sa.Column("mobile_tail", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_bills"),
        sa.UniqueConstraint("reference", name="uq_bills_reference"),
    )
    _index("ix_bills_mobile_index", "bills", ["mobile_index"], "mobile_index <> ''")
    _index("ix_bills_mobile_tail", "bills", ["mobile_tail"], "mobile_tail <> ''")


def _payment_requests() -> None:
    op.create_table(
        "payment_requests",
        sa.Column("entry", WHOLE, autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("bill_reference", sa.String(40), nullable=False),
        sa.Column("bill_number", WHOLE, nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("issues", sa.Text(), nullable=False),
        sa.Column("was", sa.String(20)),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("qr_refused", sa.String(40)),
        sa.Column("expires_at", WHOLE),
        sa.Column("gateway_ids", sa.Text(), nullable=False),
        sa.Column("told", WHOLE),
        sa.Column("received", WHOLE),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("ended_at", WHOLE),
        sa.Column("paid_at", WHOLE),
        sa.Column("watch_over", WHOLE, nullable=False),
        sa.Column("claim", WHOLE),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("watched", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_payment_requests"),
        sa.UniqueConstraint("reference", name="uq_payment_requests_reference"),
        sa.ForeignKeyConstraint(
            ["bill_reference"], ["bills.reference"], name="fk_payment_requests_bill_reference"
        ),
    )
    op.create_index("ix_payment_requests_bill_reference", "payment_requests", ["bill_reference"])
    _index("ix_payment_requests_watched", "payment_requests", ["entry"], "watched = 1")
    _index("ix_payment_requests_transaction", "payment_requests", ["transaction_id"], "transaction_id <> ''")
    _index(
        "uq_payment_requests_paid_once",
        "payment_requests",
        ["gateway", "transaction_id"],
        "status = 'PAID' AND transaction_id <> ''",
        unique=True,
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("number", WHOLE, autoincrement=False, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("actor", sa.String(20), nullable=False),
        sa.Column("thing", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_events"),
    )
    op.create_index("ix_events_reference", "events", ["reference"])


def _index(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    words = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=words, postgresql_where=words)


def sqlite_triggers() -> list[str]:
    """An INSERT OR REPLACE deletes without a DELETE trigger: hence the guards before INSERT."""
    moves = ", ".join(f"'{old}>{new}'" for old, news in LEGAL_MOVES.items() for new in news)
    first = ", ".join(f"'{status}'" for status in FIRST)
    return [
        _refuse("events_no_change", "UPDATE ON events", "1", "an event is never changed"),
        _refuse("events_no_delete", "DELETE ON events", "1", "an event is never removed"),
        _refuse(
            "events_no_replace", "INSERT ON events", _known("events", "number"), "an event is never replaced"
        ),
        _refuse("bills_no_delete", "DELETE ON bills", "1", "a bill is never removed"),
        _refuse(
            "bills_no_replace",
            "INSERT ON bills",
            f"{_known('bills', 'number')} OR {_known('bills', 'reference')}",
            "a bill is never replaced",
        ),
        _refuse(
            "bills_kept", "UPDATE ON bills", _differ(KEPT_IN_BILLS), "a bill keeps its number and amount"
        ),
        _refuse("requests_no_delete", "DELETE ON payment_requests", "1", "a request is never removed"),
        _refuse(
            "requests_no_replace",
            "INSERT ON payment_requests",
            f"{_known('payment_requests', 'entry')} OR {_known('payment_requests', 'reference')}",
            "a request is never replaced",
        ),
        _refuse(
            "requests_first_status",
            "INSERT ON payment_requests",
            f"NEW.status NOT IN ({first})",
            "a request begins before it is asked for",
        ),
        _refuse(
            "requests_legal_moves",
            "UPDATE ON payment_requests",
            f"NEW.status IS NOT OLD.status AND OLD.status || '>' || NEW.status NOT IN ({moves})",
            "a request can't move so",
        ),
        _refuse(
            "requests_kept",
            "UPDATE ON payment_requests",
            _differ(KEPT_IN_REQUESTS),
            "a request keeps its reference, bill, gateway and amount",
        ),
        _refuse(
            "requests_body_hash",
            "UPDATE ON payment_requests",
            "OLD.body_hash <> '' AND NEW.body_hash IS NOT OLD.body_hash",
            "a request keeps its body hash",
        ),
        _refuse(
            "requests_received",
            "UPDATE ON payment_requests",
            "OLD.received IS NOT NULL AND (NEW.received IS NULL OR NEW.received < OLD.received)",
            "received money never falls",
        ),
    ]


def _refuse(name: str, before: str, when: str, words: str) -> str:
    quoted = words.replace("'", "''")
    return f"CREATE TRIGGER {name} BEFORE {before} WHEN {when} BEGIN SELECT RAISE(ABORT, '{quoted}'); END"


def _known(table: str, column: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE {column} = NEW.{column})"  # noqa: S608 (our own names)


def _differ(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
