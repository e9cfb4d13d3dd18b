"""Renewing a QR asks about the old one first, once, and never draws a QR for a bill that is paid."""

from collections.abc import Callable

import pytest

from pos_app.domain.errors import Outcome, Reason
from pos_app.domain.payment import PaymentRequest, Said, Sighting, Status
from tests.flows.till import SALE, Till
from tests.helpers.fakes import one_after_another, silence


def test_a_duplicate_stays_open_at_the_next_start() -> None:
    till = Till()
    till.gateway.opening = till.gateway.fails(Outcome.EXISTS, Reason.DUPLICATE)
    r = till.checkout.charge(SALE)
    till.desk.open_up(5)
    assert till.now(r).status is Status.OPENING


def test_money_found_by_a_renewal_is_watched_again() -> None:
    till = Till()
    r = till.awaiting(status=Status.EXPIRED, watch_over=True)
    till.gateway.looks = till.gateway.says(Said.PAID)
    till.gateway.confirms = one_after_another(silence(), till.gateway.says(Said.PAID))
    assert till.desk.renew(r.reference).status is Status.CONFIRMING
    till.run(300)
    assert till.now(r).status is Status.PAID


def test_a_renewal_asks_no_second_question_at_once() -> None:
    waiting: list[Callable[[], None]] = []
    till = Till(submit=waiting.append)
    r = till.awaiting()
    till.clock.pass_seconds(10)
    till.watch.round()
    inside = [0, 0]
    unpaid = till.gateway.says(Said.UNPAID)

    def answer(req: PaymentRequest) -> Sighting | Exception:
        if inside[0] == 0:
            inside[0] = 1
            till.desk.renew(r.reference)  # the cashier's thread, while this is on its way
            inside[0] = 0
        else:
            inside[1] += 1
        return unpaid(req)

    till.gateway.looks = answer
    waiting.pop(0)()
    assert inside[1] == 0


def test_renewals_keep_the_pace() -> None:
    till = Till()
    r = till.awaiting()
    till.run(5)
    n = len(till.gateway.asked())
    for _ in range(5):
        till.watch.look_and_tell(r.reference)
    assert len(till.gateway.asked()) - n <= 1


@pytest.mark.parametrize("expected_log", [["look failed"]])
def test_a_broken_look_does_not_block_a_renewal() -> None:
    till = Till()
    r = till.awaiting()
    till.gateway.looks = lambda _: ValueError("bug")
    assert till.desk.renew(r.reference).reference != r.reference


def test_a_bill_that_another_request_paid_gets_no_new_qr() -> None:
    till = Till()
    r = till.desk.charge(SALE)
    till.run(1)
    n = till.desk.renew(r.reference)
    paid = till.gateway.says(Said.PAID)
    unpaid = till.gateway.says(Said.UNPAID)
    till.gateway.looks = lambda q: paid(q) if q.reference == n.reference else unpaid(q)
    till.gateway.confirms = till.gateway.looks
    till.run(10)
    assert till.now(n).hand_over
    sent = len(till.gateway.sent)
    till.desk.renew(r.reference)
    assert len(till.gateway.sent) == sent


def test_money_seen_while_the_watch_ends_keeps_its_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till()
    r = till.awaiting(status=Status.EXPIRED, lifetime=0)
    till.run(5 * 86400 - 60)
    real = till.watch._end_watch

    def late(ref: str) -> None:
        till.gateway.looks = till.gateway.says(Said.PAID)
        till.gateway.confirms = silence()
        till.watch.look_and_tell(ref)
        real(ref)

    monkeypatch.setattr(till.watch, "_end_watch", late)
    till.run(120)
    assert not (till.now(r).status is Status.CONFIRMING and till.now(r).watch_over)
