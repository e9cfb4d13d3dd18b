"""Between the domain's values and the columns that hold them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

from pos_app.domain.bill import Bill
from pos_app.domain.errors import Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, Method, PaymentRequest, Status
from pos_app.domain.watchplan import is_watched
from pos_app.store.cipher import Cipher

Stored = int | str | None
Row = dict[str, Stored]

TAIL: Final = 5  # digits of a mobile number that a cashier searches by
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BILLS: Final = "bills"
_T = TypeVar("_T")


def request_row(request: PaymentRequest) -> Row:
    """The facts of a request as stored values: what its events tell."""
    return {
        "reference": request.reference,
        "bill_reference": request.bill_reference,
        "bill_number": request.bill_number,
        "gateway": request.gateway,
        "method": request.method.value,
        "amount": request.amount.paise,
        "created_at": micros(request.created_at),
        "body_hash": request.body_hash,
        "status": request.status.value,
        "issues": ",".join(sorted(request.issues)),
        "was": request.was and request.was.value,
        "link": plain(request.link),
        "qr_refused": request.qr_refused and request.qr_refused.value,
        "expires_at": request.expires_at and micros(request.expires_at),
        "gateway_ids": json.dumps(dict(request.gateway_ids), sort_keys=True, separators=(",", ":")),
        "told": _paise(request.told),
        "received": _paise(request.received),
        "transaction_id": plain(request.transaction_id),
        "bank_reference": plain(request.bank_reference),
        "reason": request.reason and request.reason.value,
        "words": plain(request.words),
        "ended_at": request.ended_at and micros(request.ended_at),
        "paid_at": request.paid_at and micros(request.paid_at),
        "watch_over": int(request.watch_over),
    }


def request_of(row: Mapping[str, Any]) -> PaymentRequest:
    return PaymentRequest(
        reference=row["reference"],
        bill_reference=row["bill_reference"],
        bill_number=row["bill_number"],
        gateway=row["gateway"],
        method=Method(row["method"]),
        amount=Money(row["amount"]),
        created_at=moment(row["created_at"]),
        body_hash=row["body_hash"],
        status=Status(row["status"]),
        issues=frozenset(map(Issue, row["issues"].split(","))) if row["issues"] else frozenset(),
        was=_maybe(Status, row["was"]),
        link=row["link"],
        qr_refused=_maybe(Reason, row["qr_refused"]),
        expires_at=_maybe(moment, row["expires_at"]),
        gateway_ids=cast("dict[str, str]", json.loads(row["gateway_ids"])),
        told=_maybe(Money, row["told"]),
        received=_maybe(Money, row["received"]),
        transaction_id=row["transaction_id"],
        bank_reference=row["bank_reference"],
        reason=_maybe(Reason, row["reason"]),
        words=row["words"],
        ended_at=_maybe(moment, row["ended_at"]),
        paid_at=_maybe(moment, row["paid_at"]),
        watch_over=bool(row["watch_over"]),
        revision=row["revision"],
    )


def beside(request: PaymentRequest, claim: int | None) -> Row:
    """What stands in a request's row beside its facts: derived from them and from the numbers of its events."""
    return {"claim": claim, "revision": request.revision, "watched": int(is_watched(request))}


def bill_row(bill: Bill, cipher: Cipher) -> Row:
    return {
        "number": bill.number,
        "reference": bill.reference,
        "amount": bill.amount.paise,
        "opened_at": micros(bill.opened_at),
        "mobile": cipher.encrypt(plain(bill.mobile), _BILLS, "mobile", bill.reference),
        "mobile_index": cipher.blind("mobile", bill.mobile),
        "mobile_tail": cipher.blind("mobile tail", bill.mobile[-TAIL:]),
        "note": cipher.encrypt(plain(bill.note), _BILLS, "note", bill.reference),
    }


def bill_of(row: Mapping[str, Any], cipher: Cipher) -> Bill:
    reference: str = row["reference"]
    return Bill(
        reference=reference,
        amount=Money(row["amount"]),
        opened_at=moment(row["opened_at"]),
        number=row["number"],
        mobile=cipher.decrypt(row["mobile"], _BILLS, "mobile", reference),
        note=cipher.decrypt(row["note"], _BILLS, "note", reference),
    )


def micros(when: datetime) -> int:
    """Microseconds since 1970; TypeError for a time without a zone."""
    return (when - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)


def plain(foreign: str) -> str:
    """Foreign text as any database takes it: a gateway's half surrogate or NUL must not lose a payment."""
    return foreign.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _paise(money: Money | None) -> int | None:
    return None if money is None else money.paise


def _maybe(read: Callable[[Any], _T], stored: Stored) -> _T | None:
    return None if stored is None else read(stored)
