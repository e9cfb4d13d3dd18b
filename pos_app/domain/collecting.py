"""How a payment request moves: the collecting table of money.md as pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pos_app.domain.errors import Reason
from pos_app.domain.payment import (
    HOLDS_GOODS,
    OVER,
    Issue,
    PaymentRequest,
    Said,
    Sighting,
    Status,
    with_issues,
)

UNPROVEN_GRACE: Final = timedelta(seconds=60)  # CONFIRMING that never proves ends this long after expires_at
OPENING_LIFETIME: Final = timedelta(minutes=10)  # an opening without an expiry of its own


@dataclass(frozen=True, slots=True)
class Kin:
    """What the ledger knows beside the request: whether its bill is paid by another request, and whether
    this gateway transaction already paid for another request."""

    bill_paid: bool = False
    transaction_used: bool = False


ALONE: Final = Kin()
Move = Callable[[PaymentRequest, Sighting, datetime, Kin], PaymentRequest]


def begin(request: PaymentRequest, body_hash: str) -> PaymentRequest:
    """NEW → OPENING: the intent, with the hash of the bytes that will be sent."""
    if request.status is not Status.NEW:
        return request
    return replace(request, status=Status.OPENING, body_hash=body_hash)


def cancel(request: PaymentRequest, now: datetime) -> PaymentRequest:
    """The cashier cancels: nothing payable is shown any more, and it is watched on. Seen money can't be cancelled."""
    if request.status not in {Status.OPENING, Status.AWAITING}:
        return request
    return replace(request, status=Status.CANCELLED, ended_at=now)


def keep_ids(request: PaymentRequest, gateway_ids: dict[str, str], now: datetime) -> PaymentRequest:
    """Ids of a half-done opening, so that it can be asked about after a crash. `now` is the gateway's time."""
    return replace(
        request,
        gateway_ids={**request.gateway_ids, **gateway_ids},
        expires_at=request.expires_at or now + OPENING_LIFETIME,
    )


def apply(request: PaymentRequest, sighting: Sighting, now: datetime, kin: Kin = ALONE) -> PaymentRequest:
    """What the request is after the gateway said this. Pure, total, idempotent.

    Unknown words change nothing, received money never falls, PAID is never undone. `now` is the gateway's
    time, aware UTC.
    """
    move = _MOVES.get((request.status, sighting.said))
    return move(request, sighting, now, kin) if move else request


def _present(request: PaymentRequest, sighting: Sighting, _now: datetime, _kin: Kin) -> PaymentRequest:
    ticket = sighting.ticket
    if ticket is None:
        return request
    return replace(
        _informed(request, sighting), status=Status.AWAITING, link=ticket.link, expires_at=ticket.expires_at
    )


def _present_refused(request: PaymentRequest, sighting: Sighting, now: datetime, _kin: Kin) -> PaymentRequest:
    awaiting = replace(
        _informed(request, sighting),
        status=Status.AWAITING,
        qr_refused=sighting.reason or Reason.QR_NOT_UPI,
        expires_at=sighting.ticket.expires_at if sighting.ticket else now,
    )
    return with_issues(awaiting, Issue.MISMATCH)


def _remember_ticket(
    request: PaymentRequest, sighting: Sighting, _now: datetime, _kin: Kin
) -> PaymentRequest:
    """A ticket that comes too late to be shown: it says what to ask by and until when, and whether it was refused."""
    informed = _informed(request, sighting)
    if sighting.said is Said.TICKET_REFUSED:
        refused = replace(informed, qr_refused=sighting.reason or Reason.QR_NOT_UPI)
        informed = with_issues(refused, Issue.MISMATCH)
    return replace(informed, expires_at=sighting.ticket.expires_at) if sighting.ticket else informed


def _note_trouble(request: PaymentRequest, sighting: Sighting, _now: datetime, _kin: Kin) -> PaymentRequest:
    return replace(_informed(request, sighting), reason=sighting.reason, words=sighting.words)


def _end(status: Status) -> Move:
    def end(request: PaymentRequest, sighting: Sighting, now: datetime, _kin: Kin) -> PaymentRequest:
        return replace(
            _informed(request, sighting),
            status=status,
            reason=sighting.reason,
            words=sighting.words,
            ended_at=now,
        )

    return end


def _still_unpaid(request: PaymentRequest, sighting: Sighting, now: datetime, _kin: Kin) -> PaymentRequest:
    """The clock alone decides nothing: only an answer obtained after the expiry that still says unpaid ends it."""
    deadline = request.expires_at or request.created_at + OPENING_LIFETIME
    if sighting.at <= deadline:
        return request
    return replace(request, status=Status.EXPIRED, ended_at=now)


def _success_seen(request: PaymentRequest, sighting: Sighting, now: datetime, kin: Kin) -> PaymentRequest:
    seen = replace(
        _informed(request, sighting),
        status=Status.CONFIRMING,
        was=request.status,
        watch_over=False,
        reason=None,
        words="",
    )
    return _settle(seen, sighting, now, kin)


