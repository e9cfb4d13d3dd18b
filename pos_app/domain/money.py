"""Money: whole paise, read strictly from people and from gateways, written the Indian way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pos_app.domain.errors import InputRefused, Refusal

_TYPED: Final = re.compile(r"(?P<rupees>[0-9]{1,400})(?:\.(?P<paise>[0-9]*))?", re.ASCII)
_GROUPED: Final = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}(?:\.[0-9]*)?", re.ASCII)
_WIRE: Final = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,8})?", re.ASCII)
_WIRE_MAGNITUDE: Final = 15
_WIRE_LARGEST: Final = 10**13


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of Indian rupees in whole paise. Never a float, never a bool (money.md, Amounts)."""

    paise: int

    def __post_init__(self) -> None:
        if type(self.paise) is not int:
            msg = f"Money takes whole paise as int, not {type(self.paise).__name__}"
            raise TypeError(msg)

    def rupees(self) -> Decimal:
        """The amount in rupees with exactly two decimals."""
        return Decimal(self.paise).scaleb(-2)

    def plain(self) -> str:
        """Rupees as a gateway reads them: `1250.00`."""
        sign = "-" if self.paise < 0 else ""
        return f"{sign}{abs(self.paise) // 100}.{abs(self.paise) % 100:02d}"

    def grouped(self) -> str:
        """Rupees as an Indian reads them: `12,34,567.50`."""
        whole, _, fraction = self.plain().lstrip("-").partition(".")
        head, tail = whole[:-3], whole[-3:]
        pairs: list[str] = []
        while head:
            head, pair = head[:-2], head[-2:]
            pairs.insert(0, pair)
        return ("-" if self.paise < 0 else "") + ",".join([*pairs, tail]) + "." + fraction

    def __str__(self) -> str:
        text = self.grouped()
        return f"-₹{text[1:]}" if text.startswith("-") else f"₹{text}"


COUNTER_MIN: Final = Money(100)  # screens.md: amounts at the counter, ₹1.00 to ₹5,00,000.00
COUNTER_MAX: Final = Money(5_00_000_00)


def read_amount(text: str, least: Money = COUNTER_MIN, most: Money = COUNTER_MAX) -> Money:
    """What a cashier typed, in rupees. Raises InputRefused with the reason.

    ASCII digits decide before any number type sees the text: Decimal alone would take `NaN`, `1e3`,
    `1_000` and digits of other scripts.
    """
    typed = text.strip().removeprefix("₹").strip()
    if not typed:
        raise InputRefused(Refusal.AMOUNT_EMPTY)
    if typed.startswith("-"):
        raise InputRefused(Refusal.AMOUNT_NEGATIVE)
    if _GROUPED.fullmatch(typed):
        typed = typed.replace(",", "")
    match = _TYPED.fullmatch(typed)
    if not match:
        raise InputRefused(Refusal.AMOUNT_NOT_A_NUMBER)
    fraction = match["paise"] or ""
    if len(fraction) > 2:  # noqa: PLR2004 (a rupee has a hundred paise)
        raise InputRefused(Refusal.AMOUNT_DECIMALS)
    money = Money(int(match["rupees"]) * 100 + int(fraction.ljust(2, "0")))
    if money < least:
        raise InputRefused(Refusal.AMOUNT_TOO_SMALL, str(least))
    if money > most:
        raise InputRefused(Refusal.AMOUNT_TOO_LARGE, str(most))
    return money


def wire_money(value: object) -> Money | None:
    """Rupees as a gateway wrote them, text or number; None when that is no exact amount of paise.

    Accepts `"100.50"`, `100`, `Decimal("100.5")` and trailing zeros; refuses signs, exponents in text,
    NaN, floats, bools and parts of a paisa.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > _WIRE_MAGNITUDE:
            return None  # before anything writes out the digits of 1E+999999999
        value = format(value, "f")
    if isinstance(value, int) and not 0 <= value <= _WIRE_LARGEST:
        return None
    text = str(value)
    if not _WIRE.fullmatch(text):
        return None
    scaled = Decimal(text).scaleb(2)
    whole = int(scaled)
    return Money(whole) if scaled == whole else None
