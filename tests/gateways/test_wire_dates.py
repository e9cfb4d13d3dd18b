"""When the server says to come back, and what time it says it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pos_app.gateways.pace import LONGEST_REST
from pos_app.gateways.wire import Reply, Wire
from tests.gateways.calls import a_call, begin
from tests.helpers.server import ScriptedServer, reply, says


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0), ("0", 0.0), ("120", 120.0), ("99999999999999999999", LONGEST_REST), ("301", LONGEST_REST),
        ("-5", None), ("5.5", None), ("1e3", None), ("\u0665", None), ("soon", None), ("", None), ("NaN", None),
    ],
)  # fmt: skip
def test_retry_after_in_seconds(
    server: ScriptedServer, shared_wire: Wire, text: str, seconds: float | None
) -> None:
    server.on("/x", says(reply(b"{}", 429, "Retry-After: " + text.encode().decode("latin-1"))))
    assert shared_wire.send(a_call(server)).retry_after == seconds


@pytest.mark.parametrize(("ahead", "least", "most"), [(30, 25, 31), (-500, 0, 0), (9000, 300, 300)])
def test_retry_after_as_a_date(
    server: ScriptedServer, shared_wire: Wire, ahead: int, least: float, most: float
) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    server.on("/x", says(reply(b"{}", 503, f"Retry-After: {when}")))
    found = shared_wire.send(a_call(server)).retry_after
    assert found is not None
    assert least <= found <= most


def test_retry_after_as_a_date_is_measured_by_the_server_s_clock(
    server: ScriptedServer, shared_wire: Wire
) -> None:
    there = datetime.now(UTC) - timedelta(days=400)
    date, until = (format_datetime(when, usegmt=True) for when in (there, there + timedelta(seconds=20)))
    server.on("/x", says(reply(b"{}", 503, f"Retry-After: {until}", date=date)))
    assert shared_wire.send(a_call(server)).retry_after == pytest.approx(20, abs=1)


def test_the_date_is_read_as_utc(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/x", says(reply(date="Fri, 20 Nov 2026 12:00:00 +0530")))
    assert shared_wire.send(a_call(server)).date == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def test_a_missing_date_is_none(server: ScriptedServer, shared_wire: Wire) -> None:
    server.on("/x", says(reply(date=None)))
    assert shared_wire.send(a_call(server)).date is None


@pytest.mark.parametrize(
    "text",
    [
        "garbage", "0", "-1", "1736034123", "Fri, 99 Nov 2026 12:00:00 GMT", "Fri, 20 Nov 2026 99:00:00 GMT", "NaN",
        "Fri, 20 Nov 99999999999999999999 12:00:00 GMT", "Fri, 20 Nov 2026", "\xff\xfe", ",,,,", "Fri, 20 Nov 2026 12:00:00 +9999",
        "Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 9999 23:59:59 GMT",
    ],
    ids=ascii,
)  # fmt: skip
def test_a_date_that_can_not_be_meant_is_none(server: ScriptedServer, shared_wire: Wire, text: str) -> None:
    server.on("/x", says(reply(date=text, code=200)))
    ended = begin(shared_wire, a_call(server, fresh=True)).end(2.0)
    assert isinstance(ended, Reply), repr(ended)
    assert ended.date is None or ended.date.year < 2100
