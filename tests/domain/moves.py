"""Moments, answers and requests on their way, for the tests of the collecting table."""

from __future__ import annotations

from datetime import timedelta

from pos_app.domain.collecting import ALONE, UNPROVEN_GRACE, Kin, apply
from pos_app.domain.money import Money
from pos_app.domain.payment import PaymentRequest, Said, Sighting, Status, Ticket
from tests.helpers.requests import EXPIRES, LINK, NOW, a_request, a_sighting

SOON = NOW + timedelta(seconds=10)
JUST_AFTER = EXPIRES + timedelta(seconds=1)
LONG_AFTER = EXPIRES + UNPROVEN_GRACE + timedelta(seconds=1)
LESS, MORE = Money(1000_00), Money(1300_00)
TICKET = Ticket(LINK, EXPIRES)
LIVE = (Status.OPENING, Status.AWAITING)
ENDED = (Status.EXPIRED, Status.CANCELLED, Status.FAILED)
PROOF = a_sighting(Said.PAID, proven=True)
HINT = a_sighting(Said.PAID)


def moved(request: PaymentRequest, *sightings: Sighting, kin: Kin = ALONE) -> PaymentRequest:
    for sighting in sightings:
        request = apply(request, sighting, sighting.at, kin)
    return request


def opening(**more: object) -> PaymentRequest:
    return a_request(Status.OPENING, link="", expires_at=None, gateway_ids={}, **more)


def confirming(was: Status = Status.AWAITING) -> PaymentRequest:
    return moved(a_request(was), HINT)
