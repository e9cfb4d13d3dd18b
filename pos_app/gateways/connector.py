"""What all connectors share: one asked question, from signing to a strictly decoded answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

import msgspec

from pos_app.domain.clock import Clock, GatewayTimes
from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.domain.promises import Facts
from pos_app.gateways.call import Call, Reply, Sends
from pos_app.gateways.pace import Pace
from pos_app.gateways.signing import Signer

LONGEST_EPOCH: Final = 13  # digits of an epoch in milliseconds
LONGEST_WORDS: Final = 200  # of a gateway's own text that we keep
DEEPEST: Final = 32
INDIA: Final = timezone(timedelta(hours=5, minutes=30))
_QUERY_ONLY: Final = frozenset({408, 409, 425, 429})  # 4xx that say nothing about what happened (money.md)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refused:
    """One row of a connector's closed list of refusals: where a word of the gateway (lower case) begins with
    `needle` in an answer with this HTTP code (0: any 4xx), that is what happened."""

    code: int
    needle: str
    reason: Reason
    outcome: Outcome = Outcome.REJECTED


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer, decoded. `at` is the gateway's time, aware UTC, when it was asked."""

    data: Mapping[str, object]
    at: datetime
    code: int = 200

    def read(self, shape: type[T]) -> T:
        """The answer as a msgspec.Struct. Raises GatewayTrouble UNKNOWN when it has another shape."""
        try:
            return msgspec.convert(self.data, shape, strict=True)
        except (msgspec.ValidationError, ValueError, OverflowError):
            raise GatewayTrouble(Outcome.UNKNOWN, Reason.BROKEN_ANSWER) from None


class Line:
    """The line to one gateway: base URL, pace, clock and the closed list of its refusals."""

    def __init__(
        self,
        wire: Sends,
        facts: Facts,
        base_url: str,
        refusals: Sequence[Refused],
        times: GatewayTimes,
        clock: Clock,
    ) -> None:
        self._wire = wire
        self._facts = facts
        self._base = base_url.rstrip("/")
        self._refusals = refusals
        self._times = times
        self._clock = clock
        self._pace = Pace(facts.calls_per_second)

    def ask(self, method: str, path: str, body: bytes, signer: Signer, *, fresh: bool = False) -> Answer:
        """One question, with one more try after a 401. Raises GatewayTrouble with what is known."""
        for again in (True, False):
            signed = signer.sign(method, path, body)
            asked = self._clock.ticks()
            reply = self._send(method, path, signed.body, signed.headers, fresh=fresh)
            if reply.code == 401 and again and signer.renew(signed):  # noqa: PLR2004
                continue
            # what it says was true at the latest when it was asked: an answer on its way is not yet "after"
            ago = timedelta(seconds=self._clock.ticks() - asked)
            return Answer(data=self._judged(reply), at=self.now() - ago, code=reply.code)
        raise AssertionError  # the second turn always returns or raises

    def now(self) -> datetime:
        """The gateway's time, aware UTC."""
        return self._times.now(self._facts.slug)

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str], *, fresh: bool) -> Reply:
        self._pace.wait()
        kind = {"Content-Type": "application/json"} if body else {}
        reply = self._wire.send(
            Call(
                gateway=self._facts.slug,
                method=method,
                url=self._base + path,
                body=body,
                headers={**kind, **headers},
                fresh=fresh,
            )
        )
        if reply.date:
            self._times.learn(self._facts.slug, reply.date, self._clock.ticks() - reply.age)
        return reply

    def _judged(self, reply: Reply) -> Mapping[str, object]:
        if reply.retry_after and reply.code in {429, 503}:
            self._pace.rest(reply.retry_after)
        if 200 <= reply.code < 300:  # noqa: PLR2004
            return read_object(reply.body)
        if reply.code >= 500:  # noqa: PLR2004
            raise GatewayTrouble(Outcome.UNKNOWN, Reason.GATEWAY_DOWN, retry_after=reply.retry_after)
        if reply.code in _QUERY_ONLY:
            reason = Reason.BUSY if reply.code == 429 else Reason.NOT_UNDERSTOOD  # noqa: PLR2004
            raise GatewayTrouble(Outcome.UNKNOWN, reason, retry_after=reply.retry_after)
        if reply.code < 400:  # noqa: PLR2004
            raise GatewayTrouble(Outcome.UNKNOWN, Reason.BROKEN_ANSWER)
        raise refusal(self._refusals, reply.code, read_object(reply.body))


