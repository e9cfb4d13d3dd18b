"""The wire over real sockets: where it goes, what it sends, and which connection it takes."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.sockets import Backend
from pos_app.gateways.wire import LARGEST_REPLY, Call, Wire, is_safe
from tests.gateways.calls import ENDS, HEAD, a_call, begin, known, trouble_of
from tests.helpers.server import (
    ScriptedServer,
    closes,
    echoes,
    full_backlog,
    refused_port,
    reply,
    says,
    scripted,
)


# ── the private attribute ──────────────────────────────────────────────────────────────────────────
def test_our_backend_is_in_both_of_httpx_s_pools(wire: Wire) -> None:
    transport: Any = wire._transport
    for pool in (transport._kept._pool, transport._fresh._pool):
        assert isinstance(pool, httpcore.ConnectionPool)
        assert isinstance(pool._network_backend, Backend)
        connection: Any = pool.create_connection(httpcore.Origin(b"https", b"example.in", 443))
        assert connection._network_backend is pool._network_backend


# ── plain http, proxies, cookies ───────────────────────────────────────────────────────────────────
UNSAFE = [
    "http://10.0.0.1/x", "http://example.com/x", "http://127.0.0.1.evil.com/x", "http://localhost.evil.com/x",
    "http://127.0.0.1@evil.com/x", "http://127.0.0.1:80@evil.com/x", "http://evil.com#@127.0.0.1/x",
    "http://evil.com?@127.0.0.1/x", "http://0.0.0.0/x", "http://[::]/x", "http://[fe80::1]/x", "http://2130706433/x",
    "http://127.1/x", "http://0x7f.0.0.1/x", "http://1.1.1.1/x", "http:///x", "http:x", "https:///x", "//127.0.0.1/x",
    "ftp://127.0.0.1/x", "file:///etc/passwd", "ws://127.0.0.1/x", "", "x", "http://127.0.0.1\\@evil.com/x",
    "http://localhost%00.evil.com/x", "http://[::ffff:10.0.0.1]/x",
]  # fmt: skip

BROKEN = [
    "http://[::1",
    "https://[",
    "https://[::1]x/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "https://a\tb.in/",
    "https://127.0.0.1:99999/",
]


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was asked for")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.parametrize("url", UNSAFE, ids=ascii)
def test_plain_http_goes_to_this_machine_only(shared_wire: Wire, no_sockets: None, url: str) -> None:
    trouble = trouble_of(shared_wire, Call("toy", "POST", url, body=b"secret"))
    assert known(trouble) == (Outcome.NOT_SENT, Reason.TLS)
    assert not is_safe(url)


@pytest.mark.parametrize("url", BROKEN, ids=ascii)
def test_an_address_that_can_not_be_read_means_not_sent(shared_wire: Wire, url: str) -> None:
    ended = begin(shared_wire, Call("toy", "POST", url, body=b"secret")).end(1.0)
    assert isinstance(ended, GatewayTrouble), repr(ended)
    assert ended.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(
    "url", ["http://localhost:1/", "http://LOCALHOST/", "http://127.9.9.9/", "http://[::1]/"]
)
def test_this_machine_is_safe(url: str) -> None:
    assert is_safe(url)


def test_no_proxy_of_the_environment_is_used(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("/x", says(reply()))
    with scripted() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        wire = Wire()
        try:
            assert wire.send(a_call(server)).code == 200
        finally:
            wire.close()
        assert proxy.connections == 0


def test_no_password_file_of_the_environment_is_used(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login asha password hidden\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.on("/x", says(reply()))
    wire = Wire()
    try:
        wire.send(a_call(server))
    finally:
        wire.close()
    assert server.requests[0].header("Authorization") == ""


def test_a_cookie_is_not_kept(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply(b"{}", 200, "Set-Cookie: session=abc; Path=/")), says(reply()))
    wire.send(a_call(server))
    wire.send(a_call(server))
    assert [request.header("Cookie") for request in server.requests] == ["", ""]


def test_the_bytes_that_were_given_are_the_bytes_that_leave(
    server: ScriptedServer, shared_wire: Wire
) -> None:
    server.on("/a/b?c=d%20e", says(reply()))
    body = bytes(range(256))
    shared_wire.send(a_call(server, "/a/b?c=d%20e", body=body, headers={"X-Own": "one"}))
    request = server.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/a/b?c=d%20e", body)
    assert request.header("X-Own") == "one"
    assert request.header("Content-Length") == "256"
    assert request.header("Accept") == "application/json"
    assert request.header("Transfer-Encoding") == ""
    assert {name.lower() for name, _ in request.headers} == {
        "host", "accept", "accept-encoding", "user-agent", "x-own", "content-length",
    }  # fmt: skip


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "\u20b9", "\x00", " a ", "é"])
def test_a_header_that_can_not_be_sent_means_not_sent_or_leaves_as_one_header(
    server: ScriptedServer, shared_wire: Wire, value: str
) -> None:
    server.on("/x", says(reply()))
    ended = begin(shared_wire, a_call(server, headers={"X-Own": value}, fresh=True)).end(2.0)
    if isinstance(ended, BaseException):
        assert isinstance(ended, GatewayTrouble), repr(ended)
        assert ended.outcome is Outcome.NOT_SENT
        assert server.requests == []
    assert all(request.header("X-Evil") == "" for request in server.requests)


# ── connections ────────────────────────────────────────────────────────────────────────────────────
def test_a_fresh_call_opens_its_own_connection_and_a_plain_one_does_not(
    server: ScriptedServer, wire: Wire
) -> None:
    server.on("/x", says(reply()))
    for _ in range(5):
        wire.send(a_call(server))
    assert server.connections == 1
    for _ in range(5):
        wire.send(a_call(server, fresh=True))
    assert server.connections == 6
    assert len({request.connection for request in server.requests[5:]}) == 5


def test_fresh_connections_are_closed_after_use(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply()))
    for _ in range(3):
        wire.send(a_call(server, fresh=True))
    server.wait_until_left()


def test_fresh_calls_of_many_threads_never_share_a_connection(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", echoes)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        crowd(8, lambda number: [wire.send(a_call(server, fresh=True)) for _ in range(60)])
    finally:
        sys.setswitchinterval(usual)
    assert len(server.requests) == 480
    assert len({request.connection for request in server.requests}) == 480


def test_a_kept_connection_that_the_server_closed_is_not_used_again(
    server: ScriptedServer, wire: Wire
) -> None:
    server.on("/x", says(reply()))
    for _ in range(10):
        assert wire.send(a_call(server)).code == 200
        server.hang_up()
    assert server.connections == 10


def test_what_comes_behind_an_answer_is_not_the_answer_to_a_fresh_question(
    server: ScriptedServer, wire: Wire
) -> None:
    """On a kept connection it is: h11 keeps such bytes and reads them as the next answer. So a question whose
    answer is a proof has to be fresh (test_smepay_confirming.py, test_a_stray_answer_on_the_line_is_no_proof)."""
    server.on("/a", says(reply(b"first") + reply(b"of another question")))
    server.on("/b", says(reply(b"second")))
    for fresh in (False, True):
        assert wire.send(a_call(server, "/a", fresh=fresh)).body == b"first"
        assert wire.send(a_call(server, "/b", fresh=True)).body == b"second"


@pytest.mark.parametrize("name", [*ENDS, "encoded", "huge"])
def test_a_connection_is_not_used_again_after_trouble(server: ScriptedServer, wire: Wire, name: str) -> None:
    spoilt = {
        "encoded": says(reply(b"{}", 200, "Content-Encoding: gzip")),
        "huge": says(reply(b"a" * (LARGEST_REPLY + 1))),
        **{key: value[0] for key, value in ENDS.items()},
    }
    server.on("/x", spoilt[name], says(reply(b"good")))
    trouble_of(wire, a_call(server))
    assert wire.send(a_call(server)).body == b"good"
    assert server.connections == 2


def crowd(threads: int, work: Callable[[int], object]) -> None:
    """`work` in so many threads at once; the first exception of any is raised."""
    broken: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 (raised below)
            broken.append(error)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(20.0)
        assert not thread.is_alive()
    if broken:
        raise broken[0]


@pytest.mark.parametrize("fresh", [True, False])
def test_eight_threads_get_each_its_own_answers(server: ScriptedServer, wire: Wire, fresh: bool) -> None:
    server.on("/x", echoes)

    def work(number: int) -> None:
        for turn in range(50):
            body = f"{number}/{turn}".encode()
            assert wire.send(a_call(server, body=body, fresh=fresh)).body == body

    crowd(8, work)
    assert len(server.requests) == 400


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_no_file_descriptor_is_lost(server: ScriptedServer, wire: Wire) -> None:
    server.on("/x", says(reply()))
    server.on("/cut", closes(HEAD))
    server.on("/coded", says(reply(b"{}", 200, "Content-Encoding: gzip")))
    wire.send(a_call(server))
    server.hang_up()
    before = len(list(Path("/proc/self/fd").iterdir()))
    nobody = refused_port()
    for turn in range(50):
        wire.send(a_call(server, fresh=bool(turn % 2)))
        trouble_of(wire, a_call(server, "/cut"))
        trouble_of(wire, a_call(server, "/coded"))
        trouble_of(wire, Call("toy", "POST", f"http://127.0.0.1:{nobody}/x"))
        if turn < 8:
            with full_backlog() as full:
                trouble_of(wire, Call("toy", "POST", f"http://127.0.0.1:{full}/x", deadline=0.01))
    server.hang_up()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2  # at most the kept connection
    assert len(wire._sockets._open) <= 1
