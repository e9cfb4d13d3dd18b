"""Signers: what makes a call ours, apart from the methods that make it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pos_app.domain.errors import GatewayTrouble

RENEW_EARLY: Final = 60.0  # seconds before a token's end


@dataclass(frozen=True, slots=True)
class Signed:
    """What is sent: the bytes that were signed are the bytes that leave."""

    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Signer(Protocol):
    def sign(self, method: str, path: str, body: bytes) -> Signed:
        """`path` is relative to the base URL. Raises GatewayTrouble where a token can't be had."""
        ...

    def renew(self, refused: Signed) -> bool:
        """After a 401 to `refused`: whether one more try makes sense."""
        ...


class Unsigned:
    """Calls that need no authentication."""

    def sign(self, method: str, path: str, body: bytes) -> Signed:  # noqa: ARG002
        return Signed(headers={}, body=body)

    def renew(self, refused: Signed) -> bool:  # noqa: ARG002
        return False


@dataclass(frozen=True, slots=True)
class Token:
    text: str = field(repr=False)
    lifetime: float


class Bearer:
    """A bearer token, fetched when needed, renewed early and once after a 401. One fetch at a time."""

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._text = ""
        self._good_until = 0.0
        self._failures = 0
        self._failure: GatewayTrouble | None = None

    def sign(self, method: str, path: str, body: bytes) -> Signed:  # noqa: ARG002
        seen = self._failures
        with self._lock:
            if not self._text or time.monotonic() >= self._good_until:
                if self._failure and self._failures != seen:
                    raise self._failure  # who waited for a fetch in vain does not try it all over again
                self._renew_now()
            return Signed(headers={"Authorization": f"Bearer {self._text}"}, body=body)

    def renew(self, refused: Signed) -> bool:
        with self._lock:
            if refused.headers.get("Authorization") == f"Bearer {self._text}":
                self._text = ""
            return True

    def _renew_now(self) -> None:
        try:
            token = self._fetch()
        except GatewayTrouble as trouble:
            self._failures += 1
            self._failure = trouble
            raise
        early = min(RENEW_EARLY, token.lifetime / 2)
        self._text, self._good_until = token.text, time.monotonic() + token.lifetime - early