def refusal(rows: Sequence[Refused], code: int, data: Mapping[str, object]) -> GatewayTrouble:
    """What a well-formed refusal means by the connector's closed list; what is not in it is UNKNOWN."""
    words = gateway_words(data)
    low = words.lower()
    if data.get("status") is True:  # a refusal that says it is none
        return GatewayTrouble(Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD, words)
    for row in rows:
        if row.code in {0, code} and re.search(r"(?<![a-z])" + row.needle, low):
            return GatewayTrouble(row.outcome, row.reason, words)
    return GatewayTrouble(Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD, words)


def gateway_words(data: Mapping[str, object]) -> str:
    """The gateway's own explanation: short, on one line, printable; foreign text all the same."""
    parts = [
        value for key in ("error", "message", "msg") if isinstance(value := data.get(key), str) and value
    ]
    line = re.sub(r"[0-9]{6,}", "…", " · ".join(dict.fromkeys(parts)))  # it may echo a mobile number
    return "".join(letter if letter.isprintable() else " " for letter in line)[:LONGEST_WORDS]


def read_object(body: bytes) -> Mapping[str, object]:
    """A JSON object, strictly: numbers exact, no NaN, no key twice, no abyss. Raises GatewayTrouble UNKNOWN.

    msgspec would take NaN, 1E+400 and the last of two equal keys (libraries.md), so the standard library
    parses and msgspec only gives the shape.
    """
    try:
        data: object = json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique
        )
        if b"\\u" in body:  # half a surrogate pair could not be kept
            json.dumps(data, ensure_ascii=False, default=str).encode("utf-8")
    except (ValueError, RecursionError, ArithmeticError):
        data = None
    if not isinstance(data, dict) or _depth(data) > DEEPEST:
        raise GatewayTrouble(Outcome.UNKNOWN, Reason.BROKEN_ANSWER)
    return cast("dict[str, object]", data)


def write_object(data: Mapping[str, object]) -> bytes:
    """Compact ASCII JSON; amounts are text already or `Number`."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def wire_time(value: object) -> datetime | None:
    """Epoch seconds or milliseconds, or ISO 8601, as aware UTC; a time without a zone is Indian.

    SMEPay alone writes times in three ways (gateway-facts.md M-10).
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and (digits := value.strip()).isdecimal():
        value = int(digits) if len(digits) <= LONGEST_EPOCH else None
    if isinstance(value, int | Decimal):
        return _epoch(value)
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        return (read if read.tzinfo else read.replace(tzinfo=INDIA)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_MILLIS_FROM: Final = 100_000_000_000  # the year 5138 in seconds, 1973 in milliseconds
_EPOCH_END: Final = 4_102_444_800  # the year 2100


def _epoch(number: int | Decimal) -> datetime | None:
    if isinstance(number, Decimal) and (not number.is_finite() or abs(number.adjusted()) > LONGEST_EPOCH):
        return None
    if not 0 < number < 1000 * _EPOCH_END:
        return None
    seconds = number / 1000 if number >= _MILLIS_FROM else number
    if not 0 < seconds < _EPOCH_END:
        return None
    return datetime.fromtimestamp(float(seconds), UTC)


def _refuse(_constant: str) -> Any:
    raise ValueError


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError
    return data


def _depth(value: object) -> int:
    """How deep objects and lists stand in one another; the parser itself ends at its recursion limit."""
    level: list[object] = [value]
    deep = 0
    while level and deep <= DEEPEST:
        deep += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return deep


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()
