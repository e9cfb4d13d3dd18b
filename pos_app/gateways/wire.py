"""The wire: the one place that talks HTTP, with a bound on everything a server may do to us."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.call import Call, Reply
from pos_app.gateways.pace import LONGEST_REST
from pos_app.gateways.sockets import Backend, Sockets
from pos_app.logs import Log

LARGEST_REPLY: Final = 256 * 1024  # bytes
CONNECTIONS: Final = 8  # a shared pool gets slow as it grows (budgets.md)
FIRST_YEAR, LAST_YEAR = 2020, 2100  # a Date outside is no clock
HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pos_app"}

log = Log(__name__)


class Wire:
    """One client and one TLS context for the process. Safe to use from several threads."""

    def __init__(self, *, trust: ssl.SSLContext | None = None, largest_reply: int = LARGEST_REPLY) -> None:
        context = trust or ssl.create_default_context(cafile=certifi.where())
        self._largest = largest_reply
        self._sockets = Sockets()
        backend = Backend(self._sockets)
        # the transport without httpx's client: no cookies, no redirects, no retries, nothing of its own
        self._transport = _TwoPools(
            kept=_transport(context, backend, keep=CONNECTIONS), fresh=_transport(context, backend, keep=0)
        )

    def send(self, call: Call) -> Reply:
        """Send once. Raises GatewayTrouble: NOT_SENT when surely nothing left, else UNKNOWN."""
        request = self._request(call)
        began = time.monotonic()
        self._sockets.start_call(began + call.deadline)
        try:
            reply = self._exchange(request)
        except (httpx.HTTPError, httpx.StreamError, GatewayTrouble) as error:
            trouble = _trouble(error, stopped=self._sockets.stopped)
            _tell(call, began, outcome=trouble.outcome.value, reason=trouble.reason.value)
            raise trouble from None
        finally:
            self._sockets.end_call()
        if call.fresh or reply.code != HTTPStatus.OK:  # a poll that went well is no news
            _tell(call, began, code=reply.code, bytes=len(reply.body))
        return reply

    def _request(self, call: Call) -> httpx.Request:
        """Raises GatewayTrouble NOT_SENT for what can't or must not be sent."""
        if self._sockets.stopped:
            raise GatewayTrouble(Outcome.NOT_SENT, Reason.STOPPED)
        if not is_safe(call.url):
            raise GatewayTrouble(Outcome.NOT_SENT, Reason.TLS)
        try:
            return httpx.Request(
                call.method,
                call.url,
                # a fresh connection serves one call and is closed: none other can slip onto it
                headers={**HEADERS, **call.headers, **({"Connection": "close"} if call.fresh else {})},
                content=call.body,
                extensions={"fresh": call.fresh, "timeout": httpx.Timeout(call.deadline).as_dict()},
            )
        except (httpx.InvalidURL, ValueError, OverflowError):
            raise GatewayTrouble(Outcome.NOT_SENT, Reason.UNREACHABLE) from None

    def _exchange(self, request: httpx.Request) -> Reply:
        response = self._transport.handle_request(request)
        told = time.monotonic()
        try:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise GatewayTrouble(Outcome.UNKNOWN, Reason.BROKEN_ANSWER)
            body = bytearray()
            for part in response.iter_raw():
                body += part
                if len(body) > self._largest:
                    raise GatewayTrouble(Outcome.UNKNOWN, Reason.HUGE_ANSWER)
            date = _date(response.headers.get("date", ""))
            return Reply(
                code=response.status_code,
                body=bytes(body),
                date=date,
                age=time.monotonic() - told,
                retry_after=_retry_after(response.headers.get("retry-after", ""), date),
            )
        finally:
            response.close()

    def abort(self) -> None:
        """End every call that is under way, from any thread: closing a client does not end a hung call."""
        self._sockets.abort()

    def close(self) -> None:
        self.abort()
        self._transport.close()


def is_safe(url: str) -> bool:
    """https to anybody, plain http to this machine alone."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        if parts.scheme == "https" or not host:
            return bool(host)
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def _tell(call: Call, began: float, **facts: object) -> None:
    """Never a header or a body: paths of the gateways hold no secrets, everything else might."""
    spent = round((time.monotonic() - began) * 1000)
    log.info(
        "call", gateway=call.gateway, method=call.method, path=urlsplit(call.url).path, ms=spent, **facts
    )


def _trouble(error: Exception, *, stopped: bool) -> GatewayTrouble:
    if isinstance(error, GatewayTrouble):
        return error
    if isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    ):
        if stopped:
            return GatewayTrouble(Outcome.NOT_SENT, Reason.STOPPED)
        reason = (
            Reason.TLS
            if any(isinstance(cause, ssl.SSLError) for cause in _causes(error))
            else Reason.UNREACHABLE
        )
        return GatewayTrouble(Outcome.NOT_SENT, reason)
    if isinstance(error, httpx.LocalProtocolError):
        return GatewayTrouble(Outcome.NOT_SENT, Reason.BAD_REQUEST)
    if stopped:
        return GatewayTrouble(Outcome.UNKNOWN, Reason.STOPPED)
    broken = isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError | httpx.TooManyRedirects)
    return GatewayTrouble(Outcome.UNKNOWN, Reason.BROKEN_ANSWER if broken else Reason.NO_ANSWER)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__  # httpcore's pool raises "from None"


def _date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return read if FIRST_YEAR <= read.year < LAST_YEAR else None


def _retry_after(text: str, now: datetime | None) -> float | None:
    """Seconds. A date is compared with the server's own clock: ours may be years off."""
    if text.isascii() and text.isdigit():
        return min(float(text[:6]), LONGEST_REST)
    when = _date(text)
    return min(max(0.0, (when - now).total_seconds()), LONGEST_REST) if when and now else None


def _transport(context: ssl.SSLContext, backend: httpcore.NetworkBackend, keep: int) -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(
        verify=context,
        http2=False,
        retries=0,
        trust_env=False,
        limits=httpx.Limits(
            max_connections=2 * CONNECTIONS, max_keepalive_connections=keep, keepalive_expiry=5.0
        ),
    )
    # httpx has no public way to the pool's backend; tests/gateways/test_wire.py guards this line
    transport._pool._network_backend = backend  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    return transport


class _TwoPools(httpx.BaseTransport):
    """Kept connections for questions, a fresh one for each call that must know whether it was sent."""

    def __init__(self, kept: httpx.HTTPTransport, fresh: httpx.HTTPTransport) -> None:
        self._kept, self._fresh = kept, fresh

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return (self._fresh if request.extensions.get("fresh") else self._kept).handle_request(request)

    def close(self) -> None:
        self._kept.close()
        self._fresh.close()
