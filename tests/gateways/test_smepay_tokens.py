"""SMEPay: a token is fetched, kept and renewed as documented, and never used in another world."""

from __future__ import annotations

import contextlib
import threading

import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.domain.payment import Said
from pos_app.domain.shop import Mode
from pos_app.gateways import signing
from pos_app.gateways.smepay import ENVIRONMENTS
from pos_app.gateways.wire import Wire
from tests.gateways.desk import (
    ACTS,
    AUTH,
    CREATE,
    GOOD_AUTH,
    GOOD_CREATE,
    GOOD_VERDICT,
    INITIATE,
    REQUEST,
    STATUS,
    VALIDATE,
    Desk,
    desk_of,
    good_initiate,
    known,
    trouble_of,
    without,
)
from tests.helpers.server import Behaviour, ScriptedServer, closes, reply, resets, says


@pytest.mark.parametrize("path", [CREATE, INITIATE, VALIDATE])
def test_a_401_renews_the_token_once_and_the_same_bytes_go_again(desk: Desk, path: str) -> None:
    good = {CREATE: GOOD_CREATE, INITIATE: good_initiate(), VALIDATE: GOOD_VERDICT}[path]
    desk.script(AUTH, GOOD_AUTH, {**GOOD_AUTH, "access_token": "tok-2"})
    desk.script(path, says(reply({"status": False, "message": "business_id not found in token"}, 401)), good)
    ACTS[path](desk)
    first, second = desk.server.sent_to(path)
    assert [first.header("Authorization"), second.header("Authorization")] == ["Bearer tok-1", "Bearer tok-2"]
    assert first.body == second.body
    assert len(desk.server.sent_to(AUTH)) == 2


@pytest.mark.parametrize("path", [CREATE, INITIATE, VALIDATE])
def test_a_second_401_is_an_answer(desk: Desk, path: str) -> None:
    desk.script(path, {"status": False, "message": "invalid client credentials"}, code=401)
    assert known(trouble_of(lambda: ACTS[path](desk))) == (Outcome.REJECTED, Reason.WRONG_KEYS)
    assert len(desk.server.sent_to(path)) == 2
    assert len(desk.server.sent_to(AUTH)) == 2


def test_a_401_to_qr_status_renews_nothing(desk: Desk) -> None:
    desk.script(STATUS, {"status": False, "message": "no"}, code=401)
    trouble_of(lambda: desk.gateway.look(REQUEST))
    assert desk.paths() == [STATUS]


def test_a_401_to_auth_is_not_asked_again(desk: Desk) -> None:
    desk.script(AUTH, {"status": False, "message": "invalid client credentials"}, code=401)
    assert known(trouble_of(desk.sale)) == (Outcome.REJECTED, Reason.WRONG_KEYS)
    assert desk.paths() == [AUTH]


def test_a_renewal_that_fails_means_the_call_was_not_made(desk: Desk) -> None:
    desk.script(AUTH, GOOD_AUTH, resets())
    desk.script(CREATE, {"status": False, "message": "expired"}, code=401)
    assert trouble_of(desk.sale).outcome is Outcome.NOT_SENT
    assert desk.paths() == [AUTH, CREATE, AUTH]


class Ticks:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("told", "lasts"),
    [
        (600, 540), (100, 50), (200, 140), ("300", 240), (None, 540), (0, 540), (-5, 540), (True, 540), ("soon", 540),
        (99999, 540), ([], 540), ({}, 540), ("", 540), (300.5, 240.5), ("9" * 500, 540), (10**30, 540),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_a_token_is_used_as_long_as_expires_in_allows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, told: object, lasts: float
) -> None:
    ticks = Ticks()
    monkeypatch.setattr(signing, "time", ticks)
    desk.script(AUTH, {**GOOD_AUTH, "expires_in": told})
    desk.gateway.confirm(REQUEST)
    ticks.now += lasts - 0.5
    desk.gateway.confirm(REQUEST)
    assert len(desk.server.sent_to(AUTH)) == 1
    ticks.now += 1
    desk.gateway.confirm(REQUEST)
    assert len(desk.server.sent_to(AUTH)) == 2


def test_a_missing_expires_in_is_ten_minutes(desk: Desk) -> None:
    desk.script(AUTH, without(GOOD_AUTH, "expires_in"))
    desk.sale()
    assert len(desk.server.sent_to(AUTH)) == 1


