"""A renewal is a new reference on the same bill, and the old one is watched on."""

from __future__ import annotations

from pos_app.domain.bill import Sale
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, Status
from pos_app.domain.watchplan import is_watched
from tests.flows.till import SALE, Till


def test_a_renewal_is_a_new_reference_on_the_same_bill_and_the_old_one_is_watched_on(till: Till) -> None:
    old = till.checkout.charge(Sale(Money(500_00), "9876543210", "saree"))
    new = till.checkout.renew(old.reference)
    assert new.reference != old.reference
    assert (new.bill_reference, new.bill_number, new.amount) == (old.bill_reference, 1, Money(500_00))
    assert new.status is Status.AWAITING
    assert is_watched(till.now(old))
    assert till.watch.count() == 2
    assert till.gateway.sent[1].endswith(b"500.00 9876543210 saree")
    assert len(till.ledger.events(new.reference)) >= 2


def test_both_requests_of_one_bill_may_be_paid_and_the_later_is_paid_twice(till: Till) -> None:
    old = till.checkout.charge(SALE)
    till.run(1)
    new = till.checkout.renew(old.reference)
    till.pays()
    till.run(20)
    paid = [till.now(old), till.now(new)]
    assert {request.status for request in paid} == {Status.PAID}
    assert sorted(request.issue for request in paid) == [Issue.NONE, Issue.PAID_TWICE]
    assert till.watch.count() == 0


def test_the_old_request_is_asked_about_before_a_renewal(till: Till) -> None:
    old = till.desk.charge(SALE)
    till.gateway.calls.clear()
    till.desk.renew(old.reference)
    assert [call.what for call in till.gateway.calls][:2] == ["look", "make_qr"]


def test_a_bill_that_turns_out_to_be_paid_gets_no_second_qr(till: Till) -> None:
    old = till.desk.charge(SALE)
    till.pays()
    till.desk.renew(old.reference)
    assert len(till.gateway.sent) == 1
    assert till.now(old).hand_over
