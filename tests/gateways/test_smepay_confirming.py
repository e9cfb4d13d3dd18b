"""SMEPay: only a good verdict is the proof."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pos_app.domain.collecting import apply
from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.domain.payment import Issue, Said, Sighting, Status
from pos_app.domain.shop import Mode
from pos_app.gateways.wire import Wire
from tests.gateways.desk import (
    AMOUNT,
    GOOD_STATE,
    GOOD_VERDICT,
    REFERENCE,
    REQUEST,
    SLUG,
    STATUS,
    VALIDATE,
    Desk,
    desk_of,
    known,
    trouble_of,
    without,
)
from tests.helpers.server import ScriptedServer, reply, says


@pytest.fixture
def live_desk(server: ScriptedServer, shared_wire: Wire) -> Desk:
    return desk_of(server, shared_wire, Mode.LIVE)


CONFIRMING = replace(REQUEST, status=Status.CONFIRMING, was=Status.AWAITING)


def status_after(sighting: Sighting) -> Status:
    return apply(CONFIRMING, sighting, sighting.at).status


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"amount": 100.5}, {"amount": "100.50"}, {"amount": None}, {"slug": SLUG}, {"ref_id": REFERENCE}, {"environment": "test"},
        {"environment": "staging"}, {"slug": None}, {"environment": None}, {"message": None}, {"new": {"deep": [1]}},
    ],
)  # fmt: skip
def test_a_good_verdict_is_the_proof(desk: Desk, changes: dict[str, object]) -> None:
    desk.script(VALIDATE, {**GOOD_VERDICT, **changes})
    sighting = desk.gateway.confirm(REQUEST)
    assert (sighting.said, sighting.proven, sighting.differs) == (Said.PAID, True, "")
    after = apply(CONFIRMING, sighting, sighting.at)
    assert (after.status, after.issue, after.hand_over, after.received) == (
        Status.PAID,
        Issue.NONE,
        True,
        AMOUNT,
    )


def test_a_verdict_without_valid_is_good(desk: Desk) -> None:
    desk.script(VALIDATE, without(GOOD_VERDICT, "valid"))
    assert status_after(desk.gateway.confirm(REQUEST)) is Status.PAID


NO_PROOF: dict[str, dict[str, object]] = {
    "valid false": {**GOOD_VERDICT, "valid": False},
    "status false": {**GOOD_VERDICT, "status": False},
    "both false": {**GOOD_VERDICT, "status": False, "valid": False},
    "no payment_status": without(GOOD_VERDICT, "payment_status"),
    "unpaid": {**GOOD_VERDICT, "valid": False, "payment_status": "INITIATED"},
    "pending": {**GOOD_VERDICT, "payment_status": "PENDING"},
    "failed": {**GOOD_VERDICT, "payment_status": "FAILED"},
    "expired": {**GOOD_VERDICT, "payment_status": "EXPIRED"},
    "less": {**GOOD_VERDICT, "amount": 100.49},
    "more": {**GOOD_VERDICT, "amount": 100.51},
    "paise": {**GOOD_VERDICT, "amount": 10050},
    "nothing": {**GOOD_VERDICT, "amount": 0},
    "less as text": {**GOOD_VERDICT, "amount": "90.00"},
    "amount NaN as text": {**GOOD_VERDICT, "amount": "NaN"},
    "amount empty": {**GOOD_VERDICT, "amount": ""},
    "amount true": {**GOOD_VERDICT, "amount": True},
    "amount list": {**GOOD_VERDICT, "amount": [100.5]},
    "amount object": {**GOOD_VERDICT, "amount": {"value": 100.5}},
    "amount negative": {**GOOD_VERDICT, "amount": -100.5},
    "amount with part of a paisa": {**GOOD_VERDICT, "amount": 100.501},
    "amount grouped": {**GOOD_VERDICT, "amount": "1,00.50"},
    "other slug": {**GOOD_VERDICT, "slug": "another"},
    "slug in other case": {**GOOD_VERDICT, "slug": SLUG.upper()},
    "other ref_id": {**GOOD_VERDICT, "ref_id": "ANOTHER"},
    "live": {**GOOD_VERDICT, "environment": "live"},
    "unknown environment": {**GOOD_VERDICT, "environment": "uat"},
    "other order_id": {**GOOD_VERDICT, "order_id": "ANOTHER"},
    "other external_reference_id": {**GOOD_VERDICT, "external_reference_id": "ANOTHER"},
}


@pytest.mark.parametrize("name", NO_PROOF)
def test_this_is_no_proof(desk: Desk, name: str) -> None:
    desk.script(VALIDATE, NO_PROOF[name])
    sighting = desk.gateway.confirm(REQUEST)
    assert status_after(sighting) in {Status.CONFIRMING, Status.EXPIRED}
    assert not apply(CONFIRMING, sighting, sighting.at).hand_over


@pytest.mark.parametrize(
    ("changes", "issue"),
    [
        ({"amount": 100.49}, Issue.UNDERPAID), ({"amount": 100.51}, Issue.OVERPAID), ({"slug": "another"}, Issue.MISMATCH),
        ({"ref_id": "ANOTHER"}, Issue.MISMATCH), ({"environment": "live"}, Issue.MISMATCH),
        ({"valid": False}, Issue.UNCONFIRMED), ({"payment_status": "PENDING"}, Issue.UNCONFIRMED),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_verdict_is_an_issue(
    desk: Desk, changes: dict[str, object], issue: Issue
) -> None:
    desk.script(VALIDATE, {**GOOD_VERDICT, **changes})
    sighting = desk.gateway.confirm(REQUEST)
    now = CONFIRMING.created_at + timedelta(seconds=30)
    assert apply(CONFIRMING, replace(sighting, at=now), now).issue is issue


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**GOOD_VERDICT, "status": "true"}), json.dumps({**GOOD_VERDICT, "status": 1}),
        json.dumps({**GOOD_VERDICT, "valid": None}), json.dumps({**GOOD_VERDICT, "valid": "true"}),
        json.dumps({**GOOD_VERDICT, "valid": 1}), json.dumps({**GOOD_VERDICT, "payment_status": None}),
        json.dumps({**GOOD_VERDICT, "payment_status": ["SUCCESS"]}), json.dumps({**GOOD_VERDICT, "payment_status": True}),
        json.dumps(without(GOOD_VERDICT, "status")), json.dumps({**GOOD_VERDICT, "slug": 5}),
        json.dumps({**GOOD_VERDICT, "ref_id": {}}), json.dumps({**GOOD_VERDICT, "environment": 1}),
        json.dumps({**GOOD_VERDICT, "amount": float("nan")}), json.dumps({"data": GOOD_VERDICT}), json.dumps([GOOD_VERDICT]),
        '{"status":true,"payment_status":"FAILED","payment_status":"SUCCESS"}', '{"status":true,"payment_status":"SUCCESS"',
        '{"status":true,"payment_status":"SUCCESS"}{"status":false}', "<html>SUCCESS</html>", "", "null", '"SUCCESS"',
        '\ufeff{"status":true,"payment_status":"SUCCESS"}', '{"status":true,"payment_status":"SUCCESS","x":' + "[" * 50 + "]" * 50 + "}",
    ],
    ids=lambda body: body[:60],
)  # fmt: skip
def test_a_verdict_of_another_form_is_no_verdict(desk: Desk, body: str) -> None:
    desk.script(VALIDATE, body)
    assert known(trouble_of(lambda: desk.gateway.confirm(REQUEST))) == (Outcome.UNKNOWN, Reason.BROKEN_ANSWER)


@pytest.mark.parametrize("code", [300, 302, 304, 400, 402, 404, 408, 409, 418, 429, 451, 500, 502, 503, 599])
def test_a_verdict_with_another_code_is_no_verdict(desk: Desk, code: int) -> None:
    desk.script(VALIDATE, GOOD_VERDICT, code=code)
    trouble_of(lambda: desk.gateway.confirm(REQUEST))


@pytest.mark.parametrize("code", [201, 202, 203, 206, 207, 226])
def test_a_proof_is_a_200(desk: Desk, code: int) -> None:
    desk.script(VALIDATE, GOOD_VERDICT, code=code)
    try:
        sighting = desk.gateway.confirm(REQUEST)
    except GatewayTrouble:
        return
    assert status_after(sighting) is not Status.PAID


def test_a_404_proves_nothing(desk: Desk) -> None:
    desk.script(VALIDATE, {"status": False, "message": "Order not found or amount mismatch"}, code=404)
    trouble = trouble_of(lambda: desk.gateway.confirm(REQUEST))
    silence = Sighting(
        Said.SILENT, at=CONFIRMING.created_at, proven=True, reason=trouble.reason, words=trouble.said
    )
    after = apply(CONFIRMING, silence, CONFIRMING.created_at)
    assert (after.status, after.issue) == (Status.CONFIRMING, Issue.UNCONFIRMED)


@pytest.mark.parametrize("environment", [None, "live", "test"])
def test_test_success_is_never_paid_in_live(live_desk: Desk, environment: str | None) -> None:
    live_desk.script(VALIDATE, {**GOOD_VERDICT, "payment_status": "TEST_SUCCESS", "environment": environment})
    live_desk.script(STATUS, {**GOOD_STATE, "payment_status": "TEST_SUCCESS"})
    assert status_after(live_desk.gateway.confirm(REQUEST)) is not Status.PAID
    looked = live_desk.gateway.look(REQUEST)
    assert apply(REQUEST, looked, looked.at) == REQUEST


def test_a_live_success_is_paid_in_live_and_a_test_one_is_not(live_desk: Desk) -> None:
    for environment, status in (
        ("live", Status.PAID),
        ("production", Status.PAID),
        ("test", Status.CONFIRMING),
    ):
        live_desk.script(VALIDATE, {**GOOD_VERDICT, "environment": environment})
        assert status_after(live_desk.gateway.confirm(REQUEST)) is status


def test_test_success_is_paid_in_test(desk: Desk) -> None:
    desk.script(VALIDATE, {**GOOD_VERDICT, "payment_status": "TEST_SUCCESS"})
    assert status_after(desk.gateway.confirm(REQUEST)) is Status.PAID


def test_a_stray_answer_on_the_line_is_no_proof(server: ScriptedServer, wire: Wire) -> None:
    desk = desk_of(server, wire)
    desk.gateway.confirm(REQUEST)  # so that a token is there
    desk.script(VALIDATE, {**GOOD_VERDICT, "valid": False, "payment_status": "INITIATED"})
    desk.script(STATUS, says(reply(GOOD_STATE) + reply(GOOD_VERDICT)))
    desk.gateway.look(REQUEST)
    try:
        sighting = desk.gateway.confirm(REQUEST)
    except GatewayTrouble:
        return
    assert status_after(sighting) is not Status.PAID