@pytest.mark.parametrize("word", ["test", "TEST", " Testing ", "staging", "sandbox"])
@pytest.mark.parametrize("mode", [Mode.TEST, Mode.TRAINING])
def test_a_token_of_the_test_world_is_ours_in_test(
    server: ScriptedServer, shared_wire: Wire, word: str, mode: Mode
) -> None:
    desk = desk_of(server, shared_wire, mode)
    desk.script(AUTH, {**GOOD_AUTH, "environment": word})
    assert desk.sale().said is Said.TICKET


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "word", ["test", "live", "production", "prod", "uat", "Testlive", "0", "null", "टेस्ट"]
)
def test_a_token_of_another_or_an_unknown_world_is_refused(
    server: ScriptedServer, shared_wire: Wire, mode: Mode, word: str
) -> None:
    ours = Mode.LIVE if mode is Mode.LIVE else Mode.TEST
    desk = desk_of(server, shared_wire, mode)
    desk.script(AUTH, {**GOOD_AUTH, "environment": word})
    if ENVIRONMENTS.get(word) is ours:
        assert desk.sale().said is Said.TICKET
    else:
        assert known(trouble_of(desk.sale)) == (Outcome.REJECTED, Reason.OTHER_ENVIRONMENT)
        assert desk.paths() == [AUTH]


def test_a_token_that_names_no_world_is_taken(desk: Desk) -> None:
    desk.script(AUTH, without(GOOD_AUTH, "environment"))
    assert desk.sale().said is Said.TICKET


@pytest.mark.parametrize(
    "words",
    [
        without(GOOD_AUTH, "access_token"), {**GOOD_AUTH, "access_token": ""}, {**GOOD_AUTH, "access_token": None},
        {**GOOD_AUTH, "access_token": 5}, {**GOOD_AUTH, "access_token": "a\r\nX-Evil: 1"}, {**GOOD_AUTH, "access_token": "tök"},
        {**GOOD_AUTH, "access_token": "a\x7f"}, {**GOOD_AUTH, "environment": 5}, {**GOOD_AUTH, "environment": ["test"]},
        {"status": False, "message": "Invalid client credentials"}, {},
    ],
    ids=ascii,
)  # fmt: skip
def test_a_token_that_can_not_be_used_means_not_sent(desk: Desk, words: dict[str, object]) -> None:
    desk.script(AUTH, words)
    assert trouble_of(desk.sale).outcome is Outcome.NOT_SENT
    assert desk.paths() == [AUTH]


@pytest.mark.parametrize("token", ["tok ", " tok", "to k"])
def test_a_token_with_a_space_is_refused_at_once_or_works(desk: Desk, token: str) -> None:
    desk.script(AUTH, {**GOOD_AUTH, "access_token": token}, GOOD_AUTH)
    for _ in range(2):
        with contextlib.suppress(GatewayTrouble):
            desk.sale()
    assert desk.sale().said is Said.TICKET


@pytest.mark.parametrize(
    "behaviour",
    [
        closes(), resets(), says(reply(b"", 500)), says(reply(b"", 302, "Location: /x")), says(reply("<html>", 200)),
        says(reply(b"{", 200)), says(reply({"status": False, "message": "busy"}, 429)), says(reply(b"", 204)),
        says(reply({"status": False, "message": "what?"}, 400)), says(reply({"message": "duplicate"}, 400)),
    ],
)  # fmt: skip
def test_whatever_else_befalls_auth_means_not_sent(desk: Desk, behaviour: Behaviour) -> None:
    desk.script(AUTH, behaviour)
    assert trouble_of(desk.sale).outcome is Outcome.NOT_SENT
    assert trouble_of(lambda: desk.gateway.confirm(REQUEST)).outcome is Outcome.NOT_SENT
    assert set(desk.paths()) == {AUTH}


def test_eight_confirmations_at_once_fetch_one_token(desk: Desk) -> None:
    gate = threading.Barrier(8)
    said: list[Said] = []

    def run() -> None:
        gate.wait()
        said.append(desk.gateway.confirm(REQUEST).said)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [Said.PAID] * 8
    assert len(desk.server.sent_to(AUTH)) == 1
