"""The tables: bills, payment requests, events, and what the books say about themselves."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

# Money is integer paise, a time is integer microseconds since 1970 in UTC: exact in every dialect.
# Texts that may be missing are empty, so that a NULL is always a missing number, time or word.
WHOLE: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite's own row number is an INTEGER

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WATCHED: Final = "watched = 1"


def _where(name: str, *columns: str, condition: str, unique: bool = False) -> Index:
    words = text(condition)
    return Index(name, *columns, unique=unique, sqlite_where=words, postgresql_where=words)


bills: Final = Table(
    "bills",
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),
    Column("reference", String(40), nullable=False, unique=True),
    Column("amount", WHOLE, nullable=False),
    Column("opened_at", WHOLE, nullable=False),
    Column("mobile", Text, nullable=False),  # encrypted
    Column("mobile_index", String(64), nullable=False),  # keyed: the whole number
    Column("mobile_tail", String(64), nullable=False),  # keyed: the last five digits
    Column("note", Text, nullable=False),  # encrypted: people write names into it
    _where("ix_bills_mobile_index", "mobile_index", condition="mobile_index <> ''"),
    _where("ix_bills_mobile_tail", "mobile_tail", condition="mobile_tail <> ''"),
)

payment_requests: Final = Table(
    "payment_requests",
    metadata,
    # The number of the event that opened it: the order of opening, whatever the wall clock did.
    Column("entry", WHOLE, primary_key=True, autoincrement=False),
    Column("reference", String(40), nullable=False, unique=True),
    Column("bill_reference", String(40), ForeignKey("bills.reference"), nullable=False, index=True),
    Column("bill_number", WHOLE, nullable=False),
    Column("gateway", String(40), nullable=False),
    Column("method", String(10), nullable=False),
    Column("amount", WHOLE, nullable=False),
    Column("created_at", WHOLE, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("issues", Text, nullable=False),  # sorted, with commas between
    Column("was", String(20)),
    Column("link", Text, nullable=False),
    Column("qr_refused", String(40)),
    Column("expires_at", WHOLE),
    Column("gateway_ids", Text, nullable=False),  # JSON
    Column("told", WHOLE),
    Column("received", WHOLE),
    Column("transaction_id", Text, nullable=False),
    Column("bank_reference", Text, nullable=False),
    Column("reason", String(40)),
    Column("words", Text, nullable=False),
    Column("ended_at", WHOLE),
    Column("paid_at", WHOLE),
    Column("watch_over", WHOLE, nullable=False),  # 0 or 1
    # The number of the event that brought the transaction id: of two claims the earlier one counts.
    Column("claim", WHOLE),
    Column("revision", WHOLE, nullable=False),  # the number of its last event
    Column("watched", WHOLE, nullable=False),  # 0 or 1: watchplan.is_watched of this row
    _where("ix_payment_requests_watched", "entry", condition=WATCHED),
    _where("ix_payment_requests_transaction", "transaction_id", condition="transaction_id <> ''"),
    # One gateway transaction pays for one request: the last guard behind Kin.
    _where(
        "uq_payment_requests_paid_once",
        "gateway",
        "transaction_id",
        condition="status = 'PAID' AND transaction_id <> ''",
        unique=True,
    ),
)

events: Final = Table(
    "events",
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),
    Column("at", WHOLE, nullable=False),
    Column("actor", String(20), nullable=False),
    Column("thing", String(20), nullable=False),  # the kind of thing that the reference names
    Column("reference", String(40), nullable=False, index=True),
    Column("why", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON: column → stored value
    Column("mac", String(64), nullable=False),
)

meta: Final = Table(
    "meta",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
KEY_CHECK: Final = "key check"
CHAIN_HEAD: Final = "chain head"
