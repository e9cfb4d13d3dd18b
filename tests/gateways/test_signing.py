"""Signers: a token is fetched once, renewed early, and renewed once after a 401."""

from __future__ import annotations

import threading
import time

import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways import signing
from pos_app.gateways.signing import RENEW_EARLY, Bearer, Signed, Token, Unsigned


class Ticks:
    """What `time.monotonic` says in signing.py."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    found = Ticks()
    monkeypatch.setattr(signing, "time", found)
    return found


class Source:
    """Numbered tokens."""

    def __init__(self, lifetime: float = 600.0, seconds: float = 0.0) -> None:
        self.count = 0
        self.lifetime = lifetime
        self.seconds = seconds
        self.trouble: GatewayTrouble | None = None

    def __call__(self) -> Token:
        self.count += 1
        time.sleep(self.seconds)
        if self.trouble:
            raise self.trouble
        return Token(f"t{self.count}", self.lifetime)


def signed_by(bearer: Bearer) -> Signed:
    return bearer.sign("POST", "/x", b"body")


def test_the_body_is_left_as_it_is() -> None:
    assert signed_by(Bearer(Source())) == Signed({"Authorization": "Bearer t1"}, b"body")
    assert Unsigned().sign("POST", "/x", b"body") == Signed({}, b"body")
    assert not Unsigned().renew(Signed({}, b""))


def test_a_token_is_used_until_sixty_seconds_before_its_end(ticks: Ticks) -> None:
    source = Source(600.0)
    bearer = Bearer(source)
    signed_by(bearer)
    ticks.now += 600 - RENEW_EARLY - 0.1
    assert signed_by(bearer).headers == {"Authorization": "Bearer t1"}
    ticks.now += 0.1
    assert signed_by(bearer).headers == {"Authorization": "Bearer t2"}
    assert source.count == 2


@pytest.mark.parametrize(("lifetime", "used"), [(100.0, 50.0), (10.0, 5.0), (120.0, 60.0), (130.0, 70.0)])
def test_a_short_token_is_used_for_half_its_life_at_least(ticks: Ticks, lifetime: float, used: float) -> None:
    source = Source(lifetime)
    bearer = Bearer(source)
    signed_by(bearer)
    ticks.now += used - 0.1
    signed_by(bearer)
    assert source.count == 1
    ticks.now += 0.2
    signed_by(bearer)
    assert source.count == 2


def test_a_refused_token_is_given_up(ticks: Ticks) -> None:
    source = Source()
    bearer = Bearer(source)
    assert bearer.renew(signed_by(bearer))
    assert signed_by(bearer).headers == {"Authorization": "Bearer t2"}


def test_an_older_refused_token_does_not_cost_the_newer_one(ticks: Ticks) -> None:
    """Two threads got a 401 with the same token: the second comes when the first has renewed it."""
    source = Source()
    bearer = Bearer(source)
    first, second = signed_by(bearer), signed_by(bearer)
    assert bearer.renew(first)
    signed_by(bearer)
    assert bearer.renew(second)
    signed_by(bearer)
    assert source.count == 2


def test_a_fetch_that_fails_is_told_and_tried_again(ticks: Ticks) -> None:
    source = Source()
    source.trouble = GatewayTrouble(Outcome.NOT_SENT, Reason.UNREACHABLE)
    bearer = Bearer(source)
    with pytest.raises(GatewayTrouble):
        signed_by(bearer)
    source.trouble = None
    assert signed_by(bearer).headers == {"Authorization": "Bearer t2"}


def test_eight_threads_at_once_make_one_fetch() -> None:
    source = Source(seconds=0.1)
    bearer = Bearer(source)
    gate = threading.Barrier(8)
    found: list[str] = []

    def run() -> None:
        gate.wait()
        found.append(signed_by(bearer).headers["Authorization"])

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Bearer t1"] * 8
    assert source.count == 1


def test_a_fetch_that_hangs_is_not_repeated_by_everyone_who_waited_for_it() -> None:
    source = Source(seconds=0.15)
    source.trouble = GatewayTrouble(Outcome.NOT_SENT, Reason.NO_ANSWER)
    bearer = Bearer(source)
    gate = threading.Barrier(8)
    ended: list[float] = []

    def run() -> None:
        gate.wait()
        began = time.monotonic()
        with pytest.raises(GatewayTrouble):
            signed_by(bearer)
        ended.append(time.monotonic() - began)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(ended) < 0.15 * 3


def test_neither_a_token_nor_what_was_signed_shows_its_secret() -> None:
    assert "SECRET" not in repr(Token("SECRET", 600.0)) + repr(Signed({"Authorization": "SECRET"}, b"SECRET"))
    bearer = Bearer(lambda: Token("SECRET", 600.0))
    signed_by(bearer)
    assert "SECRET" not in repr(bearer)
