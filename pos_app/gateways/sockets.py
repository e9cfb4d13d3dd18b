"""Sockets under a deadline: httpcore's network backend with an absolute end for a whole call, and a way
to end them all at once."""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from pos_app.gateways.call import DEADLINE


class Sockets:
    """The deadline of each thread's call, and every open socket, so that all can be ended at once."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.stopped = False

    def start_call(self, ends_at: float) -> None:
        self._own.ends_at = ends_at

    def end_call(self) -> None:
        self._own.ends_at = None

    def left(self, error: type[Exception]) -> float:
        """Seconds until the deadline of this thread's call; raises `error` behind it or after a stop."""
        ends_at: float | None = getattr(self._own, "ends_at", None)
        left = DEADLINE if ends_at is None else ends_at - time.monotonic()
        if left <= 0 or self.stopped:
            raise error("stopped" if self.stopped else "deadline")
        return left

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.add(sock)

    def drop(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.discard(sock)

    def abort(self) -> None:
        self.stopped = True
        with self._lock:
            ended = list(self._open)
        for sock in ended:
            with contextlib.suppress(OSError):
                # of an SSLSocket the plain shutdown is meant: its own would wait for a goodbye
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class Backend(httpcore.NetworkBackend):
    """Opens connections under the call's absolute deadline; httpx's own time-outs are per read."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 (the call's deadline rules, not the parts' time-outs)
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        failure: OSError | None = None
        places = _resolve(host, port, self._sockets)
        for tried, (family, address) in enumerate(places):
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError as error:  # no IPv6 in this kernel, no descriptor left
                failure = error
                continue
            self._sockets.add(sock)
            try:
                # an address that never answers leaves time for the next one
                sock.settimeout(self._sockets.left(httpcore.ConnectTimeout) / (len(places) - tried))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except (OSError, OverflowError) as error:
                self._sockets.drop(sock)
                sock.close()
                failure = error if isinstance(error, OSError) else OSError(str(error))
            except httpcore.ConnectTimeout:
                self._sockets.drop(sock)
                sock.close()
                raise
            else:
                return Stream(sock, self._sockets)
        raise httpcore.ConnectError(str(failure)) from failure


class Stream(httpcore.NetworkStream):
    def __init__(self, sock: socket.socket, sockets: Sockets) -> None:
        self._sock, self._sockets = sock, sockets

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        try:
            self._sock.settimeout(self._sockets.left(httpcore.ReadTimeout))
            got = self._sock.recv(max_bytes)
            if not got and self._sockets.stopped:
                raise httpcore.ReadError("stopped")  # ended by abort(): not the end of an answer
        except TimeoutError as error:
            raise httpcore.ReadTimeout("deadline") from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        if not buffer:
            return
        try:
            self._sock.settimeout(self._sockets.left(httpcore.WriteTimeout))
            self._sock.sendall(buffer)  # its time-out is for the whole, not for each piece
        except TimeoutError as error:
            raise httpcore.WriteTimeout("deadline") from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._sockets.drop(self._sock)
        with contextlib.suppress(OSError):
            self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        plain = self._sock
        try:
            plain.settimeout(self._sockets.left(httpcore.ConnectTimeout))
            wrapped = ssl_context.wrap_socket(
                plain, server_hostname=server_hostname, do_handshake_on_connect=False
            )
        except (OSError, ValueError, httpcore.ConnectTimeout) as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from error
        self._sockets.add(wrapped)
        self._sockets.drop(plain)
        secure = Stream(wrapped, self._sockets)
        try:
            self._sockets.left(httpcore.ConnectTimeout)  # an abort() may have come before it was noted
            wrapped.do_handshake()
        except (OSError, httpcore.ConnectTimeout) as error:
            secure.close()
            raise httpcore.ConnectError(str(error)) from error
        return secure

    def get_extra_info(self, info: str) -> Any:
        if info == "socket":
            return self._sock
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":
            return _is_readable(self._sock)
        return None


def _is_readable(sock: socket.socket) -> bool:
    """A kept connection that is readable has been closed (or talks out of turn): not to be used again."""
    if sock.fileno() < 0:
        return True
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        return bool(poller.poll(0))
    return bool(select.select([sock], [], [], 0)[0])


_Address = tuple[socket.AddressFamily, Any]


def _resolve(host: str, port: int, sockets: Sockets) -> list[_Address]:
    """getaddrinfo has no time-out of its own: it runs in a thread that is left behind when it hangs."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004
        return [(family, (host, port))]
    answers: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(family, address) for family, _, _, _, address in found])
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, name="dns", daemon=True).start()
    while True:
        left = sockets.left(httpcore.ConnectTimeout)
        with contextlib.suppress(queue.Empty):
            answer = answers.get(timeout=min(left, 0.2))
            if isinstance(answer, OSError):
                raise httpcore.ConnectError(str(answer)) from answer
            return answer
