"""Reading a `upi://pay` link before it is shown as a QR: what must hold, on decoded values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from pos_app.domain.errors import Reason
from pos_app.domain.money import Money, wire_money

LONGEST_LINK: Final = (
    1200  # bytes, which is what a QR takes; beyond it the modules get too small for a phone at 380 px
)
_HEAD: Final = re.compile(r"upi://pay/?\?(?P<query>[^#]+)", re.IGNORECASE)
_VPA: Final = re.compile(r"[A-Za-z0-9.\-_]{2,256}@[A-Za-z0-9.\-]{2,64}", re.ASCII)
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MONEY_KEYS: Final = frozenset({"am", "mam", "cu", "pa"})


class LinkRefused(ValueError):
    """The link may not be shown; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class UpiLink:
    """A checked link. `text` is what the gateway sent, to be drawn verbatim (it may be signed)."""

    text: str
    payee: str
    amount: Money


def read_upi_link(text: str, amount: Money, pinned_payee: str = "") -> UpiLink:
    """Check a link against its bill. Raises LinkRefused.

    Required (money.md, QR): scheme `upi`, host `pay`, exactly one `am` equal to the bill in paise, `cu`
    absent or INR, `mam` absent or equal to `am`, `pa` as pinned for the shop (empty: any one payee).
    """
    if not text.isprintable() or " " in text or len(text.encode()) > LONGEST_LINK:
        raise LinkRefused(Reason.QR_NOT_UPI)
    head = _HEAD.fullmatch(text)
    if not head:
        raise LinkRefused(Reason.QR_NOT_UPI)
    values = _decoded(head["query"])
    payees = values.get("pa", [])
    if len(payees) != 1 or not _VPA.fullmatch(payees[0]):
        raise LinkRefused(Reason.QR_PAYEE)
    if pinned_payee and payees[0].lower() != pinned_payee.lower():
        raise LinkRefused(Reason.QR_PAYEE)
    if _amounts(values, "am") != [amount]:
        raise LinkRefused(Reason.QR_AMOUNT)
    if "mam" in values and _amounts(values, "mam") != [amount]:
        raise LinkRefused(Reason.QR_AMOUNT)
    if "cu" in values and [currency.upper() for currency in values["cu"]] != ["INR"]:
        raise LinkRefused(Reason.QR_CURRENCY)
    return UpiLink(text=text, payee=payees[0], amount=amount)


def _decoded(query: str) -> dict[str, list[str]]:
    """Keys lower-cased: an app that ignores case must not find a second `AM` that we overlooked."""
    values: dict[str, list[str]] = {}
    for pair in query.split("&"):
        key, equals, value = pair.partition("=")
        name, content = _plain(key).lower(), _plain(value)
        if not equals and name in _MONEY_KEYS:
            raise LinkRefused(Reason.QR_NOT_UPI)
        values.setdefault(name.strip(), []).append(content)
    return values


def _plain(encoded: str) -> str:
    """Percent-decoding only: `+` stays a plus, since UPI apps differ about it."""
    if _PERCENT.search(encoded):
        raise LinkRefused(Reason.QR_NOT_UPI)
    try:
        decoded = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        raise LinkRefused(Reason.QR_NOT_UPI) from None
    if not decoded.isprintable():
        raise LinkRefused(Reason.QR_NOT_UPI)
    return decoded


def _amounts(values: dict[str, list[str]], key: str) -> list[Money | None]:
    return [wire_money(text) for text in values.get(key, [])]
