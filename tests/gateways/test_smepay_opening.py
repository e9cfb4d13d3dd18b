"""SMEPay: a sale becomes a ticket, and every answer to an opening has its meaning."""

from __future__ import annotations

from itertools import product

import pytest

from pos_app.domain.errors import BooksTrouble, Outcome, Reason
from pos_app.domain.payment import Said
from pos_app.gateways.wire import Wire
from tests.gateways.desk import (
    ACTS,
    ASK,
    AUTH,
    CREATE,
    GOOD_CREATE,
    INITIATE,
    LINK,
    REQUEST,
    SLUG,
    STATUS,
    VALIDATE,
    Desk,
    good_initiate,
    ignore,
    known,
    smepay,
    trouble_of,
    without,
)
from tests.helpers.server import closes, echoes, refused_port, reply, resets, says


def test_a_good_sale(desk: Desk) -> None:
    sighting = desk.sale()
    assert sighting.said is Said.TICKET
    assert sighting.ticket is not None
    assert sighting.ticket.link == LINK
    assert sighting.reason is None
    assert not sighting.proven
    assert sighting.transaction_id == "PPabc"
    assert sighting.gateway_ids["slug"] == SLUG
    assert sighting.gateway_ids["smepay_order_id"] == GOOD_CREATE["order_id"]
    assert sighting.gateway_ids["provider"] == "phonepe"


@pytest.mark.parametrize(
    "created",
    [
        GOOD_CREATE,
        {**without(GOOD_CREATE, "slug"), "order_slug": SLUG},
        {**GOOD_CREATE, "order_slug": SLUG},
        {**GOOD_CREATE, "slug": None, "order_slug": SLUG},
        {**GOOD_CREATE, "slug": "", "order_slug": SLUG},
        without(GOOD_CREATE, "order_id", "message"),
    ],
)
def test_either_spelling_of_the_slug_is_read(desk: Desk, created: dict[str, object]) -> None:
    desk.script(CREATE, created)
    assert desk.sale().gateway_ids["slug"] == SLUG
    assert desk.server.sent_to(INITIATE)[0].words()["slug"] == SLUG


@pytest.mark.parametrize(
    "created",
    [
        without(GOOD_CREATE, "slug"), {**GOOD_CREATE, "slug": ""}, {**GOOD_CREATE, "slug": 5}, {**GOOD_CREATE, "slug": None},
        {**GOOD_CREATE, "status": False}, {**GOOD_CREATE, "status": "true"}, {**GOOD_CREATE, "status": 1},
        without(GOOD_CREATE, "status"), {**GOOD_CREATE, "slug": [SLUG]}, {}, {"data": GOOD_CREATE},
    ],
)  # fmt: skip
def test_an_order_without_a_clear_slug_is_not_initiated(desk: Desk, created: dict[str, object]) -> None:
    desk.script(CREATE, created)
    kept: list[dict[str, str]] = []
    trouble = trouble_of(lambda: desk.gateway.make_qr(ASK, desk.gateway.draft(ASK), kept.append))
    assert trouble.outcome is Outcome.UNKNOWN
    assert kept == []
    assert INITIATE not in desk.paths()


def test_the_ids_are_kept_before_initiate_is_sent(desk: Desk) -> None:
    kept: list[tuple[dict[str, str], int]] = []

    def keep(ids: dict[str, str]) -> None:
        kept.append((dict(ids), len(desk.server.sent_to(INITIATE))))

    desk.gateway.make_qr(ASK, desk.gateway.draft(ASK), keep)
    assert kept == [({"slug": SLUG, "smepay_order_id": str(GOOD_CREATE["order_id"])}, 0)]


def test_ids_that_can_not_be_kept_stop_the_sale_before_initiate(desk: Desk) -> None:
    def keep(_ids: dict[str, str]) -> None:
        raise BooksTrouble("the disk is full")

    with pytest.raises(BooksTrouble):
        desk.gateway.make_qr(ASK, desk.gateway.draft(ASK), keep)
    assert desk.paths() == [AUTH, CREATE]


