"""A strict twin of SMEPay's inline DQR (smepay-v2.md): authenticate, create, initiate, status, validate."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pos_app.sandbox.book import Book, DuplicateError, ExpiredError, Order, State, WrongStateError
from pos_app.sandbox.faults import Fault, FaultKind
from pos_app.sandbox.line import HangUp
from pos_app.sandbox.strict import RefusalError, Words, answer, body_of, exactly, read_object, rupees, text
from pos_app.sandbox.training import SmepayTraining

# facts
PATHS = {
    "auth": "/api/external/auth",
    "create": "/api/external/order/create",
    "initiate": "/api/external/order/initiate",
    "qr_status": "/api/external/qr/status",
    "validate": "/api/external/order/validate",  # gateway-facts.md M-4: the vendor's plugin calls it
    "order_status": "/api/external/order/status",
}
KEYS = {"client_id": "training-client", "client_secret": "training-secret-not-real"}
TOKEN_SECONDS = 600
LEAST, MOST = Decimal("1.00"), Decimal("500000.00")
AMOUNT = re.compile(r"[0-9]+\.[0-9]{2}")
REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,50}")
MOBILE = re.compile(r"[6-9][0-9]{9}")
INTENTS = {"gpay": "tez://upi/pay", "phonepe": "phonepe://pay", "paytm": "paytmmp://pay"}
PAYEE_VPA = "training.shop@smepay"
PAYEE_NAME = "Training Shop"
# one white pixel: the app draws its own QR from payment_link
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg=="

BAD, FORBIDDEN, MISSING = HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what the Authorization header, the Content-Type and the body say."""

    bearer: str
    content_type: str
    body: bytes

    def words(self, *names: str) -> Words:
        """The body's JSON object, with exactly these fields; raises RefusalError."""
        words = read_object(self.content_type, self.body)
        exactly(words, names)
        return words


class SmepayTwin:
    """Answers SMEPay's calls from the training's book; tokens live in memory and die with it."""

    def __init__(
        self, training: SmepayTraining, *, now: Callable[[], datetime], payee_vpa: str = PAYEE_VPA
    ) -> None:
        self._training = training
        self._book: Book = training.book
        self._now = now
        self._payee_vpa = payee_vpa
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._acts: dict[str, Callable[[Call], Words]] = {
            "auth": self._auth,
            "create": self._create,
            "initiate": self._initiate,
            "qr_status": self._qr_status,
            "validate": self._validate,
            "order_status": self._order_status,
        }

    def routes(self) -> list[Route]:
        """One route for each call."""
        return [Route(path, self._endpoint(call), methods=["POST"]) for call, path in PATHS.items()]

    def _endpoint(self, name: str) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            try:
                call = Call(
                    request.headers.get("authorization", ""),
                    request.headers.get("content-type", ""),
                    await body_of(request),
                )
            except RefusalError as refusal:
                return answer(refusal.words, refusal.code)
            except ClientDisconnect:
                return HangUp()
            if await self._training.wait_in_the_dark():
                return answer(
                    {"status": False, "message": "Service unavailable"}, HTTPStatus.SERVICE_UNAVAILABLE
                )
            return await self._answer(name, call)

        return endpoint

    async def _answer(self, name: str, call: Call) -> Response:
        fault = self._training.faults.take(name)
        if fault is None:
            code, words = self._act(name, call)
            return answer(words, code)
        return await self._spoil(fault, lambda: self._act(name, call))

    async def _spoil(self, fault: Fault, act: Callable[[], tuple[int, Words]]) -> Response:
        match fault.kind:
            case FaultKind.DROP_BEFORE:
                return HangUp()
            case FaultKind.DROP_AFTER:
                act()
                return HangUp()
            case FaultKind.STATUS | FaultKind.GARBAGE:
                if fault.acts:
                    act()
                code = fault.code if fault.kind is FaultKind.STATUS else HTTPStatus.OK
                return Response(fault.body, code, media_type="application/json")
            case FaultKind.DELAY:
                early = act() if fault.acts else None
                await self._training.delay(fault.seconds)
                code, words = early or act()
                return answer(words, code)
            case FaultKind.REWRITE:
                code, words = act()
                changed = fault.rewrite(words) if fault.rewrite else None
                return answer(words if changed is None else changed, code)

    def _act(self, name: str, call: Call) -> tuple[int, Words]:
        try:
            return HTTPStatus.OK, self._acts[name](call)
        except RefusalError as refusal:
            return refusal.code, refusal.words

    # calls

    def _auth(self, call: Call) -> Words:
        words = call.words("client_id", "client_secret")
        given = {name: text(words, name).encode() for name in KEYS}
        if not all(hmac.compare_digest(given[name], key.encode()) for name, key in KEYS.items()):
            raise RefusalError(HTTPStatus.UNAUTHORIZED, "Invalid client credentials")
        now, token = self._now(), secrets.token_urlsafe(32)
        self._tokens = {old: owner for old, owner in self._tokens.items() if owner[1] > now}
        self._tokens[token] = (KEYS["client_id"], now + timedelta(seconds=TOKEN_SECONDS))
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "environment": "test",
        }

    def _create(self, call: Call) -> Words:
        owner = self._owner(call)
        words = call.words("client_id", "amount", "order_id", "callback_url", "customer_details")
        must_be(owner, words)
        paise = asked(words)
        reference = text(words, "order_id")
        if not REFERENCE.fullmatch(reference):
            raise RefusalError(BAD, "order_id must be 1 to 50 letters, digits, _ or -")
        customer = customer_of(words)
        try:
            order = self._book.create(
                owner, reference, paise=paise, callback_url=text(words, "callback_url"), **customer
            )
        except DuplicateError:
            raise RefusalError(BAD, f"Duplicate order_id: {reference}") from None
        return {"status": True, "order_id": order.gateway_id, "slug": order.slug, "message": "Order created"}

    def _initiate(self, call: Call) -> Words:
        owner = self._owner(call)
        words = call.words("slug", "client_id")
        must_be(owner, words)
        try:
            order = self._book.initiate(owner, text(words, "slug"))
        except KeyError:
            raise RefusalError(MISSING, "Order not found") from None
        except WrongStateError:
            raise RefusalError(BAD, "Order is not in CREATED state") from None
        except ExpiredError:
            raise RefusalError(BAD, "Order expired") from None
        return self._initiated(order)

    def _initiated(self, order: Order) -> Words:
        asks = upi_query(order, self._payee_vpa)
        return {
            "status": True,
            "order_id": order.gateway_id,
            "external_reference_id": order.reference,
            "provider": "phonepe",
            "payment_link": f"upi://pay?{asks}",
            "transaction_id": order.transaction_id,
            "qr_code": f"data:image/png;base64,{PIXEL}",
            "payment_status": order.state,
            "expires_at": seconds(order.expires_at),
            "intents": {app: f"{link}?{asks}" for app, link in INTENTS.items()},
            "message": "Payment initiated successfully. Payment will be monitored for 5 minutes.",
        }

    def _qr_status(self, call: Call) -> Words:
        """No authentication, so an answer is no proof: smepay-v2.md, "Check Status"."""
        words = call.words("client_id", "slug", "ref_id")
        order = self._book.find(text(words, "client_id"), text(words, "slug"))
        if order is None or order.reference != text(words, "ref_id"):
            raise RefusalError(MISSING, "Order not found")
        return standing(order)

    def _order_status(self, call: Call) -> Words:
        owner = self._owner(call)
        words = call.words("client_id", "order_id")
        must_be(owner, words)
        order = self._book.find_by_id(owner, text(words, "order_id"))
        if order is None:
            raise RefusalError(MISSING, "Order not found")
        return standing(order)

    def _validate(self, call: Call) -> Words:
        owner = self._owner(call)
        words = call.words("client_id", "amount", "slug")
        must_be(owner, words)
        amount = words["amount"]
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
            raise RefusalError(BAD, "amount must be a number")
        order = self._book.find(owner, text(words, "slug"))
        # less or more money than asked for: neither amount validates (gateway-facts.md §3.2)
        if order is None or {rupees(order.paise), rupees(order.paid_paise or order.paise)} != {
            Decimal(amount)
        }:
            raise RefusalError(MISSING, "Order not found or amount mismatch")
        paid = order.state is State.SUCCESS
        return {
            "status": True,
            "valid": paid,
            "payment_status": order.state,
            "message": "Order validated successfully" if paid else "Order is not paid",
        }

    def _owner(self, call: Call) -> str:
        scheme, _, token = call.bearer.partition(" ")
        owner, until = self._tokens.get(token, ("", self._now()))
        if scheme.lower() != "bearer" or until <= self._now():
            raise RefusalError(HTTPStatus.UNAUTHORIZED, "Token expired or invalid")
        return owner


