"""SMEPay: every request leaves as documented."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from pos_app.domain.money import Money
from pos_app.domain.payment import Said
from pos_app.domain.promises import Ask, MakesQr, ReportsPayment
from pos_app.domain.shop import Shop
from pos_app.gateways.catalogue import CONNECTORS
from pos_app.gateways.smepay import COUNTER_EMAIL, COUNTER_MOBILE
from pos_app.gateways.wire import Wire
from tests.gateways.desk import (
    ASK,
    AUTH,
    CREATE,
    GOOD_STATE,
    INITIATE,
    LINK,
    REFERENCE,
    REQUEST,
    SHOP,
    SLUG,
    STATUS,
    VALIDATE,
    Desk,
    good_initiate,
    ignore,
    smepay,
)
from tests.helpers.server import ScriptedServer, reply, says


def test_it_promises_a_qr_and_its_state(desk: Desk) -> None:
    assert isinstance(desk.gateway, MakesQr)
    assert isinstance(desk.gateway, ReportsPayment)
    assert list(CONNECTORS) == ["smepay"]


def test_a_sale_asks_for_a_token_an_order_and_a_link_each_once(desk: Desk) -> None:
    desk.sale()
    assert desk.paths() == [AUTH, CREATE, INITIATE]
    desk.sale()
    assert desk.paths()[3:] == [CREATE, INITIATE]


def test_every_request_is_a_post_of_json(desk: Desk) -> None:
    desk.sale()
    desk.gateway.look(REQUEST)
    desk.gateway.confirm(REQUEST)
    for request in desk.server.requests:
        assert request.method == "POST"
        assert request.header("Content-Type") == "application/json"
        assert request.header("Content-Length") == str(len(request.body))
        assert request.header("Host") == f"127.0.0.1:{desk.server.port}"
        assert request.body.isascii()


def test_only_documented_calls_carry_the_token(desk: Desk) -> None:
    desk.sale()
    desk.gateway.look(REQUEST)
    desk.gateway.confirm(REQUEST)
    assert {request.path: request.header("Authorization") for request in desk.server.requests} == {
        AUTH: "",
        CREATE: "Bearer tok-1",
        INITIATE: "Bearer tok-1",
        STATUS: "",
        VALIDATE: "Bearer tok-1",
    }


def test_the_secret_leaves_with_auth_only(desk: Desk) -> None:
    desk.sale()
    desk.gateway.look(REQUEST)
    desk.gateway.confirm(REQUEST)
    auth, *others = desk.server.requests
    assert auth.words() == {"client_id": "CLIENT", "client_secret": "HIDDEN"}
    assert not any(b"HIDDEN" in request.raw + request.body for request in others)
    assert b"HIDDEN" not in auth.raw


def test_create_as_documented(desk: Desk) -> None:
    desk.sale()
    assert desk.server.sent_to(CREATE)[0].words() == {
        "client_id": "CLIENT",
        "amount": "100.50",
        "order_id": REFERENCE,
        "callback_url": "https://asha.in/hook",
        "customer_details": {"email": "shop@asha.in", "mobile": "9876543210", "name": "Counter sale"},
    }


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (100, "1.00"),
        (101, "1.01"),
        (1_00_000_00, "100000.00"),
        (5_00_000_00, "500000.00"),
        (10, "0.10"),
        (99999, "999.99"),
    ],
)
def test_amounts_are_text_in_create_and_a_number_in_validate(desk: Desk, paise: int, text: str) -> None:
    desk.script(INITIATE, good_initiate(payment_link=LINK.replace("100.50", text)))
    sighting = desk.sale(replace(ASK, amount=Money(paise)))
    desk.gateway.confirm(replace(REQUEST, amount=Money(paise)))
    assert sighting.said is Said.TICKET
    assert desk.server.sent_to(CREATE)[0].words()["amount"] == text
    assert desk.server.sent_to(VALIDATE)[0].words()["amount"] == f"#{text}"


@pytest.mark.parametrize(
    ("ask", "mobile", "email"),
    [
        (ASK, "9876543210", "shop@asha.in"),
        (replace(ASK, mobile=""), "9811111111", "shop@asha.in"),
        (replace(ASK, mobile="", shop=Shop()), COUNTER_MOBILE, COUNTER_EMAIL),
    ],
)
def test_customer_details_always_have_their_three_keys(desk: Desk, ask: Ask, mobile: str, email: str) -> None:
    desk.gateway.make_qr(ask, desk.gateway.draft(ask), ignore)
    details = desk.server.sent_to(CREATE)[0].words()["customer_details"]
    assert details == {"email": email, "mobile": mobile, "name": "Counter sale"}
    assert len(mobile) == 10
    assert mobile.isdecimal()


def test_the_bytes_of_the_draft_are_the_bytes_that_are_sent(desk: Desk) -> None:
    draft = desk.gateway.draft(ASK)
    assert desk.gateway.draft(ASK) == draft
    desk.gateway.make_qr(ASK, draft, ignore)
    assert desk.server.sent_to(CREATE)[0].body == draft
    odd = b'{"any":  "bytes"}'
    desk.gateway.make_qr(ASK, odd, ignore)
    assert desk.server.sent_to(CREATE)[1].body == odd


def test_initiate_status_and_validate_as_documented(desk: Desk) -> None:
    desk.sale()
    desk.gateway.look(REQUEST)
    desk.gateway.confirm(REQUEST)
    assert desk.server.sent_to(INITIATE)[0].words() == {"slug": SLUG, "client_id": "CLIENT"}
    assert desk.server.sent_to(STATUS)[0].words() == {
        "client_id": "CLIENT",
        "slug": SLUG,
        "ref_id": REFERENCE,
    }
    assert desk.server.sent_to(VALIDATE)[0].words() == {
        "client_id": "CLIENT",
        "amount": "#100.50",
        "slug": SLUG,
    }


def test_a_base_url_keeps_its_path(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/deep/er" + STATUS, says(reply(GOOD_STATE)))
    smepay(shared_wire, server.url + "/deep/er/").look(REQUEST)
    assert [request.path for request in server.requests] == ["/deep/er" + STATUS]


def test_what_moves_money_goes_on_a_connection_of_its_own(desk: Desk) -> None:
    desk.gateway.look(REQUEST)
    desk.sale()
    connections = {request.path: request.connection for request in desk.server.requests}
    assert len({connections[path] for path in (STATUS, CREATE, INITIATE)}) == 3


def test_awkward_text_of_the_shop_is_still_json(desk: Desk) -> None:
    ask = replace(ASK, shop=replace(SHOP, email='a"\\\n@ü.in', callback_url="https://x.in/?a=b&c=\u20b9"))
    desk.sale(ask)
    words = desk.server.sent_to(CREATE)[0].words()
    assert words["callback_url"] == "https://x.in/?a=b&c=\u20b9"
    assert cast("dict[str, str]", words["customer_details"])["email"] == 'a"\\\n@ü.in'
