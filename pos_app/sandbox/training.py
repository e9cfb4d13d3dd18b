"""The customer's side of the SMEPay twin: pay, decline, go dark; for the app, for tests, and over HTTP."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pos_app.sandbox.book import Book, Credit, Order
from pos_app.sandbox.faults import Fault, FaultKind, Faults
from pos_app.sandbox.strict import RefusalError, Words, answer, body_of, read_object, text

CALLS = frozenset({"auth", "create", "initiate", "qr_status", "validate", "order_status"})
DARK_SECONDS = 30.0  # how long a dark gateway keeps a client waiting before it answers 503
BLINK_SECONDS = 0.02  # how often a waiting call looks whether the lights are on again
RUPEES = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


class SmepayTraining:
    """What a trainer or a test does to the SMEPay twin; safe to use from any thread.

    `faults` go wrong by call: "auth", "create", "initiate", "qr_status", "validate", "order_status".
    A `reference` is the merchant's order_id, or the order's slug.
    """

    def __init__(self, book: Book, *, dark_seconds: float = DARK_SECONDS) -> None:
        self.book = book
        self.faults = Faults(CALLS)
        self._dark_seconds = dark_seconds
        self._dark = threading.Event()
        self._closing = threading.Event()

    def pay(self, reference: str, paise: int | None = None) -> None:
        """The customer pays `paise`, by default the order's amount; an expired or failed order too.

        Raises KeyError for an unknown reference, ValueError for an amount below one paisa, WrongStateError
        (a ValueError) if the order has no QR yet or has been paid.
        """
        self.book.pay(reference, paise)

    def decline(self, reference: str) -> None:
        """The customer declines. Raises KeyError, or WrongStateError if nothing waits for payment."""
        self.book.decline(reference)

    def scan(self, reference: str) -> None:
        """The customer's app has opened the QR: PENDING. Raises KeyError, or WrongStateError if not INITIATED."""
        self.book.scan(reference)

    def go_dark(self, on: bool) -> None:  # noqa: FBT001 (the switch itself)
        """While dark, no call of the gateway is acted on: it waits for light, up to 30 s, and gets a 503."""
        if on:
            self._dark.set()
        else:
            self._dark.clear()

    def is_dark(self) -> bool:
        """Whether the gateway is dark."""
        return self._dark.is_set()

    def orders(self) -> list[Order]:
        """Every order, oldest first."""
        return self.book.orders()

    def credits(self) -> list[Credit]:
        """All money that ever moved, oldest first."""
        return self.book.credits()

    def close(self) -> None:
        """Lets go of every call that waits in the dark or in a delay."""
        self._closing.set()

    async def wait_in_the_dark(self) -> bool:
        """True if the gateway was dark, when the lights are on again or the client has waited long enough."""
        if not self.is_dark():
            return False
        await self._wait(self._dark_seconds, self.is_dark)
        return True

    async def delay(self, seconds: float) -> None:
        """Waits `seconds`, or until the server closes."""
        await self._wait(seconds, lambda: True)

    async def _wait(self, seconds: float, still: Callable[[], bool]) -> None:
        # looked at, not told: the switch is thrown in another thread, which knows no event loop
        until = time.monotonic() + seconds
        while still() and not self._closing.is_set() and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, BLINK_SECONDS))


def training_routes(training: SmepayTraining) -> list[Route]:
    """The same over HTTP: POST pay, scan, decline, dark, faults with a JSON object; GET orders, credits."""

    def posted(act: Callable[[SmepayTraining, Words], None]) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            try:
                words = read_object(request.headers.get("content-type", ""), await body_of(request))
                act(training, words)
            except RefusalError as refusal:
                return answer(refusal.words, refusal.code)
            except KeyError as unknown:
                return answer(
                    {"status": False, "message": f"Not found: {unknown.args[0]}"}, HTTPStatus.NOT_FOUND
                )
            except ValueError as wrong:
                return answer({"status": False, "message": str(wrong)}, HTTPStatus.CONFLICT)
            return answer({"status": True})

        return endpoint

    async def orders(_request: Request) -> Response:
        return answer([row_of(order) for order in training.orders()])

    async def credits_(_request: Request) -> Response:
        return answer([row_of(credit) for credit in training.credits()])

    return [
        *(Route(f"/{name}", posted(act), methods=["POST"]) for name, act in POSTED.items()),
        Route("/orders", orders, methods=["GET"]),
        Route("/credits", credits_, methods=["GET"]),
    ]


def post_pay(training: SmepayTraining, words: Words) -> None:
    amount = words.get("amount")
    training.pay(named(words), None if amount is None else paise_of(amount))


def post_scan(training: SmepayTraining, words: Words) -> None:
    training.scan(named(words))


def post_decline(training: SmepayTraining, words: Words) -> None:
    training.decline(named(words))


def post_dark(training: SmepayTraining, words: Words) -> None:
    on = words.get("on")
    if not isinstance(on, bool):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "on must be true or false")
    training.go_dark(on)


def post_fault(training: SmepayTraining, words: Words) -> None:
    """{call, kind, code?, body?, seconds?, acts?, times?}; times null is always; REWRITE is for Python only."""
    if words.get("kind") not in set(FaultKind) - {FaultKind.REWRITE}:
        raise RefusalError(HTTPStatus.BAD_REQUEST, f"kind must be one of {', '.join(FaultKind)}, but rewrite")
    plain = Fault(FaultKind(text(words, "kind")))
    code, seconds, times = words.get("code", plain.code), words.get("seconds", 0), words.get("times", 1)
    if not (isinstance(code, int) and isinstance(seconds, int | Decimal) and isinstance(times, int | None)):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "code and times are whole numbers, seconds is a number")
    if not 200 <= code <= 599:  # noqa: PLR2004 (HTTP's final answers)
        raise RefusalError(HTTPStatus.BAD_REQUEST, "code is an HTTP status from 200 to 599")
    fault = Fault(
        plain.kind,
        code=code,
        body=text({"body": plain.body, **words}, "body"),
        seconds=float(seconds),
        acts=words.get("acts") is True,
    )
    training.faults.set(text(words, "call"), fault, times=times)


POSTED: dict[str, Callable[[SmepayTraining, Words], None]] = {
    "pay": post_pay,
    "scan": post_scan,
    "decline": post_decline,
    "dark": post_dark,
    "faults": post_fault,
}


def named(words: Words) -> str:
    """The reference or the slug that a request names."""
    return text(words, "order_id" if "order_id" in words else "slug")


def paise_of(amount: object) -> int:
    """Rupees as text, two decimals at most, in paise; raises RefusalError."""
    if not isinstance(amount, str) or not RUPEES.fullmatch(amount):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "amount must be a string of rupees, such as 90.00")
    return int(Decimal(amount) * 100)


def row_of(entry: Order | Credit) -> Words:
    """One line of a list: money in paise, times as ISO 8601 in UTC."""
    return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in asdict(entry).items()}
