"""A plain HTTP client of the SMEPay twin, and a clock that tests wind forward."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from pos_app.sandbox.server import SandboxServer

Words = dict[str, Any]

EPOCH = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
GOOD: Words = {
    "client_id": "training-client",
    "amount": "100.50",
    "order_id": "A-1",
    "callback_url": "",
    "customer_details": {"email": "asha@example.in", "mobile": "9876543210", "name": "Asha"},
}


class Clock:
    """A clock that stands still until it is wound."""

    def __init__(self) -> None:
        self.time = EPOCH

    def __call__(self) -> datetime:
        return self.time

    def wind(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Till:
    """One client with its token; every reference it makes is new."""

    def __init__(self, server: SandboxServer, clock: Clock, *, timeout: float = 5.0) -> None:
        self.server = server
        self.clock = clock
        self.keys = server.sections()["gateways.smepay"]
        self.client_id = self.keys["client_id"]
        self.http = httpx.Client(trust_env=False, base_url=server.base_url, timeout=timeout)
        self.token = ""
        self._prefix = uuid.uuid4().hex[:8]
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self.http.close()

    def new_reference(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    def ask(self, path: str, words: object, **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.token}" if self.token else ""} | headers
        return self.http.post(f"/smepay/api/external/{path}", json=words, headers=given)

    def auth(self) -> Words:
        words = {name: self.keys[name] for name in ("client_id", "client_secret")}
        answer = self.ask("auth", words)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return answer.json()

    def create(self, **changes: object) -> httpx.Response:
        return self.ask("order/create", {**GOOD, "order_id": self.new_reference(), **changes})

    def initiate(self, slug: str) -> httpx.Response:
        return self.ask("order/initiate", {"slug": slug, "client_id": self.client_id})

    def sale(self, amount: str = "100.50") -> tuple[str, str]:
        """A QR on the counter: the merchant's reference and the slug."""
        reference = self.new_reference()
        slug = self.create(order_id=reference, amount=amount).json()["slug"]
        assert self.initiate(slug).status_code == 200
        return reference, slug

    def status(self, reference: str, slug: str) -> httpx.Response:
        return self.ask("qr/status", {"client_id": self.client_id, "slug": slug, "ref_id": reference})

    def state(self, reference: str, slug: str) -> str:
        return self.status(reference, slug).json()["payment_status"]

    def validate(self, slug: str, amount: object) -> httpx.Response:
        return self.ask("order/validate", {"client_id": self.client_id, "amount": amount, "slug": slug})

    def train(self, what: str, words: object) -> httpx.Response:
        return self.http.post(f"/training/smepay/{what}", json=words)


def without(words: Words, path: str) -> Words:
    """A copy of `words` that lacks the field at `path` ("customer_details.email")."""
    first, _, rest = path.partition(".")
    if rest:
        return {**words, first: without(words[first], rest)}
    return {name: value for name, value in words.items() if name != first}
