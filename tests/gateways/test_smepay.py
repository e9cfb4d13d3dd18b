"""SMEPay: every request as documented, every answer to its meaning, against a script and against the twin."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from pos_app.domain.clock import GatewayTimes, SystemClock
from pos_app.domain.collecting import apply
from pos_app.domain.errors import BooksTrouble, GatewayTrouble, Outcome, Reason
from pos_app.domain.ids import new_reference
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, Said, Sighting, Status
from pos_app.domain.promises import Ask, MakesQr, ReportsPayment
from pos_app.domain.shop import Mode, Shop
from pos_app.gateways import signing
from pos_app.gateways.catalogue import CONNECTORS, connect
from pos_app.gateways.smepay import COUNTER_EMAIL, COUNTER_MOBILE, ENVIRONMENTS, STATES, TEST_STATES, Smepay
from pos_app.gateways.wire import Wire
from pos_app.sandbox.faults import Fault, FaultKind
from pos_app.sandbox.server import SandboxServer
from pos_app.sandbox.strict import Words
from tests.helpers.requests import a_request
from tests.helpers.server import Behaviour, ScriptedServer, closes, echoes, refused_port, reply, resets, says

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


@pytest.fixture
def desk(server: ScriptedServer, shared_wire: Wire) -> Desk:
    return desk_of(server, shared_wire)


@pytest.fixture
def live_desk(server: ScriptedServer, shared_wire: Wire) -> Desk:
    return desk_of(server, shared_wire, Mode.LIVE)


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


# ── requests ───────────────────────────────────────────────────────────────────────────────────────
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


# ── the token ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("path", [CREATE, INITIATE, VALIDATE])
def test_a_401_renews_the_token_once_and_the_same_bytes_go_again(desk: Desk, path: str) -> None:
    good = {CREATE: GOOD_CREATE, INITIATE: good_initiate(), VALIDATE: GOOD_VERDICT}[path]
    desk.script(AUTH, GOOD_AUTH, {**GOOD_AUTH, "access_token": "tok-2"})
    desk.script(path, says(reply({"status": False, "message": "business_id not found in token"}, 401)), good)
    ACTS[path](desk)
    first, second = desk.server.sent_to(path)
    assert [first.header("Authorization"), second.header("Authorization")] == ["Bearer tok-1", "Bearer tok-2"]
    assert first.body == second.body
    assert len(desk.server.sent_to(AUTH)) == 2


@pytest.mark.parametrize("path", [CREATE, INITIATE, VALIDATE])
def test_a_second_401_is_an_answer(desk: Desk, path: str) -> None:
    desk.script(path, {"status": False, "message": "invalid client credentials"}, code=401)
    assert known(trouble_of(lambda: ACTS[path](desk))) == (Outcome.REJECTED, Reason.WRONG_KEYS)
    assert len(desk.server.sent_to(path)) == 2
    assert len(desk.server.sent_to(AUTH)) == 2


def test_a_401_to_qr_status_renews_nothing(desk: Desk) -> None:
    desk.script(STATUS, {"status": False, "message": "no"}, code=401)
    trouble_of(lambda: desk.gateway.look(REQUEST))
    assert desk.paths() == [STATUS]


def test_a_401_to_auth_is_not_asked_again(desk: Desk) -> None:
    desk.script(AUTH, {"status": False, "message": "invalid client credentials"}, code=401)
    assert known(trouble_of(desk.sale)) == (Outcome.REJECTED, Reason.WRONG_KEYS)
    assert desk.paths() == [AUTH]


def test_a_renewal_that_fails_means_the_call_was_not_made(desk: Desk) -> None:
    desk.script(AUTH, GOOD_AUTH, resets())
    desk.script(CREATE, {"status": False, "message": "expired"}, code=401)
    assert trouble_of(desk.sale).outcome is Outcome.NOT_SENT
    assert desk.paths() == [AUTH, CREATE, AUTH]


class Ticks:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("told", "lasts"),
    [
        (600, 540), (100, 50), (200, 140), ("300", 240), (None, 540), (0, 540), (-5, 540), (True, 540), ("soon", 540),
        (99999, 540), ([], 540), ({}, 540), ("", 540), (300.5, 240.5), ("9" * 500, 540), (10**30, 540),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_a_token_is_used_as_long_as_expires_in_allows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, told: object, lasts: float
) -> None:
    ticks = Ticks()
    monkeypatch.setattr(signing, "time", ticks)
    desk.script(AUTH, {**GOOD_AUTH, "expires_in": told})
    desk.gateway.confirm(REQUEST)
    ticks.now += lasts - 0.5
    desk.gateway.confirm(REQUEST)
    assert len(desk.server.sent_to(AUTH)) == 1
    ticks.now += 1
    desk.gateway.confirm(REQUEST)
    assert len(desk.server.sent_to(AUTH)) == 2


def test_a_missing_expires_in_is_ten_minutes(desk: Desk) -> None:
    desk.script(AUTH, without(GOOD_AUTH, "expires_in"))
    desk.sale()
    assert len(desk.server.sent_to(AUTH)) == 1


@pytest.mark.parametrize("word", ["test", "TEST", " Testing ", "staging", "sandbox"])
@pytest.mark.parametrize("mode", [Mode.TEST, Mode.TRAINING])
def test_a_token_of_the_test_world_is_ours_in_test(
    server: ScriptedServer, shared_wire: Wire, word: str, mode: Mode
) -> None:
    desk = desk_of(server, shared_wire, mode)
    desk.script(AUTH, {**GOOD_AUTH, "environment": word})
    assert desk.sale().said is Said.TICKET


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "word", ["test", "live", "production", "prod", "uat", "Testlive", "0", "null", "टेस्ट"]
)
def test_a_token_of_another_or_an_unknown_world_is_refused(
    server: ScriptedServer, shared_wire: Wire, mode: Mode, word: str
) -> None:
    ours = Mode.LIVE if mode is Mode.LIVE else Mode.TEST
    desk = desk_of(server, shared_wire, mode)
    desk.script(AUTH, {**GOOD_AUTH, "environment": word})
    if ENVIRONMENTS.get(word) is ours:
        assert desk.sale().said is Said.TICKET
    else:
        assert known(trouble_of(desk.sale)) == (Outcome.REJECTED, Reason.OTHER_ENVIRONMENT)
        assert desk.paths() == [AUTH]


def test_a_token_that_names_no_world_is_taken(desk: Desk) -> None:
    desk.script(AUTH, without(GOOD_AUTH, "environment"))
    assert desk.sale().said is Said.TICKET


@pytest.mark.parametrize(
    "words",
    [
        without(GOOD_AUTH, "access_token"), {**GOOD_AUTH, "access_token": ""}, {**GOOD_AUTH, "access_token": None},
        {**GOOD_AUTH, "access_token": 5}, {**GOOD_AUTH, "access_token": "a\r\nX-Evil: 1"}, {**GOOD_AUTH, "access_token": "tök"},
        {**GOOD_AUTH, "access_token": "a\x7f"}, {**GOOD_AUTH, "environment": 5}, {**GOOD_AUTH, "environment": ["test"]},
        {"status": False, "message": "Invalid client credentials"}, {},
    ],
    ids=ascii,
)  # fmt: skip
def test_a_token_that_can_not_be_used_means_not_sent(desk: Desk, words: dict[str, object]) -> None:
    desk.script(AUTH, words)
    assert trouble_of(desk.sale).outcome is Outcome.NOT_SENT
    assert desk.paths() == [AUTH]


@pytest.mark.parametrize("token", ["tok ", " tok", "to k"])
def test_a_token_with_a_space_is_refused_at_once_or_works(desk: Desk, token: str) -> None:
    desk.script(AUTH, {**GOOD_AUTH, "access_token": token}, GOOD_AUTH)
    for _ in range(2):
        with contextlib.suppress(GatewayTrouble):
            desk.sale()
    assert desk.sale().said is Said.TICKET


@pytest.mark.parametrize(
    "behaviour",
    [
        closes(), resets(), says(reply(b"", 500)), says(reply(b"", 302, "Location: /x")), says(reply("<html>", 200)),
        says(reply(b"{", 200)), says(reply({"status": False, "message": "busy"}, 429)), says(reply(b"", 204)),
        says(reply({"status": False, "message": "what?"}, 400)), says(reply({"message": "duplicate"}, 400)),
    ],
)  # fmt: skip
def test_whatever_else_befalls_auth_means_not_sent(desk: Desk, behaviour: Behaviour) -> None:
    desk.script(AUTH, behaviour)
    assert trouble_of(desk.sale).outcome is Outcome.NOT_SENT
    assert trouble_of(lambda: desk.gateway.confirm(REQUEST)).outcome is Outcome.NOT_SENT
    assert set(desk.paths()) == {AUTH}


def test_eight_confirmations_at_once_fetch_one_token(desk: Desk) -> None:
    gate = threading.Barrier(8)
    said: list[Said] = []

    def run() -> None:
        gate.wait()
        said.append(desk.gateway.confirm(REQUEST).said)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [Said.PAID] * 8
    assert len(desk.server.sent_to(AUTH)) == 1


# ── the ticket ─────────────────────────────────────────────────────────────────────────────────────
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


@pytest.mark.parametrize("path", [CREATE, INITIATE, STATUS, VALIDATE])
@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_answer_is_unknown_and_nothing_is_sent_twice(desk: Desk, path: str, name: str) -> None:
    if path == VALIDATE and name == "status false":
        pytest.skip("it is an answer there")
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


# ── expiry ─────────────────────────────────────────────────────────────────────────────────────────
def seconds_left(sighting: Sighting) -> float:
    assert sighting.ticket is not None
    return (sighting.ticket.expires_at - datetime.now(UTC)).total_seconds()


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


# ── looking ────────────────────────────────────────────────────────────────────────────────────────
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


# ── confirming ─────────────────────────────────────────────────────────────────────────────────────
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


# ── against the twin ───────────────────────────────────────────────────────────────────────────────
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


def test_an_echo_is_no_answer(desk: Desk) -> None:
    """A loop in the network that gives back what was sent."""
    for path in (CREATE, STATUS, VALIDATE):
        desk.script(path, echoes)
        assert trouble_of(lambda path=path: ACTS[path](desk)).outcome is Outcome.UNKNOWN
