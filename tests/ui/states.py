"""Every state that a cashier can meet on the card, as views."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pos_app.domain.errors import Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, PaymentRequest, Status
from pos_app.ui.counter.view import PaymentView, RecentView, away_view, recent_of, view_of
from tests.helpers.requests import EXPIRES, NOW, a_request

_CONFIRMING: Final = {"was": Status.AWAITING}
REQUESTS: Final[dict[str, PaymentRequest]] = {
    "opening": a_request(Status.OPENING),
    "opening unknown": a_request(Status.OPENING, reason=Reason.NO_ANSWER),
    "waiting": a_request(),
    "qr refused": a_request(issues=frozenset({Issue.MISMATCH}), qr_refused=Reason.QR_PAYEE),
    "confirming": a_request(Status.CONFIRMING, **_CONFIRMING),
    "unconfirmed": a_request(Status.CONFIRMING, issues=frozenset({Issue.UNCONFIRMED}), **_CONFIRMING),
    "underpaid": a_request(
        Status.CONFIRMING, issues=frozenset({Issue.UNDERPAID}), told=Money(1200_00), **_CONFIRMING
    ),
    "overpaid": a_request(
        Status.CONFIRMING, issues=frozenset({Issue.OVERPAID}), received=Money(5_00_000_00), **_CONFIRMING
    ),
    "mismatch": a_request(Status.CONFIRMING, issues=frozenset({Issue.MISMATCH}), **_CONFIRMING),
    "paid": a_request(Status.PAID, bank_reference="409122387765", paid_at=NOW),
    "late": a_request(Status.PAID, issues=frozenset({Issue.LATE}), received=Money(1250_00)),
    "twice": a_request(Status.PAID, issues=frozenset({Issue.PAID_TWICE}), received=Money(1250_00)),
    "expired": a_request(Status.EXPIRED),
    "expired unconfirmed": a_request(Status.EXPIRED, issues=frozenset({Issue.UNCONFIRMED})),
    "cancelled": a_request(Status.CANCELLED),
    "failed": a_request(Status.FAILED, reason=Reason.ADDRESS_NOT_ALLOWED, gateway_ids={}),
    "failed longest": a_request(Status.FAILED, reason=Reason.OTHER_ENVIRONMENT, amount=Money(5_00_000_00)),
}


def views() -> dict[str, PaymentView | None]:
    """Each state at 3:54 before the expiry, and those that hang on the moment."""
    moment = EXPIRES - timedelta(seconds=234)
    found: dict[str, PaymentView | None] = {"idle": None}
    for name, request in REQUESTS.items():
        found[name] = view_of(request, moment, "SMEPay QR")
    found["hurry"] = view_of(a_request(), EXPIRES - timedelta(seconds=41), "SMEPay QR")
    found["last check"] = view_of(a_request(), EXPIRES, "SMEPay QR")
    found["away"] = away_view(view_of(a_request(), moment, "SMEPay QR"))
    return found


def recents() -> list[RecentView]:
    names = ("waiting", "paid", "late", "underpaid", "cancelled")
    return [recent_of(REQUESTS[name], NOW) for name in names]
