"""Every call leaves a line in the log, and no line holds a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pos_app import logs
from pos_app.gateways.wire import LARGEST_REPLY, Call, Reply, Wire
from tests.gateways.calls import a_call, trouble_of
from tests.helpers.server import ScriptedServer, closes, reply, says


@pytest.fixture
def log_lines(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, str]]]]:
    """The real log's lines, as they stand in its file."""
    logs.set_up(tmp_path)

    def read() -> list[dict[str, str]]:
        text = "".join(path.read_text("utf-8") for path in tmp_path.iterdir() if path.is_file())
        return [json.loads(line) for line in text.splitlines()]

    yield read
    logs.tear_down()


def test_the_log_holds_no_secret(
    server: ScriptedServer, shared_wire: Wire, log_lines: Callable[[], list[dict[str, str]]]
) -> None:
    server.on("/path?q=SECRET", says(reply(b'{"access_token":"SECRET"}', 200, "X-Token: SECRET")), closes())
    call = a_call(
        server,
        "/path?q=SECRET",
        body=b'{"client_secret":"SECRET"}',
        headers={"Authorization": "Bearer SECRET"},
        fresh=True,
    )
    shared_wire.send(call)
    trouble = trouble_of(shared_wire, call)
    lines = log_lines()
    assert [line["event"] for line in lines] == ["call", "call"]
    facts = {name: value for name, value in lines[0].items() if name not in {"at", "ms"}}
    assert facts == {
        "level": "info", "from": "pos_app.gateways.wire", "event": "call", "gateway": "toy", "method": "POST",
        "path": "/path", "code": "200", "bytes": "25",
    }  # fmt: skip
    assert "SECRET" not in repr(lines) + repr(trouble)


@pytest.mark.parametrize(
    "data",
    [reply(b"a" * (LARGEST_REPLY + 1), date=None), reply(b"{}", 200, "Content-Encoding: gzip", date=None)],
    ids=["huge", "gzip"],
)
def test_every_call_that_was_sent_leaves_a_line(
    server: ScriptedServer, shared_wire: Wire, log_lines: Callable[[], list[dict[str, str]]], data: bytes
) -> None:
    server.on("/x", says(data))
    trouble_of(shared_wire, a_call(server))
    assert [line["event"] for line in log_lines()] == ["call"]


def test_neither_a_call_nor_a_reply_shows_its_secrets() -> None:
    call = Call("toy", "POST", "https://a.in/x", body=b"SECRET", headers={"Authorization": "SECRET"})
    assert "SECRET" not in repr(call)
    assert "SECRET" not in repr(Reply(200, b"SECRET", None, None))
