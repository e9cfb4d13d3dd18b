"""SMEPay against the twin, from the QR to paid."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pos_app.domain.collecting import apply
from pos_app.domain.errors import Outcome, Reason
from pos_app.domain.ids import new_reference
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, Said, Sighting, Status
from pos_app.domain.promises import Ask
from pos_app.domain.shop import Mode, Shop
from pos_app.gateways.smepay import Smepay
from pos_app.gateways.wire import Wire
from pos_app.sandbox.faults import Fault, FaultKind
from pos_app.sandbox.server import SandboxServer
from pos_app.sandbox.strict import Words
from tests.gateways.desk import ignore, known, seconds_left, smepay, trouble_of
from tests.helpers.requests import a_request


@dataclass
class Shopfront:
    """The connector before the training twin; every sale has a reference of its own."""

    twin: SandboxServer
    gateway: Smepay
    kept: list[dict[str, str]]

    def ask(self, paise: int = 100_50) -> Ask:
        vpa = "training.shop@smepay"
        return Ask(new_reference("T", datetime.now(UTC)), Money(paise), Shop(payee_vpa=vpa), "9876543210")

    def make(self, ask: Ask) -> Sighting:
        return self.gateway.make_qr(ask, self.gateway.draft(ask), self.kept.append)


@pytest.fixture
def front(twin: SandboxServer, shared_wire: Wire) -> Any:
    section = twin.sections()["gateways.smepay"]
    keys = {"client_id": section["client_id"], "client_secret": section["client_secret"]}
    yield Shopfront(twin, smepay(shared_wire, section["base_url"], Mode.TRAINING, **keys), [])
    twin.smepay.faults.clear()
    twin.smepay.go_dark(False)


def opened(ask: Ask, sighting: Sighting) -> Any:
    start = a_request(
        Status.OPENING,
        reference=ask.reference,
        amount=ask.amount,
        created_at=sighting.at,
        gateway_ids={},
        expires_at=None,
    )
    return apply(start, sighting, sighting.at)


@pytest.mark.parametrize("paise", [100, 101, 100_50, 5_00_000_00])
def test_a_sale_at_the_twin_from_the_qr_to_paid(front: Shopfront, paise: int) -> None:
    ask = front.ask(paise)
    ticket = front.make(ask)
    assert ticket.said is Said.TICKET
    assert 290 < seconds_left(ticket) <= 301
    request = opened(ask, ticket)
    assert request.payable_link(ticket.at) == request.link
    assert front.gateway.look(request).said is Said.UNPAID
    assert front.gateway.confirm(request).said is Said.UNPAID
    front.twin.smepay.pay(ask.reference)
    hint = front.gateway.look(request)
    assert (hint.said, hint.amount, hint.proven) == (Said.PAID, ask.amount, False)
    request = apply(request, hint, hint.at)
    assert request.status is Status.CONFIRMING
    proof = front.gateway.confirm(request)
    request = apply(request, proof, proof.at)
    assert (request.status, request.issue, request.hand_over) == (Status.PAID, Issue.NONE, True)


@pytest.mark.parametrize(("paise", "issue"), [(90_00, Issue.UNDERPAID), (100_51, Issue.OVERPAID)])
def test_another_amount_at_the_twin_is_never_paid(front: Shopfront, paise: int, issue: Issue) -> None:
    ask = front.ask()
    request = opened(ask, front.make(ask))
    front.twin.smepay.pay(ask.reference, paise)
    hint = front.gateway.look(request)
    request = apply(request, hint, hint.at)
    assert (request.status, request.issue) == (Status.CONFIRMING, issue)
    assert known(trouble_of(lambda: front.gateway.confirm(request))) == (
        Outcome.REJECTED,
        Reason.ORDER_NOT_FOUND,
    )


def test_a_decline_at_the_twin_is_failed_and_a_scan_is_unpaid(front: Shopfront) -> None:
    ask = front.ask()
    request = opened(ask, front.make(ask))
    front.twin.smepay.scan(ask.reference)
    assert front.gateway.look(request).said is Said.UNPAID
    front.twin.smepay.decline(ask.reference)
    assert front.gateway.look(request).said is Said.FAILED


def test_the_same_reference_twice_at_the_twin_exists(front: Shopfront) -> None:
    ask = front.ask()
    front.make(ask)
    assert known(trouble_of(lambda: front.make(ask))) == (Outcome.EXISTS, Reason.DUPLICATE)


def test_wrong_keys_at_the_twin_are_rejected(
    twin: SandboxServer, shared_wire: Wire, front: Shopfront
) -> None:
    gateway = smepay(shared_wire, twin.sections()["gateways.smepay"]["base_url"], Mode.TRAINING)
    ask = front.ask()
    trouble = trouble_of(lambda: gateway.make_qr(ask, gateway.draft(ask), ignore))
    assert known(trouble) == (Outcome.REJECTED, Reason.WRONG_KEYS)


def test_the_twin_s_pinned_payee_is_checked(front: Shopfront) -> None:
    ask = replace(front.ask(), shop=Shop(payee_vpa="asha@ybl"))
    sighting = front.make(ask)
    assert (sighting.said, sighting.reason) == (Said.TICKET_REFUSED, Reason.QR_PAYEE)


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER])
@pytest.mark.parametrize(("call", "ids"), [("create", 0), ("initiate", 1)])
def test_the_twin_hangs_up(front: Shopfront, call: str, ids: int, kind: FaultKind) -> None:
    front.twin.smepay.faults.set(call, Fault(kind))
    assert trouble_of(lambda: front.make(front.ask())).outcome is Outcome.UNKNOWN
    assert len(front.kept) == ids


def test_an_initiate_lost_after_it_was_done_can_still_be_asked_about(front: Shopfront) -> None:
    front.twin.smepay.faults.set("initiate", Fault(FaultKind.DROP_AFTER))
    ask = front.ask()
    trouble_of(lambda: front.make(ask))
    front.twin.smepay.pay(ask.reference)
    request = a_request(Status.OPENING, reference=ask.reference, amount=ask.amount, gateway_ids=front.kept[0])
    hint = front.gateway.look(request)
    assert hint.said is Said.PAID
    assert front.gateway.confirm(request).said is Said.PAID


def test_the_twin_s_order_slug_spelling(front: Shopfront) -> None:
    def respell(words: Words) -> None:
        words["order_slug"] = words.pop("slug")

    front.twin.smepay.faults.set("create", Fault(FaultKind.REWRITE, rewrite=respell))
    assert front.make(front.ask()).said is Said.TICKET


def test_a_token_that_the_twin_forgot_is_renewed(front: Shopfront) -> None:
    front.make(front.ask())
    body = '{"status":false,"message":"Token expired or invalid"}'
    for call, times in itertools.product(("create", "initiate", "validate"), (1,)):
        front.twin.smepay.faults.set(call, Fault(FaultKind.STATUS, code=401, body=body), times=times)
    ask = front.ask()
    request = opened(ask, front.make(ask))
    assert front.gateway.confirm(request).said is Said.UNPAID


def test_a_dark_twin_is_unknown(front: Shopfront) -> None:
    ask = front.ask()
    request = opened(ask, front.make(ask))
    front.twin.smepay.go_dark(True)
    assert known(trouble_of(lambda: front.gateway.look(request))) == (Outcome.UNKNOWN, Reason.GATEWAY_DOWN)


def test_sixteen_sales_at_once_at_the_twin(front: Shopfront) -> None:
    said: list[tuple[Said, Said]] = []

    def run() -> None:
        ask = front.ask()
        request = opened(ask, front.make(ask))
        front.twin.smepay.pay(ask.reference)
        said.append((front.gateway.look(request).said, front.gateway.confirm(request).said))

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [(Said.PAID, Said.PAID)] * 16