def _settle(request: PaymentRequest, sighting: Sighting, now: datetime, kin: Kin) -> PaymentRequest:
    """CONFIRMING and a success: a proof may release the goods, a hint may only hold them."""
    ours = sighting.proven and not sighting.differs and not kin.transaction_used
    weighed = _weigh(_informed(request, sighting), sighting, lifts=ours and sighting.amount is not None)
    if not sighting.proven:
        return weighed
    if sighting.differs or kin.transaction_used or request.qr_refused:
        return replace(with_issues(weighed, Issue.MISMATCH), reason=sighting.reason or Reason.OTHER_ORDER)
    weighed = with_issues(weighed, less=frozenset({Issue.MISMATCH, Issue.UNCONFIRMED}))
    if weighed.issues & HOLDS_GOODS or weighed.received != request.amount:
        return weighed
    late = (Issue.LATE,) if request.was in OVER else ()
    twice = (Issue.PAID_TWICE,) if kin.bill_paid else ()
    return with_issues(
        replace(weighed, status=Status.PAID, paid_at=now, ended_at=None, reason=None, words=""), *late, *twice
    )


def _weigh(request: PaymentRequest, sighting: Sighting, *, lifts: bool) -> PaymentRequest:
    """Compare what was received with the bill. A proof that names no amount agrees with the bill, unless an
    amount was named before. A hint may lay UNDERPAID, only a proof of ours that names the amount `lifts` it;
    more than the bill, once named, stays.
    """
    told = sighting.amount or request.told or (request.amount if sighting.proven else None)
    if told is None:
        return request
    received = max(told, request.received or told)
    short = told < request.amount or (Issue.UNDERPAID in request.issues and not lifts)
    over = received > request.amount
    kept = request.issues - {Issue.UNDERPAID, Issue.OVERPAID}
    issues = {issue for issue, holds in ((Issue.UNDERPAID, short), (Issue.OVERPAID, over)) if holds}
    return replace(request, told=told, received=received, issues=kept | issues)


def _unproven(request: PaymentRequest, sighting: Sighting, now: datetime, _kin: Kin) -> PaymentRequest:
    """The confirming call says unpaid. Goods stay; it ends as EXPIRED, watched, when the gateway had its time."""
    if not sighting.proven:
        return request
    doubted = replace(
        with_issues(request, Issue.UNCONFIRMED),
        reason=sighting.reason,
        words=sighting.words,
    )
    deadline = (request.expires_at or request.created_at + OPENING_LIFETIME) + UNPROVEN_GRACE
    if doubted.issues & HOLDS_GOODS or sighting.at < deadline:
        return doubted
    return replace(doubted, status=Status.EXPIRED, was=None, ended_at=request.ended_at or now)


def _unasked(request: PaymentRequest, sighting: Sighting, _now: datetime, _kin: Kin) -> PaymentRequest:
    """The confirming call can't be made: unconfirmed, whatever the hour."""
    if not sighting.proven:
        return request
    return replace(
        with_issues(request, Issue.UNCONFIRMED),
        reason=sighting.reason,
        words=sighting.words,
    )


def _informed(request: PaymentRequest, sighting: Sighting) -> PaymentRequest:
    """Ids are added and never replaced, but that the proof's transaction is the one that paid."""
    proven = sighting.transaction_id if sighting.proven else ""
    return replace(
        request,
        gateway_ids={**sighting.gateway_ids, **request.gateway_ids},
        transaction_id=proven or request.transaction_id or sighting.transaction_id,
        bank_reference=request.bank_reference or sighting.bank_reference,
    )


_MOVES: Final[dict[tuple[Status, Said], Move]] = {
    (Status.OPENING, Said.TICKET): _present,
    (Status.OPENING, Said.TICKET_REFUSED): _present_refused,
    (Status.OPENING, Said.LOST): _note_trouble,
    (Status.OPENING, Said.NOT_MADE): _end(Status.FAILED),
    (Status.OPENING, Said.REJECTED): _end(Status.FAILED),
    (Status.OPENING, Said.UNPAID): _still_unpaid,
    (Status.OPENING, Said.FAILED): _end(Status.FAILED),
    (Status.OPENING, Said.EXPIRED): _end(Status.EXPIRED),
    (Status.OPENING, Said.PAID): _success_seen,
    (Status.AWAITING, Said.UNPAID): _still_unpaid,
    (Status.AWAITING, Said.FAILED): _end(Status.FAILED),
    (Status.AWAITING, Said.EXPIRED): _end(Status.EXPIRED),
    (Status.AWAITING, Said.PAID): _success_seen,
    (Status.CONFIRMING, Said.PAID): _settle,
    (Status.CONFIRMING, Said.UNPAID): _unproven,
    (Status.CONFIRMING, Said.FAILED): _unproven,
    (Status.CONFIRMING, Said.EXPIRED): _unproven,
    (Status.CONFIRMING, Said.UNCLEAR): _unasked,
    (Status.CONFIRMING, Said.SILENT): _unasked,
    (Status.EXPIRED, Said.PAID): _success_seen,
    (Status.CANCELLED, Said.PAID): _success_seen,
    (Status.FAILED, Said.PAID): _success_seen,
}
_TOO_LATE_TO_SHOW: Final = (Status.CONFIRMING, Status.EXPIRED, Status.CANCELLED, Status.FAILED)
for _status in _TOO_LATE_TO_SHOW:
    _MOVES[_status, Said.TICKET] = _MOVES[_status, Said.TICKET_REFUSED] = _remember_ticket
