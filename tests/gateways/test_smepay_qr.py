"""SMEPay: until when a QR can be paid, and which link is shown at all."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pos_app.domain.collecting import apply
from pos_app.domain.errors import Outcome, Reason
from pos_app.domain.payment import Issue, Said, Status
from pos_app.domain.shop import Shop
from tests.gateways.desk import (
    AMOUNT,
    ASK,
    GOOD_STATE,
    INITIATE,
    LINK,
    PAYEE,
    REQUEST,
    SLUG,
    STATUS,
    Desk,
    good_initiate,
    seconds_left,
    trouble_of,
    without,
)
from tests.helpers.requests import a_request
from tests.helpers.server import reply, says

# ── expiry ─────────────────────────────────────────────────────────────────────────────────────────

INDIAN = "+05:30"


@pytest.mark.parametrize(
    "form", ["epoch", "text", "millis", "millis text", "iso", "iso z", "iso no zone", "fraction"]
)
def test_the_expiry_is_read_in_all_its_forms(desk: Desk, form: str) -> None:
    at = datetime.now(UTC) + timedelta(seconds=100)
    indian = at + timedelta(hours=5, minutes=30)
    told: object = {
        "epoch": int(at.timestamp()),
        "text": str(int(at.timestamp())),
        "millis": int(at.timestamp() * 1000),
        "millis text": str(int(at.timestamp() * 1000)),
        "iso": indian.strftime("%Y-%m-%dT%H:%M:%S") + INDIAN,
        "iso z": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "iso no zone": indian.strftime("%Y-%m-%d %H:%M:%S"),
        "fraction": at.timestamp(),
    }[form]
    desk.script(INITIATE, good_initiate(expires_at=told))
    assert seconds_left(desk.sale()) == pytest.approx(100, abs=2.5)


NOT_MEANT: dict[str, object] = {
    "words": "soon", "empty": "", "null": None, "true": True, "list": [], "object": {}, "negative": -1, "zero": 0, "old": 1736034123,
    "just past": int(time.time()) - 1, "in forty days": int(time.time()) + 40 * 86400, "huge": 10**18, "huge text": "9" * 40,
    "old text": "2020-01-01T00:00:00Z", "far text": "2999-01-01T00:00:00Z",
    "10**400": 10**400, "20 spaces": " " * 20 + "1736034123",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_MEANT)
def test_an_expiry_that_can_not_be_meant_is_five_minutes(desk: Desk, name: str) -> None:
    desk.script(INITIATE, good_initiate(expires_at=NOT_MEANT[name]))
    assert seconds_left(desk.sale()) == pytest.approx(300, abs=2.5)


def test_a_missing_expiry_is_five_minutes(desk: Desk) -> None:
    desk.script(INITIATE, without(good_initiate(), "expires_at"))
    assert seconds_left(desk.sale()) == pytest.approx(300, abs=2.5)


def test_the_gateway_s_clock_decides_what_is_past(desk: Desk) -> None:
    """The shop's PC is a year behind: the expiry is in the gateway's time all the same."""
    there = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365)
    date = there.strftime("%a, %d %b %Y %H:%M:%S GMT")
    words = good_initiate(expires_at=int(there.timestamp()) + 120)
    desk.script(INITIATE, says(reply(words, date=date)))
    sighting = desk.sale()
    assert sighting.ticket is not None
    assert sighting.ticket.expires_at == there + timedelta(seconds=120)
    assert abs(sighting.at - there) < timedelta(seconds=2)


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_a_date_of_the_end_of_time_ends_nothing(desk: Desk, date: str) -> None:
    desk.script(STATUS, says(reply(GOOD_STATE, date=date)), GOOD_STATE)
    desk.gateway.look(REQUEST)
    time.sleep(0.6)  # the half second that GatewayTimes adds, and the year 9999 is over
    desk.gateway.look(REQUEST)
    assert desk.sale().said is Said.TICKET


# ── the QR ─────────────────────────────────────────────────────────────────────────────────────────

REFUSED_LINKS: list[tuple[str, Reason]] = [
    (LINK.replace("100.50", "100.51"), Reason.QR_AMOUNT),
    (LINK.replace("100.50", "10050"), Reason.QR_AMOUNT),
    (LINK.replace("100.50", "100.505"), Reason.QR_AMOUNT),
    (LINK.replace("100.50", "1e2"), Reason.QR_AMOUNT),
    (LINK.replace("100.50", "NaN"), Reason.QR_AMOUNT),
    (LINK.replace("100.50", ""), Reason.QR_AMOUNT),
    (LINK.replace("&am=100.50", ""), Reason.QR_AMOUNT),
    (LINK + "&am=100.50", Reason.QR_AMOUNT),
    (LINK + "&am=1.00", Reason.QR_AMOUNT),
    (LINK + "&AM=1.00", Reason.QR_AMOUNT),
    (LINK + "&%61m=1.00", Reason.QR_AMOUNT),
    (LINK + "&mam=1.00", Reason.QR_AMOUNT),
    (LINK.replace(PAYEE, "thief@ybl"), Reason.QR_PAYEE),
    (LINK.replace(f"pa={PAYEE}&", ""), Reason.QR_PAYEE),
    (LINK + "&pa=thief@ybl", Reason.QR_PAYEE),
    (LINK.replace("INR", "USD"), Reason.QR_CURRENCY),
    (LINK.replace("upi://", "https://"), Reason.QR_NOT_UPI),
    (LINK.replace("upi://pay", "upi://mandate"), Reason.QR_NOT_UPI),
    (LINK.replace("upi://pay", "upi://pay.evil.com"), Reason.QR_NOT_UPI),
    (" " + LINK, Reason.QR_NOT_UPI),
    (LINK + "\n", Reason.QR_NOT_UPI),
    (LINK + "&tn=" + "a" * 2000, Reason.QR_NOT_UPI),
    ("", Reason.QR_NOT_UPI),
    ("upi://pay?", Reason.QR_NOT_UPI),
    ("javascript:alert(1)", Reason.QR_NOT_UPI),
]


@pytest.mark.parametrize(("link", "reason"), REFUSED_LINKS, ids=lambda value: ascii(value)[-40:])
def test_a_link_that_fails_its_checks_is_refused_and_the_order_is_known(
    desk: Desk, link: str, reason: Reason
) -> None:
    desk.script(INITIATE, good_initiate(payment_link=link))
    sighting = desk.sale()
    assert (sighting.said, sighting.reason) == (Said.TICKET_REFUSED, reason)
    assert sighting.gateway_ids["slug"] == SLUG
    after = apply(a_request(Status.OPENING, amount=AMOUNT, link="", gateway_ids={}), sighting, sighting.at)
    assert (after.status, after.issue, after.link) == (Status.AWAITING, Issue.MISMATCH, "")


@pytest.mark.parametrize(
    "link",
    [
        LINK, LINK.replace("&cu=INR", ""), LINK + "&mam=100.50", LINK.replace("100.50", "100.5"), LINK + "&sign=AbC%2B%2F%3D",
        LINK.replace(PAYEE, PAYEE.upper()), LINK.replace("upi://pay?", "UPI://PAY?"), LINK.replace("@", "%40"),
    ],
)  # fmt: skip
def test_a_link_that_passes_is_shown_verbatim(desk: Desk, link: str) -> None:
    desk.script(INITIATE, good_initiate(payment_link=link))
    sighting = desk.sale()
    assert sighting.said is Said.TICKET
    assert sighting.ticket is not None
    assert sighting.ticket.link == link


def test_without_a_pinned_payee_any_one_payee_is_shown(desk: Desk) -> None:
    desk.script(INITIATE, good_initiate(payment_link=LINK.replace(PAYEE, "anyone@ybl")))
    assert desk.sale(replace(ASK, shop=Shop())).said is Said.TICKET


@pytest.mark.parametrize("good_link", [True, False])
def test_the_link_of_another_order_is_refused(desk: Desk, good_link: bool) -> None:
    link = LINK if good_link else LINK.replace("100.50", "1.00")
    desk.script(INITIATE, good_initiate(external_reference_id="ANOTHER", payment_link=link))
    sighting = desk.sale()
    assert (sighting.said, sighting.reason) == (Said.TICKET_REFUSED, Reason.OTHER_ORDER)


def test_without_our_reference_the_link_of_another_of_their_orders_is_refused(desk: Desk) -> None:
    other = good_initiate(order_id="INT-00000000-0000-0000-0000-000000000000")
    desk.script(INITIATE, without(other, "external_reference_id"))
    sighting = desk.sale()
    assert (sighting.said, sighting.reason) == (Said.TICKET_REFUSED, Reason.OTHER_ORDER)


@pytest.mark.parametrize(
    "initiated",
    [
        without(good_initiate(), "payment_link"), good_initiate(payment_link=None), good_initiate(payment_link=5),
        good_initiate(status=False), good_initiate(status="true"), without(good_initiate(), "status"),
        good_initiate(external_reference_id=5), good_initiate(transaction_id=[]),
    ],
    ids=[str(number) for number in range(8)],
)  # fmt: skip
def test_an_initiate_of_another_shape_is_unknown(desk: Desk, initiated: dict[str, object]) -> None:
    desk.script(INITIATE, initiated)
    assert trouble_of(desk.sale).outcome is Outcome.UNKNOWN
    assert len(desk.server.sent_to(INITIATE)) == 1