# readers and writers


def must_be(owner: str, words: Words) -> None:
    """Refuses a request whose client_id is not the one that the token was given to."""
    if text(words, "client_id") != owner:
        raise RefusalError(FORBIDDEN, "client_id does not match the token")


def asked(words: Words) -> int:
    """The order's amount in paise; raises RefusalError for another form or outside ₹1.00 to ₹5,00,000.00."""
    amount = text(words, "amount")
    if not AMOUNT.fullmatch(amount):
        raise RefusalError(BAD, "amount must be a string with two decimals, such as 100.50")
    if Decimal(amount) < LEAST:
        raise RefusalError(BAD, "Amount below minimum")
    if Decimal(amount) > MOST:
        raise RefusalError(BAD, "Amount above maximum")
    return int(Decimal(amount) * 100)


def customer_of(words: Words) -> dict[str, str]:
    """Email, mobile and name, all three; raises RefusalError."""
    details, inside = words["customer_details"], "customer_details."
    if not isinstance(details, dict):
        raise RefusalError(BAD, "customer_details must be an object")
    names = ("email", "mobile", "name")
    exactly(details, names, inside=inside)
    customer = {name: text(details, name, inside=inside) for name in names}
    if "@" not in customer["email"]:
        raise RefusalError(BAD, "customer_details.email must be an email address")
    if not MOBILE.fullmatch(customer["mobile"]):
        raise RefusalError(BAD, "customer_details.mobile must be ten digits, the first 6 to 9")
    return customer


def standing(order: Order) -> Words:
    """The answer of both status calls; `amount` is what was paid, once something was."""
    return {
        "status": True,
        "order_id": order.reference,
        "payment_status": order.state,
        "amount": rupees(order.paid_paise or order.paise),
        "provider": "phonepe",
        "created_at": seconds(order.created_at),
        "processed_at": seconds(order.processed_at) if order.processed_at else None,
    }


def upi_query(order: Order, payee_vpa: str) -> str:
    """The part of a UPI link behind the question mark; a space is %20, never + (gateway-facts.md §5)."""
    asks = {
        "pa": payee_vpa,
        "pn": PAYEE_NAME,
        "tr": order.transaction_id or "",
        "am": f"{rupees(order.paise):.2f}",
        "cu": "INR",
        "tn": f"Payment for {order.reference}"[:50],
    }
    return "&".join(f"{name}={quote(value, safe='@')}" for name, value in asks.items())


def seconds(at: datetime) -> int:
    """Epoch seconds of an aware time."""
    return int(at.timestamp())
