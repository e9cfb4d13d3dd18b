"""What the payment card and the recent sales show: pure functions of a request and the gateway's time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pos_app.domain.errors import InputRefused, Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, PaymentRequest
from pos_app.ui.counter.actions import Can
from pos_app.ui.meaning import Meaning
from pos_app.ui.words import (
    ACTIONS,
    ALARM,
    ASKING,
    AWAY,
    BOOKS_AWAY,
    GATEWAY_FAILED,
    LAST_CHECK,
    NO_QR,
    OPENING_UNKNOWN,
    PAID_BEFORE,
    PAID_OTHERWISE,
    REASONS,
    REFUSALS,
    Face,
    face_of,
)

LONGEST_RING: Final = 24 * 3600.0  # seconds; beyond it a clock was wrong when the request was made


@dataclass(frozen=True, slots=True)
class PaymentView:
    """The payment card. `seconds_left` counts whole seconds up to the expiry, `lifetime` the ring's whole."""

    reference: str
    status: str
    issue: str
    meaning: Meaning
    icon: str
    word: str
    message: str
    bill: str
    amount: str
    qr: str
    faded: bool
    is_open: bool
    seconds_left: int | None
    lifetime: float
    can: frozenset[Can]
    celebrate: bool
    detail: str


@dataclass(frozen=True, slots=True)
class RecentView:
    """One of the recent sales."""

    reference: str
    bill: str
    amount: str
    meaning: Meaning
    icon: str
    word: str
    status: str
    issue: str
    chosen: bool = False


def view_of(request: PaymentRequest, now: datetime, gateway_title: str) -> PaymentView:
    """`now` is the gateway's time, aware UTC: it only greys the QR, it decides nothing."""
    face = _face(request, now)
    link = request.payable_link(now)
    return PaymentView(
        reference=request.reference,
        status=request.status.value,
        issue=request.issue.value,
        meaning=face.meaning,
        icon=face.icon,
        word=face.word,
        message=_sentence(request, face),
        bill=f"Bill {request.bill_number} · {gateway_title}",
        amount=str(request.amount),
        qr=link,
        faded=request.is_out_of_time(now),
        is_open=request.is_open,
        seconds_left=_seconds_left(request, now),
        lifetime=_lifetime(request),
        can=_can(request),
        celebrate=request.hand_over,
        detail=_detail(request, gateway_title),
    )


def needs_eyes(request: PaymentRequest) -> bool:
    """Whether it still waits, or a person must look at it."""
    return request.is_open or bool(request.issues)


def away_view(view: PaymentView) -> PaymentView:
    """The same while the bank can't be reached: what is open stays open, and nobody knows. An alarm and money
    that was seen keep their face.
    """
    if not view.is_open:
        return view
    if view.seconds_left is None:
        return replace(view, message=f"{view.message} {AWAY.word}.")
    return replace(view, meaning=AWAY.meaning, icon=AWAY.icon, word=AWAY.word, message=AWAY.sentence)


def unkept_view(view: PaymentView, why: str) -> PaymentView:
    """The same while answers can't be kept: nothing may be paid that nobody would remember."""
    if not view.is_open:
        return view
    face, sentence = BOOKS_AWAY, BOOKS_AWAY.sentence.format(why=why)
    return replace(
        view, meaning=face.meaning, icon=face.icon, word=face.word, message=sentence, qr="", faded=False
    )


def paid_otherwise_view(view: PaymentView) -> PaymentView:
    """A QR whose bill another of its requests has paid: it must not be paid again."""
    face = PAID_OTHERWISE
    return replace(view, meaning=face.meaning, icon=face.icon, word=face.word, message=face.sentence, qr="")


def quiet_view(view: PaymentView) -> PaymentView:
    """A clean PAID that was not seen happening: no second "hand over the goods"."""
    return replace(view, celebrate=False, message=PAID_BEFORE) if view.celebrate else view


def recent_of(request: PaymentRequest, now: datetime, on_card: str = "") -> RecentView:
    face = _face(request, now)
    return RecentView(
        reference=request.reference,
        bill=f"Bill {request.bill_number}",
        amount=str(request.amount),
        meaning=face.meaning,
        icon=face.icon,
        word=face.short,
        status=request.status.value,
        issue=request.issue.value,
        chosen=request.reference == on_card,
    )


def alarm_sentence(request: PaymentRequest) -> str:
    """What has come up about a bill that is not on the card."""
    face = face_of(request.status, request.issue)
    return ALARM.format(bill=request.bill_number, amount=request.amount, word=face.word)


def refusal_sentence(refused: InputRefused) -> str:
    return REFUSALS[refused.refusal].format(limit=refused.limit)


def _face(request: PaymentRequest, now: datetime) -> Face:
    if request.is_lost:
        return OPENING_UNKNOWN
    if request.is_out_of_time(now):
        return LAST_CHECK
    return face_of(request.status, request.issue)


def _sentence(request: PaymentRequest, face: Face) -> str:
    return face.sentence.format(
        amount=request.amount,
        received=_received(request) or request.amount,
        why=_why(request),
    )


def _received(request: PaymentRequest) -> Money | None:
    """What a short payment was named last; else the most that was ever named."""
    return request.told if request.issue is Issue.UNDERPAID else request.received


def _why(request: PaymentRequest) -> str:
    reason = request.qr_refused or request.reason
    if reason is None:
        return GATEWAY_FAILED
    without = request.qr_refused or reason in {Reason.INTERRUPTED, Reason.DUPLICATE}
    return REASONS[reason] if without else f"{NO_QR} {REASONS[reason]}"


def _seconds_left(request: PaymentRequest, now: datetime) -> int | None:
    if request.expires_at is None or not request.counts_down:
        return None
    return max(0, math.ceil((request.expires_at - now).total_seconds()))


def _lifetime(request: PaymentRequest) -> float:
    if request.expires_at is None:
        return 0.0
    lifetime = (request.expires_at - request.created_at).total_seconds()
    return lifetime if 0 < lifetime <= LONGEST_RING else LONGEST_RING


def _can(request: PaymentRequest) -> frozenset[Can]:
    able = ACTIONS[request.status]
    return able if request.gateway_ids else able - ASKING


def _detail(request: PaymentRequest, gateway_title: str) -> str:
    parts = [f"Bill {request.bill_number}", gateway_title]
    if request.bank_reference:
        parts.append(f"UTR {request.bank_reference}")
    return " · ".join(parts)
