"""The customer's side of the twin: paying, declining, darkness and faults, in Python and over HTTP."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest

from pos_app.sandbox.book import WrongStateError
from pos_app.sandbox.faults import Fault, FaultKind
from pos_app.sandbox.server import SandboxServer
from tests.sandbox.till import Clock, Till, Words

# the customer


def test_a_decline_fails_the_order_and_moves_no_money(till: Till) -> None:
    reference, slug = till.sale()
    till.server.smepay.decline(reference)
    status = till.status(reference, slug).json()
    assert (status["payment_status"], status["processed_at"]) == ("FAILED", int(till.clock().timestamp()))
    assert reference not in {credit.reference for credit in till.server.smepay.credits()}


def test_money_after_a_decline_is_taken(till: Till) -> None:
    reference, slug = till.sale()
    till.server.smepay.decline(reference)
    till.server.smepay.pay(reference)
    assert till.state(reference, slug) == "SUCCESS"


def test_a_scanned_order_is_pending_until_it_expires(till: Till) -> None:
    reference, slug = till.sale()
    till.server.smepay.scan(reference)
    assert till.state(reference, slug) == "PENDING"
    till.clock.wind(300)
    assert till.state(reference, slug) == "EXPIRED"


def test_a_slug_names_an_order_too(till: Till) -> None:
    reference, slug = till.sale()
    till.server.smepay.pay(slug)
    assert till.state(reference, slug) == "SUCCESS"


def test_nobody_pays_an_unknown_order(till: Till) -> None:
    for act in (till.server.smepay.pay, till.server.smepay.decline, till.server.smepay.scan):
        with pytest.raises(KeyError):
            act("nobody")


def test_an_order_is_paid_once(till: Till) -> None:
    reference, _ = till.sale()
    till.server.smepay.pay(reference)
    for act in (till.server.smepay.pay, till.server.smepay.decline, till.server.smepay.scan):
        with pytest.raises(WrongStateError, match="is SUCCESS"):
            act(reference)
    assert [credit.reference for credit in till.server.smepay.credits()].count(reference) == 1


def test_an_order_without_a_qr_cannot_be_paid(till: Till) -> None:
    till.create(order_id=(reference := till.new_reference()))
    for act in (till.server.smepay.pay, till.server.smepay.decline, till.server.smepay.scan):
        with pytest.raises(WrongStateError, match="is CREATED"):
            act(reference)


@pytest.mark.parametrize("paise", [0, -1])
def test_no_money_is_no_payment(till: Till, paise: int) -> None:
    reference, _ = till.sale()
    with pytest.raises(ValueError, match="one paisa"):
        till.server.smepay.pay(reference, paise)


# the customer over HTTP


def test_the_customer_pays_over_http(till: Till) -> None:
    reference, slug = till.sale()
    assert till.train("pay", {"order_id": reference, "amount": "90.5"}).json() == {"status": True}
    assert till.status(reference, slug).json()["amount"] == 90.5
    order = next(o for o in till.http.get("/training/smepay/orders").json() if o["slug"] == slug)
    assert (order["reference"], order["paise"], order["paid_paise"]) == (reference, 10050, 9050)
    assert order["state"] == "SUCCESS"
    credit = next(c for c in till.http.get("/training/smepay/credits").json() if c["slug"] == slug)
    assert credit == {
        "slug": slug,
        "reference": reference,
        "paise": 9050,
        "at": till.clock().isoformat(),
        "utr": order["utr"],
    }


def test_the_customer_scans_and_declines_over_http(till: Till) -> None:
    reference, slug = till.sale()
    assert till.train("scan", {"slug": slug}).status_code == 200
    assert till.state(reference, slug) == "PENDING"
    assert till.train("decline", {"slug": slug}).status_code == 200
    assert till.state(reference, slug) == "FAILED"


@pytest.mark.parametrize(
    ("what", "words", "code"),
    [
        ("pay", {"order_id": "nobody"}, 404),
        ("pay", {}, 400),
        ("pay", {"order_id": 7}, 400),
        ("dark", {"on": "yes"}, 400),
        ("dark", {}, 400),
        ("dark", [], 400),
        ("faults", {"call": "auth", "kind": "rewrite"}, 400),
        ("faults", {"call": "auth", "kind": "nonsense"}, 400),
        ("faults", {"call": "auth", "kind": "status", "code": "500"}, 400),
        ("faults", {"call": "auth", "kind": "status", "code": 99}, 400),
        ("faults", {"call": "nothing", "kind": "status"}, 404),
        ("faults", {"call": "auth", "kind": "status", "times": 0}, 409),
    ],
)
def test_a_wrong_training_request_is_refused(till: Till, what: str, words: object, code: int) -> None:
    answer = till.train(what, words)
    assert (answer.status_code, answer.json()["status"]) == (code, False)


@pytest.mark.parametrize("amount", [90, 90.5, "90.555", "-1", "", "9,0", "0"])
def test_a_strange_amount_is_not_paid(till: Till, amount: object) -> None:
    reference, slug = till.sale()
    assert till.train("pay", {"order_id": reference, "amount": amount}).status_code in {400, 409}
    assert till.state(reference, slug) == "INITIATED"


def test_a_second_payment_over_http_is_a_conflict(till: Till) -> None:
    reference, _ = till.sale()
    till.train("pay", {"order_id": reference})
    answer = till.train("pay", {"order_id": reference})
    assert (answer.status_code, answer.json()["message"]) == (409, f"{reference} is SUCCESS")


# darkness


def test_a_dark_gateway_keeps_its_client_waiting_and_does_nothing(till: Till) -> None:
    training = till.server.smepay
    training.go_dark(True)
    assert training.is_dark()
    before, began = len(training.orders()), time.monotonic()
    answer = till.create()
    assert answer.status_code == 503
    assert time.monotonic() - began >= 0.29  # the fixture's dark_seconds
    assert len(training.orders()) == before


def test_a_client_without_patience_gives_up(till: Till) -> None:
    till.train("dark", {"on": True})
    with pytest.raises(httpx.ReadTimeout):
        till.http.post("/smepay/api/external/auth", json={}, timeout=0.05)


def test_light_ends_the_waiting(book_path: Path) -> None:
    server = SandboxServer(book_path)  # whose dark lasts 30 s
    server.start()
    till = Till(server, Clock())
    try:
        till.auth()
        server.smepay.go_dark(True)
        switch = threading.Timer(0.05, server.smepay.go_dark, [False])
        switch.start()
        assert till.create().status_code == 503
        switch.join()
        assert till.create().status_code == 200
    finally:
        till.close()
        server.stop()


def test_customers_pay_in_the_dark(till: Till) -> None:
    reference, slug = till.sale()
    till.train("dark", {"on": True})
    till.train("pay", {"order_id": reference})
    till.train("dark", {"on": False})
    assert till.state(reference, slug) == "SUCCESS"


# faults


def test_a_status_fault_answers_instead_of_the_twin(till: Till) -> None:
    reference = till.new_reference()
    till.server.smepay.faults.set("create", Fault(FaultKind.STATUS, code=502, body="<html>"))
    answer = till.create(order_id=reference)
    assert (answer.status_code, answer.text) == (502, "<html>")
    assert till.create(order_id=reference).status_code == 200


def test_a_fault_may_hide_work_that_was_done(till: Till) -> None:
    reference = till.new_reference()
    till.server.smepay.faults.set("create", Fault(FaultKind.STATUS, acts=True))
    assert till.create(order_id=reference).status_code == 500
    assert "Duplicate" in till.create(order_id=reference).json()["message"]


def test_garbage_is_an_answer_too(till: Till) -> None:
    till.server.smepay.faults.set("auth", Fault(FaultKind.GARBAGE, body="{oops"))
    answer = till.ask("auth", {})
    assert (answer.status_code, answer.text) == (200, "{oops")


@pytest.mark.parametrize("acts", [True, False])
def test_a_delayed_answer_is_right_but_late(till: Till, acts: bool) -> None:
    reference = till.new_reference()
    till.server.smepay.faults.set("create", Fault(FaultKind.DELAY, seconds=0.4, acts=acts))
    began = time.monotonic()
    created: list[int] = []
    other = threading.Timer(0.2, lambda: created.append(reference in references(till)))
    other.start()
    assert till.create(order_id=reference).status_code == 200
    assert time.monotonic() - began >= 0.39
    other.join()
    assert created == [acts]


def references(till: Till) -> list[str]:
    return [order.reference for order in till.server.smepay.orders()]


def test_a_line_cut_before_leaves_nothing_behind(till: Till) -> None:
    reference = till.new_reference()
    till.server.smepay.faults.set("create", Fault(FaultKind.DROP_BEFORE))
    with pytest.raises(httpx.RemoteProtocolError):
        till.create(order_id=reference)
    assert till.create(order_id=reference).status_code == 200


def test_a_line_cut_after_leaves_the_work_done(
    till: Till, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    reference = till.new_reference()
    till.server.smepay.faults.set("create", Fault(FaultKind.DROP_AFTER))
    with pytest.raises(httpx.RemoteProtocolError):
        till.create(order_id=reference)
    assert "Duplicate" in till.create(order_id=reference).json()["message"]
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if not record.name.startswith("http")] == []


def test_an_answer_can_be_rewritten(till: Till) -> None:
    def another_payee(words: Words) -> Words:
        return words | {"payment_link": words["payment_link"].replace("training.shop@smepay", "thief@ybl")}

    slug = till.create().json()["slug"]
    till.server.smepay.faults.set("initiate", Fault(FaultKind.REWRITE, rewrite=another_payee))
    assert "pa=thief@ybl&" in till.initiate(slug).json()["payment_link"]


def test_an_answer_can_be_rewritten_in_place(till: Till) -> None:
    def more(words: Words) -> None:
        words["amount"] += 1

    reference, slug = till.sale()
    till.server.smepay.faults.set("qr_status", Fault(FaultKind.REWRITE, rewrite=more))
    assert till.status(reference, slug).json()["amount"] == 101.5


def test_a_fault_shows_as_often_as_asked(till: Till) -> None:
    reference, slug = till.sale()
    faults = till.server.smepay.faults
    faults.set("qr_status", Fault(FaultKind.STATUS), times=2)
    assert [till.status(reference, slug).status_code for _ in range(3)] == [500, 500, 200]
    faults.set("qr_status", Fault(FaultKind.STATUS), times=None)
    assert [till.status(reference, slug).status_code for _ in range(4)] == [500] * 4
    faults.clear()
    assert till.status(reference, slug).status_code == 200


def test_faults_are_laid_over_http(till: Till) -> None:
    fault = {"call": "auth", "kind": "status", "code": 429, "body": "slow down", "times": None}
    assert till.train("faults", fault).status_code == 200
    assert [till.ask("auth", {}).status_code for _ in range(2)] == [429, 429]


def test_a_fault_for_no_call_is_refused(till: Till) -> None:
    with pytest.raises(KeyError):
        till.server.smepay.faults.set("nothing", Fault(FaultKind.STATUS))
