"""A call and its reply: what connectors hand to the wire and get back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

DEADLINE: Final = 10.0  # seconds for a whole call, from the first DNS question to the last byte


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `fresh` asks for a new connection, so that "not sent" can be known for certain."""

    gateway: str
    method: str
    url: str
    body: bytes = field(default=b"", repr=False)  # auth sends its secret in it
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    fresh: bool = False
    deadline: float = DEADLINE


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `date` is the server's clock (aware UTC) when its header came, `age` seconds
    ago. `retry_after` in seconds."""

    code: int
    body: bytes = field(repr=False)
    date: datetime | None
    retry_after: float | None
    age: float = 0.0


class Sends(Protocol):
    """The wire as connectors see it."""

    def send(self, call: Call) -> Reply:
        """Send once. Raises GatewayTrouble: NOT_SENT when surely nothing left, else UNKNOWN."""
        ...
