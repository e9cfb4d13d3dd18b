"""A bill: what the customer owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pos_app.domain.errors import InputRefused, Refusal
from pos_app.domain.money import Money, read_amount
from pos_app.domain.people import read_mobile

NOTE_LENGTH: Final = 60
_JOINERS: Final = {0x200C: None, 0x200D: None}  # Indian scripts join letters with them


@dataclass(frozen=True, slots=True)
class Sale:
    """What the cashier typed for one bill, checked. `mobile` is ten digits or empty."""

    amount: Money
    mobile: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Bill:
    """`number` counts within one data folder and mode from 1; 0 until the ledger has given it."""

    reference: str
    amount: Money
    opened_at: datetime
    number: int = 0
    mobile: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


def read_sale(amount: str, mobile: str = "", note: str = "") -> Sale:
    """Check the three fields of the counter. Raises InputRefused for the first that can't be taken."""
    money = read_amount(amount)
    digits = read_mobile(mobile)
    words = " ".join(note.split())
    if len(words) > NOTE_LENGTH:
        raise InputRefused(Refusal.NOTE_TOO_LONG, str(NOTE_LENGTH))
    if not words.translate(_JOINERS).isprintable():
        raise InputRefused(Refusal.NOTE_UNREADABLE)
    return Sale(amount=money, mobile=digits, note=words)
