"""SMEPay before a scripted gateway that answers well, for the tests of its connector."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from pos_app.domain.clock import GatewayTimes, SystemClock
from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import Sighting
from pos_app.domain.promises import Ask
from pos_app.domain.shop import Mode, Shop
from pos_app.gateways.catalogue import connect
from pos_app.gateways.smepay import Smepay
from pos_app.gateways.wire import Wire
from tests.helpers.requests import a_request
from tests.helpers.server import Behaviour, ScriptedServer, reply, says

AUTH = "/api/external/auth"
CREATE = "/api/external/order/create"
INITIATE = "/api/external/order/initiate"
STATUS = "/api/external/qr/status"
VALIDATE = "/api/external/order/validate"
AMOUNT = Money(100_50)
REFERENCE = "ASH1A2B3C4D5E6F7G8"
SLUG = "abcdefg"
PAYEE = "asha.stores@ybl"
LINK = f"upi://pay?pa={PAYEE}&pn=Asha%20Stores&tr=PPabc&am=100.50&cu=INR&tn=Bill%207"
SHOP = Shop(payee_vpa=PAYEE, email="shop@asha.in", mobile="9811111111", callback_url="https://asha.in/hook")
ASK = Ask(reference=REFERENCE, amount=AMOUNT, shop=SHOP, mobile="9876543210")
REQUEST = a_request(reference=REFERENCE, amount=AMOUNT, gateway_ids={"slug": SLUG})

GOOD_AUTH: dict[str, object] = {
    "access_token": "tok-1",
    "token_type": "Bearer",
    "expires_in": 600,
    "environment": "test",
}

GOOD_CREATE: dict[str, object] = {
    "status": True,
    "order_id": "INT-123e4567-e89b-12d3-a456-426614174000",
    "slug": SLUG,
    "message": "Order created",
}

GOOD_STATE: dict[str, object] = {
    "status": True,
    "order_id": REFERENCE,
    "payment_status": "INITIATED",
    "amount": 100.5,
    "provider": "phonepe",
    "created_at": 1736030500,
    "processed_at": None,
}

GOOD_VERDICT: dict[str, object] = {
    "status": True,
    "valid": True,
    "payment_status": "SUCCESS",
    "message": "Order validated successfully",
}


def good_initiate(**changes: object) -> dict[str, object]:
    return {
        "status": True,
        "order_id": "INT-123e4567-e89b-12d3-a456-426614174000",
        "external_reference_id": REFERENCE,
        "provider": "phonepe",
        "payment_link": LINK,
        "transaction_id": "PPabc",
        "qr_code": "data:image/png;base64,AAAA",
        "payment_status": "INITIATED",
        "expires_at": int(time.time()) + 240,
        "intents": {"gpay": "tez://x", "phonepe": "phonepe://x", "paytm": "paytmmp://x"},
        "message": "Payment initiated successfully. Payment will be monitored for 5 minutes.",
        **changes,
    }


def without(words: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in words.items() if name not in names}


@dataclass
class Desk:
    """The connector before a scripted gateway that answers well, until a test says otherwise."""

    server: ScriptedServer
    gateway: Smepay

    def script(self, path: str, *answers: object, code: int = 200) -> None:
        """Each answer is an object, a body's bytes, or a behaviour."""
        self.server.on(path, *(behaviour_of(answer, code) for answer in answers))

    def sale(self, ask: Ask = ASK) -> Sighting:
        return self.gateway.make_qr(ask, self.gateway.draft(ask), ignore)

    def paths(self) -> list[str]:
        return [request.path for request in self.server.requests]


def behaviour_of(answer: object, code: int = 200) -> Behaviour:
    if isinstance(answer, dict):
        return says(reply(cast("dict[str, object]", answer), code))
    if isinstance(answer, bytes | str):
        return says(reply(answer, code))
    return cast("Behaviour", answer)


def ignore(_ids: dict[str, str]) -> None:
    pass


def smepay(wire: Wire, base_url: str, mode: Mode = Mode.TEST, **keys: str) -> Smepay:
    gateway = connect(
        "smepay",
        wire=wire,
        base_url=base_url,
        credentials={"client_id": "CLIENT", "client_secret": "HIDDEN", **keys},
        mode=mode,
        times=GatewayTimes(SystemClock()),
        clock=SystemClock(),
    )
    assert isinstance(gateway, Smepay)
    return gateway


def desk_of(server: ScriptedServer, wire: Wire, mode: Mode = Mode.TEST) -> Desk:
    desk = Desk(server, smepay(wire, server.url, mode))
    desk.script(AUTH, {**GOOD_AUTH, "environment": "live" if mode is Mode.LIVE else "test"})
    desk.script(CREATE, GOOD_CREATE)
    desk.script(INITIATE, good_initiate())
    desk.script(STATUS, GOOD_STATE)
    desk.script(VALIDATE, GOOD_VERDICT)
    return desk


def trouble_of(act: Any) -> GatewayTrouble:
    with pytest.raises(GatewayTrouble) as caught:
        act()
    return caught.value


def known(trouble: GatewayTrouble) -> tuple[Outcome, Reason]:
    return trouble.outcome, trouble.reason


ACTS: dict[str, Any] = {
    CREATE: lambda desk: desk.sale(),
    INITIATE: lambda desk: desk.sale(),
    STATUS: lambda desk: desk.gateway.look(REQUEST),
    VALIDATE: lambda desk: desk.gateway.confirm(REQUEST),
}


def seconds_left(sighting: Sighting) -> float:
    assert sighting.ticket is not None
    return (sighting.ticket.expires_at - datetime.now(UTC)).total_seconds()
