"""The SMEPay twin does what smepay-v2.md says, and nothing more."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pos_app.sandbox.strict import json_text, rupees
from tests.sandbox.till import GOOD, Till, without


def test_a_sale_goes_from_token_to_validated_money(till: Till) -> None:
    token = till.auth()
    assert token | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 600,
        "environment": "test",
    }
    created = till.create(order_id=(reference := till.new_reference()))
    assert created.status_code == 200
    order = created.json()
    assert order.keys() == {"status", "order_id", "slug", "message"}
    assert (order["status"], order["message"]) == (True, "Order created")
    assert re.fullmatch(r"INT-[0-9a-f-]{36}", order["order_id"])
    slug = order["slug"]
    assert till.state(reference, slug) == "CREATED"

    qr = till.initiate(slug).json()
    now = int(till.clock().timestamp())
    assert qr.keys() == {
        *("status", "order_id", "external_reference_id", "provider", "payment_link", "transaction_id"),
        *("qr_code", "payment_status", "expires_at", "intents", "message"),
    }
    assert (qr["order_id"], qr["external_reference_id"]) == (order["order_id"], reference)
    assert (qr["payment_status"], qr["expires_at"]) == ("INITIATED", now + 300)
    assert qr["transaction_id"].startswith("PP")
    assert b64decode(qr["qr_code"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert qr["intents"]["gpay"].startswith("tez://")

    till.server.smepay.pay(reference)
    assert till.status(reference, slug).json() == {
        "status": True,
        "order_id": reference,
        "payment_status": "SUCCESS",
        "amount": 100.5,
        "provider": "phonepe",
        "created_at": now,
        "processed_at": now,
    }
    assert till.validate(slug, 100.5).json() == {
        "status": True,
        "valid": True,
        "payment_status": "SUCCESS",
        "message": "Order validated successfully",
    }
    credit = next(c for c in till.server.smepay.credits() if c.slug == slug)
    assert (credit.paise, credit.reference) == (10050, reference)
    assert re.fullmatch(r"[0-9]{12}", credit.utr)


def test_the_link_asks_for_the_amount_with_spaces_as_percent_20(till: Till) -> None:
    slug = till.create(amount="100.00").json()["slug"]
    link = till.initiate(slug).json()["payment_link"]
    assert link.startswith("upi://pay?pa=training.shop@smepay&pn=Training%20Shop&tr=PP")
    asks = parse_qs(urlsplit(link).query)
    assert (asks["am"], asks["cu"]) == (["100.00"], ["INR"])
    assert asks["tn"][0].startswith("Payment for ")
    assert "+" not in link


def test_an_order_that_nobody_paid_is_not_valid(till: Till) -> None:
    reference, slug = till.sale()
    assert till.status(reference, slug).json()["processed_at"] is None
    answer = till.validate(slug, 100.5)
    assert answer.status_code == 200
    assert (answer.json()["valid"], answer.json()["payment_status"]) == (False, "INITIATED")


def test_every_answer_carries_a_date(till: Till) -> None:
    assert "GMT" in till.create().headers["Date"]
    assert "GMT" in till.http.get("/nothing").headers["Date"]


# credentials


@pytest.mark.parametrize("wrong", [{"client_id": "x"}, {"client_secret": "x"}, {"client_secret": "₹"}])
def test_an_unknown_client_gets_no_token(till: Till, wrong: dict[str, str]) -> None:
    words = {name: till.keys[name] for name in ("client_id", "client_secret")}
    answer = till.ask("auth", words | wrong)
    assert answer.status_code == 401
    assert answer.json() == {"status": False, "message": "Invalid client credentials"}


def test_a_token_ends_after_600_seconds(till: Till) -> None:
    till.clock.wind(599)
    assert till.create().status_code == 200
    till.clock.wind(1)
    answer = till.create()
    assert answer.status_code == 401
    assert answer.json() == {"status": False, "message": "Token expired or invalid"}
    till.auth()
    assert till.create().status_code == 200


@pytest.mark.parametrize("path", ["order/create", "order/initiate", "order/validate", "order/status"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic abc"])
def test_a_call_without_a_good_token_is_refused(till: Till, path: str, header: str) -> None:
    assert till.ask(path, GOOD, Authorization=header).status_code == 401


def test_another_client_id_than_the_tokens_is_refused(till: Till) -> None:
    assert till.create(client_id="someone-else").status_code == 403


# create


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 100.5}, "amount must be a string"),
        ({"amount": 100}, "amount must be a string"),
        ({"amount": None}, "amount must be a string"),
        ({"amount": "100"}, "two decimals"),
        ({"amount": "100.5"}, "two decimals"),
        ({"amount": "100.500"}, "two decimals"),
        ({"amount": "1,000.00"}, "two decimals"),
        ({"amount": "-5.00"}, "two decimals"),
        ({"amount": "+5.00"}, "two decimals"),
        ({"amount": "5.00\n"}, "two decimals"),
        ({"amount": "१००.००"}, "two decimals"),
        ({"amount": "0.99"}, "Amount below minimum"),
        ({"amount": "500000.01"}, "Amount above maximum"),
        ({"amount": "9" * 5000 + ".00"}, "Amount above maximum"),
        ({"order_id": ""}, "order_id"),
        ({"order_id": "a" * 51}, "order_id"),
        ({"order_id": "a b"}, "order_id"),
        ({"order_id": "a.b"}, "order_id"),
        ({"order_id": "बिल"}, "order_id"),
        ({"order_id": 7}, "order_id must be a string"),
        ({"callback_url": None}, "callback_url must be a string"),
        ({"customer_details": None}, "customer_details must be an object"),
        ({"customer_details": []}, "customer_details must be an object"),
        ({"note": "tea"}, "Unknown field: note"),
        (
            {"customer_details": {**GOOD["customer_details"], "vpa": "a@b"}},
            "Unknown field: customer_details.vpa",
        ),
        ({"customer_details": {**GOOD["customer_details"], "name": None}}, "customer_details.name"),
        ({"customer_details": {**GOOD["customer_details"], "email": "asha"}}, "customer_details.email"),
        *(
            ({"customer_details": {**GOOD["customer_details"], "mobile": mobile}}, "customer_details.mobile")
            for mobile in ("+919876543210", "5876543210", "987654321", "98765432100", "", 9876543210)
        ),
    ],
)
def test_create_refuses_what_is_not_documented(till: Till, changes: dict[str, object], says: str) -> None:
    answer = till.create(**changes)
    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert answer.json()["status"] is False


@pytest.mark.parametrize(
    "path", [*GOOD, "customer_details.email", "customer_details.mobile", "customer_details.name"]
)
def test_create_names_the_field_that_is_missing(till: Till, path: str) -> None:
    answer = till.ask("order/create", without({**GOOD, "order_id": till.new_reference()}, path))
    assert (answer.status_code, answer.json()["message"]) == (400, f"Missing field: {path}")


@pytest.mark.parametrize("amount", ["1.00", "500000.00", "0100.50"])
def test_the_ends_of_the_range_are_inside(till: Till, amount: str) -> None:
    assert till.create(amount=amount).status_code == 200


def test_a_reference_is_used_once(till: Till) -> None:
    reference = till.new_reference()
    assert till.create(order_id=reference).status_code == 200
    answer = till.create(order_id=reference, amount="7.00")
    assert answer.status_code == 400
    assert answer.json() == {"status": False, "message": f"Duplicate order_id: {reference}"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"\xff",
        b"[" * 60_000,
        '{"a":1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:16]),
)
def test_a_body_that_is_no_json_object_is_refused(till: Till, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {till.token}"}
    for path in ("auth", "order/create", "qr/status"):
        assert (
            till.http.post(f"/smepay/api/external/{path}", content=body, headers=headers).status_code == 400
        )


@pytest.mark.parametrize(
    ("content_type", "code"), [("text/plain", 415), ("application/json; charset=utf-8", 401)]
)
def test_only_json_is_read(till: Till, content_type: str, code: int) -> None:
    body = json.dumps({"client_id": "x", "client_secret": "x"}).encode()
    answer = till.http.post("/smepay/api/external/auth", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == code


def test_a_huge_body_is_refused(till: Till) -> None:
    assert till.ask("auth", {"client_id": "x" * 70_000, "client_secret": ""}).status_code == 413


def test_another_method_or_path_is_refused_in_json(till: Till) -> None:
    assert till.http.get("/smepay/api/external/auth").status_code == 405
    nowhere = till.ask("auth/", {})
    assert (nowhere.status_code, nowhere.json()["status"]) == (404, False)


# initiate


def test_a_second_initiate_is_refused(till: Till) -> None:
    _, slug = till.sale()
    answer = till.initiate(slug)
    assert (answer.status_code, answer.json()["message"]) == (400, "Order is not in CREATED state")


def test_an_initiate_after_five_minutes_is_refused(till: Till) -> None:
    slug = till.create().json()["slug"]
    till.clock.wind(300)
    answer = till.initiate(slug)
    assert (answer.status_code, answer.json()["message"]) == (400, "Order expired")


def test_initiate_knows_only_orders_that_are(till: Till) -> None:
    answer = till.initiate("zzzzzzz9")
    assert (answer.status_code, answer.json()["message"]) == (404, "Order not found")


# status and validate


@pytest.mark.parametrize("wrong", ["client_id", "slug", "ref_id"])
def test_status_wants_all_three_names_of_one_order(till: Till, wrong: str) -> None:
    reference, slug = till.sale()
    other = till.sale()
    words = {"client_id": till.client_id, "slug": slug, "ref_id": reference}
    assert till.ask("qr/status", words, Authorization="").status_code == 200
    words[wrong] = {"client_id": "someone", "slug": other[1], "ref_id": other[0]}[wrong]
    answer = till.ask("qr/status", words)
    assert (answer.status_code, answer.json()) == (404, {"status": False, "message": "Order not found"})


def test_order_status_takes_either_id(till: Till) -> None:
    reference, slug = till.sale()
    order = till.server.smepay.book.order(reference)
    for name in (reference, order.gateway_id):
        answer = till.ask("order/status", {"client_id": till.client_id, "order_id": name})
        assert answer.json() == till.status(reference, slug).json()
    unknown = till.ask("order/status", {"client_id": till.client_id, "order_id": "nobody"})
    assert unknown.status_code == 404


@pytest.mark.parametrize("amount", ["100.50", True, None])
def test_validate_wants_a_number(till: Till, amount: object) -> None:
    _, slug = till.sale()
    assert till.validate(slug, amount).status_code == 400


@pytest.mark.parametrize("amount", [100.49, 100, 10050, -100.5, 100.505])
def test_another_amount_does_not_validate(till: Till, amount: float) -> None:
    reference, slug = till.sale()
    till.server.smepay.pay(reference)
    answer = till.validate(slug, amount)
    assert answer.status_code == 404
    assert answer.json() == {"status": False, "message": "Order not found or amount mismatch"}


def test_an_unknown_slug_does_not_validate(till: Till) -> None:
    assert till.validate("zzzzzzz9", 100.5).status_code == 404


@pytest.mark.parametrize(
    ("paid", "shown"), [(9000, 90), (10051, 100.51), (1, 0.01), (1_00_00_000_00, 10000000)]
)
def test_less_or_more_money_is_shown_and_does_not_validate(till: Till, paid: int, shown: float) -> None:
    reference, slug = till.sale()
    till.server.smepay.pay(reference, paid)
    status = till.status(reference, slug).json()
    assert (status["payment_status"], status["amount"]) == ("SUCCESS", shown)
    assert till.validate(slug, 100.5).status_code == 404
    assert till.validate(slug, shown).status_code == 404


def test_an_order_expires_after_five_minutes(till: Till) -> None:
    reference, slug = till.sale()
    till.clock.wind(299)
    assert till.state(reference, slug) == "INITIATED"
    till.clock.wind(1)
    status = till.status(reference, slug).json()
    assert status["payment_status"] == "EXPIRED"
    assert status["processed_at"] == int(till.clock().timestamp())
    assert till.validate(slug, 100.5).json()["payment_status"] == "EXPIRED"


def test_money_after_expiry_is_taken(till: Till) -> None:
    reference, slug = till.sale()
    till.clock.wind(3600)
    till.auth()
    assert till.state(reference, slug) == "EXPIRED"
    till.server.smepay.pay(reference)
    status = till.status(reference, slug).json()
    assert (status["payment_status"], status["processed_at"]) == ("SUCCESS", int(till.clock().timestamp()))
    assert till.validate(slug, 100.5).json()["valid"] is True


def test_an_amount_is_written_as_a_person_would(till: Till) -> None:
    reference, slug = till.sale("499999.10")
    assert '"amount":499999.1,' in till.status(reference, slug).text


@pytest.mark.parametrize(
    ("paise", "text"), [(10050, "100.5"), (10000, "100"), (1, "0.01"), (5_00_000_00, "500000")]
)
def test_numbers_are_written_without_floats(paise: int, text: str) -> None:
    assert json_text({"amount": [rupees(paise)]}) == f'{{"amount":[{text}]}}'
    assert json.loads(text, parse_float=Decimal) * 100 == paise


def test_twenty_clients_at_once_make_twenty_sales(till: Till) -> None:
    start = threading.Barrier(20)

    def sell(number: int) -> dict[str, Any]:
        mine = Till(till.server, till.clock)
        try:
            start.wait()
            mine.auth()
            reference, slug = mine.sale(f"{number}.25")
            till.server.smepay.pay(reference)
            assert mine.validate(slug, number + 0.25).json()["valid"] is True
            return mine.status(reference, slug).json()
        finally:
            mine.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(sell, range(1, 21)))
    assert [answer["amount"] for answer in answers] == [number + 0.25 for number in range(1, 21)]
    references = {answer["order_id"] for answer in answers}
    credits_ = [credit for credit in till.server.smepay.credits() if credit.reference in references]
    assert len({credit.utr for credit in credits_}) == 20


def test_of_twenty_initiates_at_once_one_is_served(till: Till) -> None:
    slug = till.create().json()["slug"]
    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(lambda _: till.initiate(slug).status_code, range(20)))
    assert sorted(codes) == [200] + [400] * 19
