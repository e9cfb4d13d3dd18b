"""SMEPay: a look reads the documented words and is never more than a hint."""

from __future__ import annotations

import contextlib

import pytest

from pos_app.domain.collecting import apply
from pos_app.domain.errors import GatewayTrouble, Outcome
from pos_app.domain.money import Money
from pos_app.domain.payment import Said, Status
from pos_app.domain.shop import Mode
from pos_app.gateways.smepay import STATES, TEST_STATES
from pos_app.gateways.wire import Wire
from tests.gateways.desk import (
    AMOUNT,
    GOOD_STATE,
    GOOD_VERDICT,
    REQUEST,
    STATUS,
    VALIDATE,
    Desk,
    desk_of,
    trouble_of,
    without,
)
from tests.helpers.server import ScriptedServer

WORDS = {
    "CREATED": Said.UNPAID, "INITIATED": Said.UNPAID, "PENDING": Said.UNPAID, "SUCCESS": Said.PAID, "FAILED": Said.FAILED,
    "EXPIRED": Said.EXPIRED,
}  # fmt: skip

STRANGE = ["", "success", "Success", " SUCCESS", "SUCCESS ", "PAID", "paid", "COMPLETED", "SUCCESSFUL", "NOT_SUCCESS",
           "TEST_PENDING", "test_success", "ＳＵＣＣＥＳＳ", "SUCCESS\x00", "REFUNDED", "null", "true"]  # fmt: skip


def test_the_table_of_words_is_the_documented_one() -> None:
    assert STATES == WORDS
    assert {"TEST_SUCCESS": Said.PAID, "TEST_FAILED": Said.FAILED} == TEST_STATES


@pytest.mark.parametrize("word", [*WORDS, "TEST_SUCCESS", "TEST_FAILED", *STRANGE], ids=ascii)
@pytest.mark.parametrize("mode", [Mode.TEST, Mode.LIVE])
def test_a_word_means_what_is_documented_and_nothing_else(
    server: ScriptedServer, shared_wire: Wire, mode: Mode, word: str
) -> None:
    desk = desk_of(server, shared_wire, mode)
    meant = {**WORDS, **(TEST_STATES if mode is Mode.TEST else {})}.get(word, Said.UNCLEAR)
    desk.script(STATUS, {**GOOD_STATE, "payment_status": word})
    desk.script(VALIDATE, {**GOOD_VERDICT, "payment_status": word})
    looked, confirmed = desk.gateway.look(REQUEST), desk.gateway.confirm(REQUEST)
    assert (looked.said, looked.proven) == (meant, False)
    assert (confirmed.said, confirmed.proven) == (meant, True)


@pytest.mark.parametrize(
    ("told", "money"),
    [
        (100.5, AMOUNT), ("100.50", AMOUNT), (100, Money(100_00)), (1, Money(100)), (None, None), ("NaN", None), (True, None),
        (-100.5, None), ("1e2", None), ([], None), ("", None), (100.505, None),
    ],
)  # fmt: skip
def test_the_amount_of_a_look_is_a_hint(desk: Desk, told: object, money: Money | None) -> None:
    desk.script(STATUS, {**GOOD_STATE, "payment_status": "SUCCESS", "amount": told})
    sighting = desk.gateway.look(REQUEST)
    assert (sighting.said, sighting.amount, sighting.proven) == (Said.PAID, money, False)
    assert apply(REQUEST, sighting, sighting.at).status is Status.CONFIRMING


def test_the_amount_of_an_unpaid_order_is_not_what_was_received(desk: Desk) -> None:
    assert desk.gateway.look(REQUEST).amount is None


@pytest.mark.parametrize(
    "state",
    [
        without(GOOD_STATE, "payment_status"), {**GOOD_STATE, "payment_status": None}, {**GOOD_STATE, "payment_status": 5},
        {**GOOD_STATE, "status": False}, {**GOOD_STATE, "status": "true"}, {**GOOD_STATE, "status": None},
        {**GOOD_STATE, "payment_status": ["SUCCESS"]}, {"data": GOOD_STATE}, {},
    ],
)  # fmt: skip
def test_a_look_of_another_shape_is_unknown(desk: Desk, state: dict[str, object]) -> None:
    desk.script(STATUS, state)
    assert trouble_of(lambda: desk.gateway.look(REQUEST)).outcome is Outcome.UNKNOWN


def test_a_success_of_another_order_only_makes_us_ask_for_a_proof(desk: Desk) -> None:
    desk.script(STATUS, {**GOOD_STATE, "payment_status": "SUCCESS", "order_id": "ANOTHER", "amount": 1})
    sighting = desk.gateway.look(REQUEST)
    assert (sighting.said, sighting.amount, sighting.proven) == (Said.PAID, None, False)


@pytest.mark.parametrize("word", ["FAILED", "EXPIRED", "PENDING"])
def test_a_look_at_another_order_says_nothing_of_ours(desk: Desk, word: str) -> None:
    desk.script(STATUS, {**GOOD_STATE, "payment_status": word, "order_id": "ANOTHER", "amount": 1})
    with contextlib.suppress(GatewayTrouble):
        sighting = desk.gateway.look(REQUEST)
        assert apply(REQUEST, sighting, sighting.at) == REQUEST
