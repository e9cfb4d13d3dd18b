"""Payment requests and sightings for tests, with as little said as a test needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pos_app.domain.money import Money
from pos_app.domain.payment import Method, PaymentRequest, Said, Sighting, Status

NOW: Final = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
EXPIRES: Final = NOW + timedelta(minutes=5)
AMOUNT: Final = Money(1250_00)
LINK: Final = "upi://pay?pa=asha@ybl&pn=Asha%20Stores&tr=T1&am=1250.00&cu=INR"


def a_request(status: Status = Status.AWAITING, **more: Any) -> PaymentRequest:
    plain = PaymentRequest(
        reference="ASH1",
        bill_reference="ASHB1",
        bill_number=1,
        gateway="smepay",
        method=Method.QR,
        amount=AMOUNT,
        created_at=NOW,
        status=status,
        body_hash="aa",
        link=LINK,
        expires_at=EXPIRES,
        gateway_ids={"slug": "abcdefg"},
    )
    return replace(plain, **more)


def a_sighting(said: Said, **more: Any) -> Sighting:
    return replace(Sighting(said=said, at=NOW + timedelta(seconds=10)), **more)