SPOILT: dict[str, object] = {
    "closed": closes(),
    "reset": resets(),
    "cut": closes(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"),
    "redirect": says(reply(b"", 302, "Location: /elsewhere")),
    "500": says(reply({"status": False, "message": "duplicate"}, 500)),
    "503 with Retry-After": says(reply(b"", 503, "Retry-After: 1")),
    "408": says(reply({"message": "x"}, 408)),
    "409": says(reply({"message": "x"}, 409)),
    "425": says(reply({"message": "x"}, 425)),
    "429": says(reply({"message": "limit"}, 429)),
    "HTML": b"<html>",
    "empty": b"",
    "204": says(reply(b"", 204)),
    "list": b"[]",
    "truncated": b'{"status":true,"slug":"abc',
    "status false": {"status": False, "message": "duplicate"},
    "twice": b'{"status":true,"status":true}',
    "404 in HTML": says(reply("<html>not found</html>", 404)),
    "403 in HTML": says(reply("<html>IP not whitelisted</html>", 403)),
    "unknown words": says(reply({"status": False, "message": "Der Hund bellt"}, 400)),
    "418": says(reply({"status": False, "message": "teapot"}, 418)),
}


@pytest.mark.parametrize(
    ("path", "name"),
    # to validate, "status false" is an answer
    sorted({*product([CREATE, INITIATE, STATUS, VALIDATE], SPOILT)} - {(VALIDATE, "status false")}),
)
def test_a_spoilt_answer_is_unknown_and_nothing_is_sent_twice(desk: Desk, path: str, name: str) -> None:
    desk.script(path, SPOILT[name])
    assert trouble_of(lambda: ACTS[path](desk)).outcome is Outcome.UNKNOWN
    assert len(desk.server.sent_to(path)) == 1
    assert desk.paths()[-1] == path


@pytest.mark.parametrize("path", [CREATE, INITIATE, VALIDATE])
def test_a_gateway_that_asks_for_rest_is_not_called_while_it_rests(desk: Desk, path: str) -> None:
    desk.script(path, says(reply(b"{}", 429, "Retry-After: 30")))
    trouble = trouble_of(lambda: ACTS[path](desk))
    assert (known(trouble), trouble.retry_after) == ((Outcome.UNKNOWN, Reason.BUSY), 30.0)
    sent = len(desk.server.requests)
    again = trouble_of(lambda: desk.gateway.look(REQUEST))
    assert known(again) == (Outcome.NOT_SENT, Reason.BUSY)
    assert again.retry_after == pytest.approx(30, abs=1)
    assert len(desk.server.requests) == sent


def test_nobody_at_home_means_not_sent(shared_wire: Wire) -> None:
    gateway = smepay(shared_wire, f"http://127.0.0.1:{refused_port()}")
    for act in (lambda: gateway.make_qr(ASK, gateway.draft(ASK), ignore), lambda: gateway.look(REQUEST)):
        assert known(trouble_of(act)) == (Outcome.NOT_SENT, Reason.UNREACHABLE)


# code, words → outcome, reason: what SMEPay documents, the vendor's plugin knows and the twin says
REFUSALS: list[tuple[int, str, Outcome, Reason]] = [
    (400, "Duplicate order_id: A-1", Outcome.EXISTS, Reason.DUPLICATE),
    (400, "duplicate reference_id: TXN-1", Outcome.EXISTS, Reason.DUPLICATE),
    (400, "Order already exists", Outcome.EXISTS, Reason.DUPLICATE),
    (403, "ip_not_whitelisted", Outcome.REJECTED, Reason.ADDRESS_NOT_ALLOWED),
    (403, "IP 203.0.113.42 is not in the allowed list", Outcome.REJECTED, Reason.ADDRESS_NOT_ALLOWED),
    (403, "Access from this region is restricted", Outcome.REJECTED, Reason.REGION_NOT_ALLOWED),
    (403, "Geo-restriction", Outcome.REJECTED, Reason.REGION_NOT_ALLOWED),
    (403, "client_id is not valid for this environment", Outcome.REJECTED, Reason.OTHER_ENVIRONMENT),
    (400, "Client is in test mode", Outcome.REJECTED, Reason.OTHER_ENVIRONMENT),
    (403, "Business verification required", Outcome.REJECTED, Reason.NOT_ACTIVATED),
    (403, "KYC pending", Outcome.REJECTED, Reason.NOT_ACTIVATED),
    (400, "disbursement not enabled for this account", Outcome.REJECTED, Reason.NOT_ACTIVATED),
    (402, "Minimum wallet balance required", Outcome.REJECTED, Reason.WALLET_LOW),
    (400, "insufficient balance: available 1200.00, required 5005.00", Outcome.REJECTED, Reason.WALLET_LOW),
    (400, "Amount below minimum", Outcome.REJECTED, Reason.AMOUNT_BELOW_MINIMUM),
    (400, "amount above maximum", Outcome.REJECTED, Reason.AMOUNT_ABOVE_MAXIMUM),
    (400, "Daily cap reached", Outcome.REJECTED, Reason.LIMIT_REACHED),
    (403, "Monthly limit exceeded", Outcome.REJECTED, Reason.LIMIT_REACHED),
    (404, "Order not found", Outcome.REJECTED, Reason.ORDER_NOT_FOUND),
    (404, "Order not found or amount mismatch", Outcome.REJECTED, Reason.ORDER_NOT_FOUND),
    (400, "Order expired", Outcome.REJECTED, Reason.ORDER_EXPIRED),
    (400, "Order is not in CREATED state", Outcome.EXISTS, Reason.ORDER_STATE),
    (400, "Order already initiated", Outcome.EXISTS, Reason.ORDER_STATE),
    (400, "Missing field: amount", Outcome.REJECTED, Reason.BAD_REQUEST),
    (400, "slug is required", Outcome.REJECTED, Reason.BAD_REQUEST),
    (400, "Invalid JSON body", Outcome.REJECTED, Reason.BAD_REQUEST),
    (422, "Unprocessable", Outcome.REJECTED, Reason.BAD_REQUEST),
    (401, "invalid client credentials", Outcome.REJECTED, Reason.WRONG_KEYS),
    (400, "Something went wrong", Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD),
    (405, "Method Not Allowed", Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD),
    (400, "Order could not be created", Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD),
    (403, "Your membership is over", Outcome.REJECTED, Reason.NOT_ACTIVATED),
    (400, "Maximum daily amount reached", Outcome.REJECTED, Reason.LIMIT_REACHED),
]


@pytest.mark.parametrize(("code", "words", "outcome", "reason"), REFUSALS)
@pytest.mark.parametrize("path", [CREATE, INITIATE, VALIDATE])
def test_a_refusal_by_its_words(
    desk: Desk, path: str, code: int, words: str, outcome: Outcome, reason: Reason
) -> None:
    key = "error" if words == "ip_not_whitelisted" else "message"
    desk.script(path, {"status": False, key: words}, code=code)
    trouble = trouble_of(lambda: ACTS[path](desk))
    assert known(trouble) == (outcome, reason)
    assert trouble.said == words


@pytest.mark.parametrize(("code", "words", "outcome", "reason"), REFUSALS[:-3])
def test_a_refusal_of_a_token_is_rejected_or_not_sent(
    desk: Desk, code: int, words: str, outcome: Outcome, reason: Reason
) -> None:
    desk.script(AUTH, {"status": False, "message": words}, code=code)
    expected = Outcome.REJECTED if outcome is Outcome.REJECTED else Outcome.NOT_SENT
    assert known(trouble_of(desk.sale)) == (expected, reason)


def test_a_refusal_that_says_success_is_unknown(desk: Desk) -> None:
    desk.script(INITIATE, good_initiate(message="limit"), code=400)
    assert trouble_of(desk.sale).outcome is Outcome.UNKNOWN


def test_an_echo_is_no_answer(desk: Desk) -> None:
    """A loop in the network that gives back what was sent."""
    for path in (CREATE, STATUS, VALIDATE):
        desk.script(path, echoes)
        assert trouble_of(lambda path=path: ACTS[path](desk)).outcome is Outcome.UNKNOWN
