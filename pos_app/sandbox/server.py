"""The training server: the twins over real HTTP on loopback, in a thread of the app or as a command."""

from __future__ import annotations

import errno
import json
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Router

from pos_app.sandbox.book import Book, utc_now
from pos_app.sandbox.line import CuttableLine
from pos_app.sandbox.smepay import KEYS, PAYEE_VPA, SmepayTwin
from pos_app.sandbox.strict import answer
from pos_app.sandbox.training import DARK_SECONDS, SmepayTraining, training_routes

LOOPBACK = "127.0.0.1"
HOSTS = ["127.0.0.1", "localhost"]  # another name that leads here is a web page's trick (DNS rebinding)
BOOK_NAME = "training-book.sqlite"
BACKLOG = 128
KEEP_ALIVE_SECONDS = 75  # longer than any polling pace: the twin never hangs up on an idle client first
STOP_SECONDS = 5.0


class SandboxServer:
    """The twins on 127.0.0.1, with their book at `book_path`.

    `port` 0 takes a free one. `now` is the twins' clock, aware UTC. `payee_vpa` is the payee in their QR.
    `dark_seconds` is how long a dark gateway keeps a client waiting. A server is started once.
    """

    def __init__(
        self,
        book_path: Path,
        port: int = 0,
        *,
        now: Callable[[], datetime] = utc_now,
        payee_vpa: str = PAYEE_VPA,
        dark_seconds: float = DARK_SECONDS,
    ) -> None:
        self._book_path = book_path
        self._port = port
        self._now = now
        self._payee_vpa = payee_vpa
        self._dark_seconds = dark_seconds
        self._running: _Running | None = None

    @property
    def base_url(self) -> str:
        """Where the server listens, without a slash at the end; the twin is below it, at /smepay.

        Raises RuntimeError while the port is not known.
        """
        if not self._port:
            raise RuntimeError("the training server has not been started")
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def smepay(self) -> SmepayTraining:
        """The customer's side of the SMEPay twin; raises RuntimeError before start."""
        if self._running is None:
            raise RuntimeError("the training server has not been started")
        return self._running.smepay

    def sections(self) -> dict[str, dict[str, str]]:
        """For each settings section of a twin, its base_url, keys and training secrets; known after start."""
        return {"gateways.smepay": {"base_url": f"{self.base_url}/smepay", **KEYS}}

    def start(self) -> None:
        """Starts the server in a thread and returns when it answers.

        Raises OSError, whose `strerror` is a sentence, if it cannot have the port, and sqlite3.Error if it
        cannot read its book.
        """
        if self._running is not None:
            raise RuntimeError("a training server is started once; make a new one")
        listener = listen(self._port)
        self._port = listener.getsockname()[1]
        try:
            book = Book(self._book_path, self._now)
        except BaseException:
            listener.close()
            raise
        training = SmepayTraining(book, dark_seconds=self._dark_seconds)
        twin = SmepayTwin(training, now=self._now, payee_vpa=self._payee_vpa)
        self._running = _Running(app_of(twin, training), listener, training)

    def stop(self) -> None:
        """Stops within a second, hanging up on whoever waits, and closes the book; harmless when not running."""
        if self._running is not None:
            self._running.stop()


class _Running:
    """A started server: its thread, its socket, its book."""

    def __init__(self, app: Starlette, listener: socket.socket, smepay: SmepayTraining) -> None:
        self.smepay = smepay
        self._server = _Server(app)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="training-server", daemon=True
        )
        self._thread.start()
        while not self._server.ready.wait(0.05):
            if not self._thread.is_alive():
                self.stop()
                raise RuntimeError("the training server's thread ended at its start")

    def stop(self) -> None:
        self.smepay.close()
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        self.smepay.book.close()


class _Server(uvicorn.Server):
    """uvicorn, silent, that tells when it is ready."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=CuttableLine,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self.on_tick(0)  # makes the Date header, which the very first answer carries too
        self.ready.set()


def app_of(twin: SmepayTwin, training: SmepayTraining) -> Starlette:
    """The twins, and their customers' side, as one ASGI app."""
    return Starlette(
        routes=[
            Mount("/smepay", Router(twin.routes(), redirect_slashes=False)),
            Mount("/training/smepay", Router(training_routes(training), redirect_slashes=False)),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)],
        exception_handlers={HTTPException: refused},
    )


def refused(_request: Request, error: Exception) -> Response:
    """An unknown path or method, in JSON as every other refusal."""
    code, message = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    return answer({"status": False, "message": message}, code)


def listen(port: int) -> socket.socket:
    """A socket that listens on loopback only; raises OSError whose `strerror` is a sentence."""
    # TCP by name: asyncio sets TCP_NODELAY on nothing less, and each answer would then take 40 ms longer
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Windows: REUSEADDR would let a second server share a port that is taken
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(BACKLOG)
    except OverflowError:
        listener.close()
        raise OSError(errno.EINVAL, f"Port {port} does not exist: ports go from 0 to 65535.") from None
    except OSError as error:
        listener.close()
        why = (
            "is taken by another program"
            if error.errno == errno.EADDRINUSE
            else f"is refused: {error.strerror}"
        )
        raise OSError(error.errno, f"Port {port} on {LOOPBACK} {why}.") from None
    return listener


def serve_forever(data: Path, port: int) -> int:
    """`pos-app sandbox`: serves until SIGINT or SIGTERM; the exit code, 1 if it could not start.

    Prints one line of JSON, the sections, when it answers.
    """
    done = threading.Event()
    before = {each: signal.signal(each, lambda *_: done.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    server = SandboxServer(data / BOOK_NAME, port)
    try:
        server.start()
        sys.stdout.write(json.dumps(server.sections()) + "\n")
        sys.stdout.flush()
        while not done.wait(0.5):  # in steps: on Windows a signal does not end a wait
            pass
    except OSError as error:
        return sorry(error.strerror or str(error))
    except sqlite3.Error as error:
        return sorry(f"Its book {data / BOOK_NAME} cannot be read: {error}.")
    finally:
        server.stop()
        for each, handler in before.items():
            signal.signal(each, handler)
    return 0


def sorry(why: str) -> int:
    """Says on stderr why there is no server; the exit code."""
    sys.stderr.write(f"The training server cannot start. {why}\n")
    return 1
