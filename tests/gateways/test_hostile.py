"""Thousands of hostile replies to each SMEPay call: never a wrong PAID, never an exception but GatewayTrouble."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from pos_app.domain.clock import GatewayTimes
from pos_app.domain.collecting import apply
from pos_app.domain.errors import GatewayTrouble
from pos_app.domain.money import Money
from pos_app.domain.payment import PaymentRequest, Said, Sighting, Status
from pos_app.domain.promises import Ask
from pos_app.domain.shop import Mode, Shop
from pos_app.gateways.catalogue import connect
from pos_app.gateways.pace import Pace
from pos_app.gateways.smepay import Smepay
from pos_app.gateways.wire import Call, Reply, Wire
from tests.helpers.requests import EXPIRES, NOW, a_request
from tests.helpers.time import StillClock

REPLIES: Final = int(os.environ.get("HOSTILE_REPLIES", "8000"))  # for each of the five calls
SEED: Final = int(os.environ.get("HOSTILE_SEED", "20261120"))

AMOUNT = Money(1250_00)
REFERENCE, SLUG, THEIRS = "ASH1", "abcdefg", "INT-1"
LINK = "upi://pay?pa=asha@ybl&pn=Asha%20Stores&tr=T1&am=1250.00&cu=INR"
ASK = Ask(reference=REFERENCE, amount=AMOUNT, shop=Shop(payee_vpa="asha@ybl"))
AUTH, CREATE, INITIATE = "/api/external/auth", "/api/external/order/create", "/api/external/order/initiate"
STATUS, VALIDATE = "/api/external/qr/status", "/api/external/order/validate"

Fields = list[tuple[str, str]]  # a name and its JSON text: only so can a name stand twice and a number be NaN

GOOD: Final[dict[str, Fields]] = {
    AUTH: [("access_token", '"tok"'), ("token_type", '"Bearer"'), ("expires_in", "600"), ("environment", '"test"')],
    CREATE: [("status", "true"), ("order_id", f'"{THEIRS}"'), ("slug", f'"{SLUG}"'), ("message", '"Order created"')],
    INITIATE: [
        ("status", "true"), ("order_id", f'"{THEIRS}"'), ("external_reference_id", f'"{REFERENCE}"'), ("provider", '"phonepe"'),
        ("payment_link", f'"{LINK}"'), ("transaction_id", '"PPabc"'), ("qr_code", '"data:image/png;base64,AAAA"'),
        ("payment_status", '"INITIATED"'), ("expires_at", str(int(EXPIRES.timestamp()))), ("intents", '{"gpay":"tez://x"}'),
    ],
    STATUS: [
        ("status", "true"), ("order_id", f'"{REFERENCE}"'), ("payment_status", '"SUCCESS"'), ("amount", "1250.00"),
        ("provider", '"phonepe"'), ("created_at", "1736030500"), ("processed_at", "1736030822"),
    ],
    VALIDATE: [
        ("status", "true"), ("valid", "true"), ("payment_status", '"SUCCESS"'), ("message", '"Order validated successfully"'),
    ],
}  # fmt: skip
MORE: Final[Fields] = [
    ("amount", "1250.00"), ("amount", '"1250.00"'), ("slug", f'"{SLUG}"'), ("ref_id", f'"{REFERENCE}"'), ("environment", '"test"'),
]  # fmt: skip
VALUES: Final = [
    "null", "true", "false", "0", "-1", "1", "1250", "1250.00", "1249.99", "1250.01", "125000", "1250.001", "1e400", "1E-400", "-0",
    "1e99999999999999999999", "NaN", "Infinity", "-Infinity", "9" * 400, "9" * 4299, "9" * 5000, '""', '" "', '"NaN"', '"true"', '"false"',
    '"1250.00"', '"1,250.00"', '"12.5e2"', '"SUCCESS"', '"success"', '"TEST_SUCCESS"', '"FAILED"', '"EXPIRED"', '"INITIATED"',
    '"PAID"', '"live"', '"test"', '"production"', '"another"', f'"{SLUG}"', f'"{REFERENCE}"', "[]", "{}", "[true]", '["SUCCESS"]', '{"a":1}',
    '"\\u0000"', '"\\ud800"', '"\\udc00x"', '"\\u202e"', '"' + "A" * 3000 + '"', "[" * 40 + "]" * 40, "[" * 3000 + "]" * 3000,
    '"2026-11-20T12:00:00+05:30"', '"9999-12-31T23:59:59-23:59"', '"0001-01-01"', "1736034123000", '"                      1736034123"',
    '"upi://pay?pa=asha@ybl&am=1.00&cu=INR"', '"upi://pay?pa=thief@ybl&am=1250.00"', '"<html>"', "'x'", "tru", "0x1", "01", "",
]  # fmt: skip
WHOLE: Final[list[bytes]] = [
    b"", b" ", b"null", b"true", b"[]", b'"SUCCESS"', b"SUCCESS", b"<html><body>502 Bad Gateway</body></html>", b"{", b"}", b"{}", b"\x00",
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"[" * 9000, b'{"a":' * 9000, b"9" * 9000, b")]}'\n{}", b'{"data":{"status":true}}',
    b'{"status":true,"payment_status":"SUCCESS"}'[::-1],
]  # fmt: skip
CODES: Final = [200] * 12 + [
    201,
    204,
    206,
    302,
    304,
    400,
    401,
    403,
    404,
    408,
    409,
    422,
    429,
    500,
    502,
    503,
    999,
]


def body_of(fields: Fields) -> bytes:
    return ("{" + ",".join(f'"{name}":{value}' for name, value in fields) + "}").encode("utf-8", "replace")


def hostile(chance: random.Random, good: Fields) -> tuple[int, bytes]:
    """One reply: from nearly good to nothing like it."""
    fields = list(good)
    if chance.random() < 0.3:
        fields.append(chance.choice(MORE))
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        spoil(chance, fields)
    body = body_of(fields)
    turn = chance.random()
    if turn < 0.05:
        body = chance.choice(WHOLE)
    elif turn < 0.10:
        body = chance.randbytes(chance.randrange(200))
    elif turn < 0.20:
        body = body[: chance.randrange(len(body) + 1)]
    elif turn < 0.35:
        body = scratched(chance, body)
    elif turn < 0.38:
        body += chance.choice([b"{}", b"x", b"\x00", body, b"\n"])
    return chance.choice(CODES), body


def spoil(chance: random.Random, fields: Fields) -> None:
    if not fields:
        return
    at = chance.randrange(len(fields))
    name, value = fields[at]
    turn = chance.randrange(8)
    if turn == 0:
        del fields[at]
    elif turn == 1:
        fields.insert(chance.randrange(len(fields) + 1), (name, chance.choice(VALUES)))  # stands twice
    elif turn == 2:
        fields[at] = (chance.choice([name.upper(), " " + name, name + "s", "", "order_slug", "slug"]), value)
    elif turn == 3:
        fields[at] = (name, chance.choice([f"[{value}]", f'{{"{name}":{value}}}', f'"{value}"']))
    elif turn == 4:
        fields.append(
            (chance.choice(["amount", "slug", "ref_id", "environment", "valid", "x"]), chance.choice(VALUES))
        )
    else:
        fields[at] = (name, chance.choice(VALUES))


def scratched(chance: random.Random, body: bytes) -> bytes:
    worn = bytearray(body)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(worn) + 1)
        match chance.randrange(4):
            case 0 if worn:
                worn[at % len(worn)] = chance.randrange(256)
            case 1:
                worn[at:at] = chance.randbytes(1)
            case 2:
                del worn[at : at + chance.randrange(1, 4)]
            case _:
                worn[at:at] = worn[at : at + 20]
    return bytes(worn)


# ── what a good answer is, written a second time and in another way ────────────────────────────────
class NotGood(Exception):
    pass


def strictly(body: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise NotGood
        return dict(pairs)

    def never(_name: str) -> None:
        raise NotGood

    try:
        read = json.loads(
            str(body, "utf-8"), parse_float=Decimal, parse_constant=never, object_pairs_hook=once
        )
    except (ValueError, RecursionError, ArithmeticError):
        raise NotGood from None
    if not isinstance(read, dict):
        raise NotGood
    return cast("dict[str, Any]", read)


def is_the_proof(code: int, body: bytes) -> bool:
    """money.md, Proof rule, for an answer of order/validate in test."""
    try:
        said = strictly(body)
    except NotGood:
        return False
    amount = said.get("amount")
    if isinstance(amount, str):
        amount = Decimal(amount) if amount.replace(".", "", 1).isdecimal() and amount.isascii() else "wrong"
    return (
        code == 200  # gateway-facts 3.2: paid only with HTTP 200
        and said.get("status") is True
        and said.get("valid", True) is True
        and is_one_of(said.get("payment_status"), "SUCCESS", "TEST_SUCCESS")
        and (amount is None or (not isinstance(amount, bool) and amount == AMOUNT.rupees()))
        and all(is_one_of(said.get(name), None, "", SLUG) for name in ("slug", "order_slug"))
        and all(
            is_one_of(said.get(name), None, "", REFERENCE)
            for name in ("ref_id", "order_id", "external_reference_id")
        )
        and is_one_of(said.get("environment"), None, "", "test", "testing", "staging", "sandbox")
    )


def is_one_of(value: object, *allowed: str | None) -> bool:
    return (value is None or isinstance(value, str)) and value in allowed


def is_our_link(link: object) -> bool:
    """Only what decides where the money goes, and how much."""
    if not isinstance(link, str) or not link.isprintable():
        return False
    parts = urlsplit(link)
    asks = [(name.lower(), value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    payees = [value.lower() for name, value in asks if name == "pa"]
    amounts = [value for name, value in asks if name in {"am", "mam"}]
    rest = {value.upper() for name, value in asks if name == "cu"}
    return (
        parts.scheme.lower() == "upi"
        and parts.netloc.lower() == "pay"
        and payees == ["asha@ybl"]
        and bool(amounts)
        and all(re.fullmatch(r"0*1250(\.0{1,8})?", amount) for amount in amounts)
        and rest <= {"INR"}
    )


def is_the_ticket(code: int, body: bytes) -> bool:
    try:
        said = strictly(body)
    except NotGood:
        return False
    return (
        200 <= code < 300
        and said.get("status") is True
        and is_our_link(said.get("payment_link"))
        and is_one_of(said.get("external_reference_id"), None, "", REFERENCE)
    )


# ── a wire that says what it is told to say ────────────────────────────────────────────────────────
@dataclass
class Ventriloquist:
    says: dict[str, tuple[int, bytes]] = field(
        default_factory=lambda: {path: (200, body_of(fields)) for path, fields in GOOD.items()}
    )
    sent: list[str] = field(default_factory=list[str])

    def send(self, call: Call) -> Reply:
        path = call.url.removeprefix("https://toy.example")
        self.sent.append(path)
        code, body = self.says[path]
        return Reply(code=code, body=body, date=None, retry_after=None)


def before(wire: Ventriloquist) -> Smepay:
    clock = StillClock()
    gateway = connect(
        "smepay",
        wire=cast("Wire", wire),
        base_url="https://toy.example",
        credentials={"client_id": "CLIENT", "client_secret": "HIDDEN"},
        mode=Mode.TEST,
        times=GatewayTimes(clock),
        clock=clock,
    )
    assert isinstance(gateway, Smepay)
    return gateway


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    def go(_pace: Pace) -> None:
        pass

    monkeypatch.setattr(Pace, "wait", go)


AWAITING = a_request(Status.AWAITING, amount=AMOUNT)
CONFIRMING = a_request(Status.CONFIRMING, amount=AMOUNT, was=Status.AWAITING)
OPENING = a_request(Status.OPENING, amount=AMOUNT, link="", expires_at=None, gateway_ids={})
OTHERS = [
    a_request(status, amount=AMOUNT)
    for status in (Status.NEW, Status.EXPIRED, Status.CANCELLED, Status.FAILED)
]


def made(gateway: Smepay) -> Sighting:
    return gateway.make_qr(ASK, gateway.draft(ASK), lambda _ids: None)


Act = Callable[[Smepay], Sighting]
CALLS: dict[str, tuple[Act, PaymentRequest]] = {
    AUTH: (made, OPENING),
    CREATE: (made, OPENING),
    INITIATE: (made, OPENING),
    STATUS: (lambda gateway: gateway.look(AWAITING), AWAITING),
    VALIDATE: (lambda gateway: gateway.confirm(CONFIRMING), CONFIRMING),
}


def after(request: PaymentRequest, sighting: Sighting) -> PaymentRequest:
    return apply(request, sighting, sighting.at)


def storable(sighting: Sighting) -> bool:
    kept = [*sighting.gateway_ids.values(), sighting.transaction_id, sighting.words, sighting.differs]
    if sighting.said is Said.TICKET and sighting.ticket:
        kept.append(sighting.ticket.link)
    try:
        "".join(kept).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def complaint(
    path: str, code: int, body: bytes, act: Act, request: PaymentRequest, wire: Ventriloquist
) -> str:
    """What is wrong with what the connector made of this reply; "" when nothing is."""
    gateway = before(wire)
    wire.says[path] = (code, body)
    wire.sent.clear()
    try:
        sighting = act(gateway)
        moved = [after(one, sighting) for one in (request, *OTHERS)]
    except GatewayTrouble as trouble:
        return "" if trouble.said.isprintable() and len(trouble.said) <= 200 else "unprintable words"
    except Exception as error:  # noqa: BLE001 (this is what is looked for)
        return f"{type(error).__name__}: {error}"[:200]
    if path == VALIDATE:
        if any(one.status is Status.PAID for one in moved) and not is_the_proof(code, body):
            return "wrong PAID"
    elif any(one.status is Status.PAID for one in moved):
        return "PAID without validate"
    if path != STATUS and sighting.said is Said.PAID and path != VALIDATE:
        return "an opening that is paid"
    if path == INITIATE and sighting.said is Said.TICKET and not is_the_ticket(code, body):
        return "a wrong link is shown"
    if sighting.ticket and not NOW < sighting.ticket.expires_at <= NOW + timedelta(hours=24):
        return "an expiry that can't be meant"
    if wire.sent.count(INITIATE) > (2 if code == 401 and path == INITIATE else 1):
        return "initiate twice"
    return "" if storable(sighting) else "text that is no text (half a surrogate pair)"


@pytest.mark.parametrize("path", GOOD)
def test_no_reply_brings_a_wrong_paid_or_a_surprise(path: str) -> None:
    chance = random.Random(f"{SEED}{path}")
    act, request = CALLS[path]
    wire = Ventriloquist()
    complaints: dict[str, str] = {}
    count = 0
    for turn in range(REPLIES):
        code, body = hostile(chance, GOOD[path])
        found = complaint(path, code, body, act, request, wire)
        if found:
            count += 1
            complaints.setdefault(found, f"turn {turn}: {code} {body[:400]!r}")
    assert not complaints, (
        f"HOSTILE_SEED={SEED} {path}: {count} of {REPLIES}; the first of each: {complaints}"
    )


def test_the_generator_brings_good_answers_too() -> None:
    """Else "no wrong PAID" would say nothing: some replies stay good, and those are PAID."""
    chance = random.Random(SEED)
    wire = Ventriloquist()
    good = paid = 0
    for _ in range(500):
        code, body = hostile(chance, GOOD[VALIDATE])
        wire.says[VALIDATE] = (code, body)
        if is_the_proof(code, body):
            good += 1
            try:
                sighting = before(wire).confirm(CONFIRMING)
            except GatewayTrouble:
                continue
            paid += after(CONFIRMING, sighting).status is Status.PAID
    assert good > 20
    # a good answer may still be refused for a field that we read and that has another type
    assert paid >= good * 0.8


@pytest.mark.parametrize("path", GOOD)
def test_an_unspoilt_reply_is_taken(path: str) -> None:
    act, request = CALLS[path]
    wire = Ventriloquist()
    sighting = act(before(wire))
    expected = {STATUS: Status.CONFIRMING, VALIDATE: Status.PAID}.get(path, Status.AWAITING)
    assert after(request, sighting).status is expected


def test_every_single_byte_of_a_good_verdict_matters_or_not_but_never_wrongly() -> None:
    """All cuts and all single-bit flips of an unpaid verdict: none of them is PAID."""
    unpaid = body_of(
        [("status", "true"), ("valid", "false"), ("payment_status", '"INITIATED"'), ("amount", "1250.00")]
    )
    wire = Ventriloquist()
    flips = [
        unpaid[:at] + bytes([unpaid[at] ^ (1 << bit)]) + unpaid[at + 1 :]
        for at in range(len(unpaid))
        for bit in range(8)
    ]
    gateway = before(wire)
    for body in [*flips, *(unpaid[:at] for at in range(len(unpaid)))]:
        wire.says[VALIDATE] = (200, body)
        try:
            sighting = gateway.confirm(CONFIRMING)
        except GatewayTrouble:
            continue
        assert after(CONFIRMING, sighting).status is not Status.PAID, body
        assert after(replace(CONFIRMING, was=Status.EXPIRED), sighting).status is not Status.PAID, body
