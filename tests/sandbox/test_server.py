"""The training server starts, keeps its book, stays on loopback and stops."""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from pos_app.sandbox.server import SandboxServer
from tests.sandbox.till import Clock, Till

SERVE = "import sys; from pathlib import Path; from pos_app.sandbox.server import serve_forever; "
ROOT = Path(__file__).resolve().parents[2]


def test_the_book_is_kept_over_a_restart(book_path: Path) -> None:
    clock = Clock()
    first = SandboxServer(book_path, now=clock)
    first.start()
    till = Till(first, clock)
    till.auth()
    paid, open_ = till.sale(), till.sale()
    first.smepay.pay(paid[0])
    credits_ = first.smepay.credits()
    port = int(first.base_url.rpartition(":")[2])
    first.stop()

    second = SandboxServer(book_path, port, now=clock)
    second.start()
    try:
        assert second.sections() == first.sections()
        assert till.state(*paid) == "SUCCESS"
        assert till.state(*open_) == "INITIATED"
        assert second.smepay.credits() == credits_
        assert till.create().status_code == 401  # tokens are not kept
        till.auth()
        assert till.validate(paid[1], 100.5).json()["valid"] is True
        assert "Duplicate" in till.create(order_id=paid[0]).json()["message"]
    finally:
        till.close()
        second.stop()


def test_a_taken_port_is_told(till: Till, book_path: Path) -> None:
    port = int(till.server.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match=f"Port {port} on 127.0.0.1 is taken by another program") as caught:
        SandboxServer(book_path, port).start()
    assert caught.value.strerror == f"Port {port} on 127.0.0.1 is taken by another program."
    assert not book_path.exists()


def test_a_port_that_cannot_be_is_told(book_path: Path) -> None:
    with pytest.raises(OSError, match="does not exist"):
        SandboxServer(book_path, 70_000).start()


def test_a_server_that_never_started_has_no_address_and_stops(book_path: Path) -> None:
    server = SandboxServer(book_path)
    server.stop()
    with pytest.raises(RuntimeError):
        server.sections()
    with pytest.raises(RuntimeError):
        _ = server.smepay


def test_the_server_stops_within_a_second_whoever_waits(book_path: Path) -> None:
    threads = set(threading.enumerate())
    server = SandboxServer(book_path)
    server.start()
    till = Till(server, Clock())
    server.smepay.go_dark(True)
    outcomes: list[str] = []

    def wait() -> None:
        try:
            outcomes.append(str(till.ask("auth", {}).status_code))
        except httpx.TransportError as error:
            outcomes.append(type(error).__name__)

    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for each in waiting:
        each.start()
    half = socket.create_connection(("127.0.0.1", int(server.base_url.rpartition(":")[2])))
    half.sendall(
        b"POST /smepay/api/external/auth HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    )
    time.sleep(0.1)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 1
    server.stop()
    for each in waiting:
        each.join(2)
    assert len(outcomes) == 3
    assert half.recv(1) == b""
    half.close()
    with pytest.raises(httpx.ConnectError):
        till.auth()
    till.close()
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.7"])
def test_another_host_name_is_refused(till: Till, host: str) -> None:
    for path in ("/training/smepay/orders", "/smepay/api/external/auth"):
        assert till.http.get(path, headers={"Host": host}).status_code == 400


def test_localhost_is_a_name_of_the_server(till: Till) -> None:
    assert till.http.get("/training/smepay/orders", headers={"Host": "localhost:80"}).status_code == 200


def test_the_payee_in_the_qr_can_be_chosen(book_path: Path) -> None:
    server = SandboxServer(book_path, payee_vpa="asha@ybl")
    server.start()
    till = Till(server, Clock())
    try:
        till.auth()
        link = till.initiate(till.create().json()["slug"]).json()["payment_link"]
        assert link.startswith("upi://pay?pa=asha@ybl&")
    finally:
        till.close()
        server.stop()


def test_two_servers_may_share_a_book(till: Till, tmp_path: Path) -> None:
    servers = [SandboxServer(tmp_path / "book.sqlite", now=till.clock) for _ in range(2)]
    for server in servers:
        server.start()
    tills = [Till(server, till.clock) for server in servers]
    try:
        for each in tills:
            each.auth()
        reference, slug = tills[0].sale()
        servers[1].smepay.pay(reference)
        assert tills[0].validate(slug, 100.5).json()["valid"] is True
    finally:
        for each, server in zip(tills, servers, strict=True):
            each.close()
            server.stop()


# the command


def served(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE + code],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_sections_and_serves_until_told(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with served(f"sys.exit(serve_forever(Path({str(tmp_path)!r}), 0))") as command:
        assert command.stdout is not None
        assert select.select([command.stdout], [], [], 20)[0]
        section = json.loads(command.stdout.readline())["gateways.smepay"]
        keys = {name: section[name] for name in ("client_id", "client_secret")}
        answer = httpx.post(f"{section['base_url']}/api/external/auth", json=keys, trust_env=False)
        assert answer.json()["environment"] == "test"
        command.send_signal(ending)
        out, err = command.communicate(timeout=10)
        assert (command.returncode, out, err) == (0, "", "")
    assert (tmp_path / "training-book.sqlite").exists()
    assert not (tmp_path / "training-book.sqlite-wal").exists()


def test_the_command_says_in_one_sentence_that_its_port_is_taken(till: Till, tmp_path: Path) -> None:
    port = int(till.server.base_url.rpartition(":")[2])
    with served(f"sys.exit(serve_forever(Path({str(tmp_path)!r}), {port}))") as command:
        out, err = command.communicate(timeout=20)
    assert (command.returncode, out) == (1, "")
    assert err == f"The training server cannot start. Port {port} on 127.0.0.1 is taken by another program.\n"


def test_the_command_says_that_its_book_is_no_book(tmp_path: Path) -> None:
    (tmp_path / "training-book.sqlite").write_bytes(b"no book at all" * 100)
    with served(f"sys.exit(serve_forever(Path({str(tmp_path)!r}), 0))") as command:
        out, err = command.communicate(timeout=20)
    assert (command.returncode, out) == (1, "")
    assert "training-book.sqlite cannot be read" in err
    assert err.count("\n") == 1
