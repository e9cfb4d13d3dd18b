"""A scripted HTTP server on bare sockets: it does to a client exactly what a test says, byte for byte."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final

LOOPBACK: Final = "127.0.0.1"
BLINK: Final = 0.005  # seconds between two looks whether the test is over


class Gone(Exception):
    """The client, or the test, has ended this connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came. `raw` is its head verbatim, `connection` counts accepted connections from 1."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes
    connection: int

    def header(self, name: str) -> str:
        """The header's only value; "" when it is not there. Raises ValueError when it stands twice."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        if len(found) > 1:
            raise ValueError(f"{name} stands {len(found)} times")
        return found[0] if found else ""

    def words(self) -> dict[str, object]:
        """The body as a JSON object, numbers as the text they were written in, marked by a leading `#`."""
        read: dict[str, object] = json.loads(self.body, parse_float=_marked, parse_int=_marked)
        return read


def _marked(number: str) -> str:
    return f"#{number}"


class Peer:
    """The server's side of one connection, for a behaviour to play with."""

    def __init__(self, sock: socket.socket, number: int, over: threading.Event) -> None:
        self.sock = sock
        self.number = number
        self._over = over
        self._left = b""

    def read(self) -> Request:
        """The next request. Raises Gone."""
        while b"\r\n\r\n" not in self._left:
            self._left += self._some()
        head, _, rest = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        pairs = [line.partition(":") for line in lines]
        headers = tuple((name, value.strip()) for name, _, value in pairs)
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        while len(rest) < length:
            rest += self._some()
        body, self._left = rest[:length], rest[length:]
        return Request(method, path, headers, body, head + b"\r\n\r\n", self.number)

    def send(self, data: bytes) -> None:
        try:
            self.sock.settimeout(5.0)
            self.sock.sendall(data)
        except (OSError, ValueError):
            raise Gone from None

    def drip(self, data: bytes, every: float, size: int = 1) -> None:
        """A few bytes each time, `every` seconds."""
        for start in range(0, len(data), size):
            self.send(data[start : start + size])
            self.rest(every)

    def rest(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise Gone

    def hang(self) -> None:
        """Nothing more, until the client gives up."""
        with contextlib.suppress(Gone):
            while True:
                self._some()

    def close(self) -> None:
        """A polite end: FIN."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        self.sock.close()

    def reset(self) -> None:
        """An impolite one: RST."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _some(self) -> bytes:
        while not self._over.is_set():
            try:
                self.sock.settimeout(BLINK)
                data = self.sock.recv(65536)
            except TimeoutError:
                continue
            except (OSError, ValueError):
                raise Gone from None
            if not data:
                raise Gone
            return data
        raise Gone


Behaviour = Callable[[Peer, Request], None]
Greeting = Callable[[Peer], None]


# ── behaviours ─────────────────────────────────────────────────────────────────────────────────────
def reply(
    body: bytes | str | dict[str, object] = b"{}",
    code: int = 200,
    *headers: str,
    date: str | None = "",
    length: int | None = None,
) -> bytes:
    """An answer's bytes. `date` "" is the true one, None leaves it out; `length` may lie."""
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    raw = raw.encode() if isinstance(raw, str) else raw
    stamp = [] if date is None else [f"Date: {date or formatdate(usegmt=True)}"]
    lines = [
        f"HTTP/1.1 {code} Word",
        "Content-Type: application/json",
        f"Content-Length: {len(raw) if length is None else length}",
        *stamp,
        *headers,
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + raw


def says(data: bytes) -> Behaviour:
    """These bytes, and the connection is kept."""
    return lambda peer, _request: peer.send(data)


def late(seconds: float, data: bytes) -> Behaviour:
    def behave(peer: Peer, _request: Request) -> None:
        peer.rest(seconds)
        peer.send(data)

    return behave


def drips(data: bytes, every: float = 0.05, *, at_once: bytes = b"") -> Behaviour:
    def behave(peer: Peer, _request: Request) -> None:
        peer.send(at_once)
        peer.drip(data, every)

    return behave


def floods(data: bytes) -> Behaviour:
    """The same bytes again and again, until the client goes away."""

    def behave(peer: Peer, _request: Request) -> None:
        while True:
            peer.send(data)

    return behave


def hangs(after: bytes = b"") -> Behaviour:
    def behave(peer: Peer, _request: Request) -> None:
        peer.send(after)
        peer.hang()

    return behave


def closes(after: bytes = b"") -> Behaviour:
    def behave(peer: Peer, _request: Request) -> None:
        peer.send(after)
        peer.close()

    return behave


def resets(after: bytes = b"") -> Behaviour:
    def behave(peer: Peer, _request: Request) -> None:
        peer.send(after)
        peer.reset()

    return behave


def echoes(peer: Peer, request: Request) -> None:
    peer.send(reply(request.body))


def closes_before_reading(peer: Peer) -> None:
    peer.close()


def never_reads(peer: Peer) -> None:
    peer.rest(60.0)


def reads_slowly(size: int, every: float, until: float) -> Greeting:
    """Takes `size` bytes each `every` seconds, and nothing more after `until` seconds."""

    def greet(peer: Peer) -> None:
        end = time.monotonic() + until
        with contextlib.suppress(OSError):
            while time.monotonic() < end:
                peer.sock.settimeout(1.0)
                if not peer.sock.recv(size):
                    return
                peer.rest(every)
        peer.close()

    return greet


NOT_SCRIPTED: Final = reply({"status": False, "message": "this path is not scripted"}, 418)


class ScriptedServer:
    """Listens on loopback from its birth until `stop`. A greeting, where given, replaces reading and answering."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, receive_buffer: int = 0) -> None:
        self.greeting: Greeting | None = None
        self._tls = tls
        self._scripts: dict[str, list[Behaviour]] = {}
        self._requests: list[Request] = []
        self._threads: list[threading.Thread] = []
        self._peers: dict[int, Peer] = {}
        self._connections = 0
        self._came = threading.Condition()
        self._over = threading.Event()
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind((LOOPBACK, 0))
        self._listener.listen(128)
        self._listener.settimeout(BLINK)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, name="scripted-server")
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """All that came, in order."""
        with self._came:
            return list(self._requests)

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        with self._came:
            return self._connections

    @property
    def open_connections(self) -> int:
        with self._came:
            return len(self._peers)

    def sent_to(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def on(self, path: str, *behaviours: Behaviour) -> None:
        """What happens on `path`, one after the other; the last goes on. It replaces what was there."""
        with self._came:
            self._scripts[path] = list(behaviours)

    def wait_for(self, count: int = 1, seconds: float = 3.0) -> None:
        """Until `count` requests have been read whole."""
        with self._came:
            assert self._came.wait_for(lambda: len(self._requests) >= count, seconds), "no request came"

    def wait_for_connections(self, count: int = 1, seconds: float = 3.0) -> None:
        with self._came:
            assert self._came.wait_for(lambda: self._connections >= count, seconds), "no connection came"

    def wait_until_left(self, seconds: float = 3.0) -> None:
        """Until every connection is closed."""
        with self._came:
            assert self._came.wait_for(lambda: not self._peers, seconds), "a connection stayed open"

    def hang_up(self) -> None:
        """Close all connections, as a server does with idle ones; returns when it is done."""
        with self._came:
            peers = list(self._peers.values())
        for peer in peers:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)
        self.wait_until_left()

    def stop(self) -> None:
        self._over.set()
        self._accepting.join(5.0)
        self._listener.close()
        for thread in self._threads:
            thread.join(5.0)
            assert not thread.is_alive(), "a connection's thread does not end"

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:  # a time-out is one
                continue
            with self._came:
                self._connections += 1
                peer = Peer(sock, self._connections, self._over)
                self._peers[peer.number] = peer
                self._came.notify_all()
            thread = threading.Thread(target=self._serve, args=(peer,), name=f"peer-{peer.number}")
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: Peer) -> None:
        try:
            if self._tls:
                peer.sock.settimeout(5.0)
                peer.sock = self._tls.wrap_socket(peer.sock, server_side=True)
            if self.greeting:
                self.greeting(peer)
                return
            while peer.sock.fileno() >= 0:
                request = peer.read()
                self._behaviour(request)(peer, request)
        except (Gone, OSError):
            pass
        finally:
            peer.sock.close()
            with self._came:
                del self._peers[peer.number]
                self._came.notify_all()

    def _behaviour(self, request: Request) -> Behaviour:
        with self._came:
            self._requests.append(request)
            self._came.notify_all()
            script = self._scripts.get(request.path, [says(NOT_SCRIPTED)])
            return script.pop(0) if len(script) > 1 else script[0]


@contextlib.contextmanager
def scripted(*, tls: ssl.SSLContext | None = None, receive_buffer: int = 0) -> Generator[ScriptedServer]:
    server = ScriptedServer(tls=tls, receive_buffer=receive_buffer)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def full_backlog() -> Generator[int]:
    """A port of loopback where a connection attempt gets no answer: its queue is full and nobody accepts."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    fillers: list[socket.socket] = []
    try:
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        for _ in range(4):
            filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        time.sleep(0.05)
        yield listener.getsockname()[1]
    finally:
        for sock in [*fillers, listener]:
            sock.close()


def refused_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((LOOPBACK, 0))
        return sock.getsockname()[1]
