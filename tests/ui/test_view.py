"""What the card says for every state, without Qt."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from pos_app.domain.errors import InputRefused, Reason, Refusal
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, Status
from pos_app.places import resource
from pos_app.ui.counter.actions import Can
from pos_app.ui.counter.view import (
    away_view,
    quiet_view,
    recent_of,
    refusal_sentence,
    unkept_view,
    view_of,
)
from pos_app.ui.meaning import Meaning
from pos_app.ui.words import REASONS, REFUSALS
from tests.helpers.requests import EXPIRES, LINK, NOW, a_request

EVERY = list(product(Status, Issue))


@pytest.mark.parametrize(("status", "issue"), EVERY)
def test_every_state_has_a_word_an_icon_and_a_sentence(status: Status, issue: Issue) -> None:
    issues = frozenset({issue} - {Issue.NONE})
    request = a_request(status, issues=issues, received=Money(100_00))
    for now in (NOW, EXPIRES + timedelta(hours=1)):
        view = view_of(request, now, "SMEPay QR")
        assert view.word
        assert view.message
        assert "{" not in view.message
        assert (resource("icons") / f"{view.icon}.svg").exists()
        assert view.status == status.value
        assert view.issue == issue.value
        assert recent_of(request, now).word


@pytest.mark.parametrize(("status", "issue"), EVERY)
def test_only_a_clean_paid_is_green_or_celebrated(status: Status, issue: Issue) -> None:
    view = view_of(a_request(status, issues=frozenset({issue} - {Issue.NONE})), NOW, "SMEPay QR")
    clean = (status, issue) == (Status.PAID, Issue.NONE)
    assert view.celebrate is clean
    assert (view.meaning is Meaning.PAID) is clean


@pytest.mark.parametrize("status", Status)
def test_a_qr_is_shown_only_while_it_may_be_paid(status: Status) -> None:
    shown = view_of(a_request(status), NOW, "SMEPay QR").qr
    assert shown == (LINK if status is Status.AWAITING else "")
    assert not view_of(a_request(status), EXPIRES, "SMEPay QR").qr
    assert not view_of(a_request(status, qr_refused=Reason.QR_AMOUNT), NOW, "SMEPay QR").qr


def test_at_the_end_of_the_countdown_nothing_is_decided_but_a_last_check_is_said() -> None:
    view = view_of(a_request(), EXPIRES, "SMEPay QR")
    assert view.status == "AWAITING"
    assert view.faded
    assert view.seconds_left == 0
    assert view.word.startswith("Last check")


@pytest.mark.parametrize(
    ("status", "able"),
    [
        (Status.OPENING, {Can.CANCEL, Can.RECHECK}),
        (Status.AWAITING, {Can.CANCEL, Can.RECHECK, Can.RENEW, Can.SAYS_PAID}),
        (Status.CONFIRMING, {Can.RECHECK}),
        (Status.PAID, set[Can]()),
        (Status.EXPIRED, {Can.RECHECK, Can.RENEW}),
        (Status.CANCELLED, {Can.RECHECK, Can.RENEW}),
        (Status.FAILED, {Can.RECHECK, Can.RENEW}),
    ],
)
def test_what_can_be_done_follows_from_the_status(status: Status, able: set[Can]) -> None:
    assert view_of(a_request(status), NOW, "SMEPay QR").can == able


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_that_never_says_paid(reason: Reason) -> None:
    assert REASONS[reason].endswith(".")
    view = view_of(a_request(Status.FAILED, reason=reason), NOW, "SMEPay QR")
    assert REASONS[reason] in view.message


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_says_what_to_do(refusal: Refusal) -> None:
    assert REFUSALS[refusal].endswith(".")
    assert "{" not in refusal_sentence(InputRefused(refusal, "₹1.00"))


def test_while_the_bank_is_away_what_is_open_says_so_and_keeps_its_status() -> None:
    short = a_request(
        Status.CONFIRMING, issues=frozenset({Issue.UNDERPAID}), told=Money(50_00), received=Money(50_00)
    )
    alarm = away_view(view_of(short, NOW, "SMEPay QR"))
    assert alarm.word == "Paid too little"
    assert "₹50.00" in alarm.message
    away = away_view(view_of(a_request(), NOW, "SMEPay QR"))
    assert "Don't hand over goods" in away.message
    assert away.status == "AWAITING"
    paid = view_of(a_request(Status.PAID), NOW, "SMEPay QR")
    assert away_view(paid) == paid


def test_a_wrong_clock_makes_no_strange_ring() -> None:
    view = view_of(a_request(created_at=NOW - timedelta(days=4000)), NOW, "SMEPay QR")
    assert view.seconds_left == 300
    assert view.lifetime >= 300


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.CANCELLED, Status.FAILED])
def test_a_refused_qr_that_ended_never_claims_that_money_came(status: Status) -> None:
    request = a_request(status, issues=frozenset({Issue.MISMATCH}), qr_refused=Reason.QR_PAYEE)
    message = view_of(request, NOW, "SMEPay QR").message
    assert "never shown" in message
    assert "payment was reported" not in message


def test_while_answers_can_not_be_kept_nothing_may_be_paid() -> None:
    view = unkept_view(view_of(a_request(), NOW, "SMEPay QR"), "The disk is full.")
    assert view.qr == ""
    assert "The disk is full." in view.message
    assert "Don't hand over goods" in view.message


def test_a_paid_bill_brought_back_does_not_say_hand_over_again() -> None:
    view = quiet_view(view_of(a_request(Status.PAID), NOW, "SMEPay QR"))
    assert not view.celebrate
    assert "Hand over" not in view.message
