"""The counter's state: whose news may take the card, what is said, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from pos_app.domain.clock import GatewayTimes
from pos_app.domain.errors import BooksTrouble
from pos_app.domain.payment import Issue, PaymentRequest, Status
from pos_app.ui.counter.model import CounterModel
from pos_app.ui.counter.view import PaymentView, RecentView
from pos_app.workers.tasks import Tasks
from tests.helpers.requests import a_request
from tests.helpers.time import StillClock


class FakeDesk:
    """Answers what a test sets; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.checked: tuple[PaymentRequest, bool] = (a_request(), True)
        self.failure: Exception | None = None

    def charge(self, sale: object) -> PaymentRequest:
        self.asked.append(("charge", sale))
        if self.failure:
            raise self.failure
        return a_request()

    def check(self, reference: str) -> tuple[PaymentRequest, bool]:
        self.asked.append(("check", reference))
        return self.checked

    def renew(self, reference: str) -> PaymentRequest:
        self.asked.append(("renew", reference))
        return a_request()

    def cancel(self, reference: str) -> None:
        self.asked.append(("cancel", reference))

    def look_at(self, reference: str) -> None:
        self.asked.append(("look_at", reference))

    def title(self, gateway: str) -> str:
        return gateway


class Screen:
    """The model and what it showed last."""

    def __init__(self, qtbot: QtBot) -> None:
        self.tasks = Tasks()
        self.desk = FakeDesk()
        self.model = CounterModel(self.tasks, GatewayTimes(StillClock()))
        self.view: PaymentView | None = None
        self.recent: list[RecentView] = []
        self.message = self.parked = ""
        self.returned: list[tuple[str, str, str]] = []
        self.qtbot = qtbot
        self.model.view_changed.connect(self._show)
        self.model.recent_changed.connect(self._list)
        self.model.message_changed.connect(self._say)
        self.model.parked_changed.connect(self._park)
        self.model.returned.connect(lambda *typed: self.returned.append(typed))

    def open(self, *newest: PaymentRequest) -> None:
        desk: Any = self.desk
        self.model.open(desk, list(newest))

    def idle(self) -> None:
        done: list[int] = []
        self.tasks.run(lambda: 1).then(done.append)
        self.qtbot.waitUntil(lambda: bool(done))

    def _show(self, view: PaymentView | None) -> None:
        self.view = view

    def _list(self, views: list[RecentView]) -> None:
        self.recent = views

    def _say(self, text: str) -> None:
        self.message = text

    def _park(self, text: str) -> None:
        self.parked = text


@pytest.fixture
def screen(qtbot: QtBot) -> Iterator[Screen]:
    made = Screen(qtbot)
    yield made
    made.model.close()
    made.tasks.stop()


OLD = a_request(reference="OLD", bill_number=42, revision=5)
MINE = a_request(reference="MINE", bill_number=112, revision=7)


@pytest.mark.parametrize("status", [Status.PAID, Status.EXPIRED, Status.CONFIRMING])
def test_news_of_another_bill_never_takes_the_card(screen: Screen, status: Status) -> None:
    screen.open()
    screen.model.hear_opened(MINE)
    screen.model.hear(replace(OLD, status=status))
    assert screen.view
    assert screen.view.reference == "MINE"
    assert [row.reference for row in screen.recent] == ["MINE", "OLD"]


def test_news_at_start_leaves_the_card_free(screen: Screen) -> None:
    screen.model.hear(replace(OLD, status=Status.PAID))
    screen.open(OLD)
    assert screen.view is None


def test_only_a_payment_that_was_seen_coming_is_celebrated(screen: Screen) -> None:
    screen.open(replace(OLD, status=Status.PAID))
    screen.model.look_at("OLD")
    assert screen.view
    assert not screen.view.celebrate
    screen.model.hear_opened(MINE)
    screen.model.hear(replace(MINE, status=Status.PAID, revision=8))
    assert screen.view.celebrate
    screen.model.look_at("OLD")
    screen.model.look_at("MINE")
    assert not screen.view.celebrate


def test_a_late_payment_is_never_celebrated(screen: Screen) -> None:
    screen.open()
    screen.model.hear_opened(MINE)
    screen.model.hear(replace(MINE, status=Status.PAID, issues=frozenset({Issue.LATE}), revision=8))
    assert screen.view
    assert not screen.view.celebrate


def test_older_news_changes_nothing(screen: Screen) -> None:
    screen.open()
    screen.model.hear_opened(MINE)
    screen.model.hear(replace(MINE, status=Status.PAID, revision=9))
    screen.model.hear(replace(MINE, status=Status.CANCELLED, revision=8))
    assert screen.view
    assert screen.view.status == "PAID"


def test_a_sale_typed_before_the_books_are_open_is_sent_then(screen: Screen) -> None:
    screen.model.charge_qr("100", "", "")
    assert screen.message
    screen.open()
    screen.idle()
    assert [verb for verb, _ in screen.desk.asked] == ["charge"]
    assert screen.message == ""


def test_when_the_books_can_not_be_opened_what_was_typed_comes_back_and_nothing_is_taken(
    screen: Screen,
) -> None:
    screen.model.charge_qr("100", "9876543210", "note")
    screen.model.refuse("The books are damaged.")
    assert screen.returned == [("100", "9876543210", "note")]
    screen.model.charge_qr("200", "", "")
    assert screen.message == "The books are damaged."
    assert not screen.desk.asked


def test_a_sale_that_was_not_kept_comes_back_with_the_sentence(screen: Screen) -> None:
    screen.open()
    screen.desk.failure = BooksTrouble("The disk is full. Free some space.")
    screen.model.charge_qr("100", "", "")
    screen.idle()
    assert screen.returned == [("100", "", "")]
    assert screen.message == "The disk is full. Free some space."


@pytest.mark.parametrize(("answered", "part"), [(True, "has no payment yet"), (False, "could not be asked")])
def test_customer_says_paid_tells_an_answer_from_silence(screen: Screen, answered: bool, part: str) -> None:
    screen.open()
    screen.model.hear_opened(MINE)
    screen.desk.checked = (MINE, answered)
    screen.model.says_paid()
    screen.idle()
    assert part in screen.parked
    assert "Don't hand over goods" in screen.parked
    assert screen.view is None


def test_customer_says_paid_and_money_was_seen_keeps_the_card(screen: Screen) -> None:
    screen.open()
    screen.model.hear_opened(MINE)
    screen.desk.checked = (replace(MINE, status=Status.CONFIRMING), True)
    screen.model.says_paid()
    screen.idle()
    assert screen.view
    assert not screen.parked


def test_a_cancelled_qr_leaves_the_screen_before_the_books_know(screen: Screen) -> None:
    screen.open()
    soon = replace(MINE, expires_at=None)
    screen.model.hear_opened(soon)
    far = GatewayTimes(StillClock()).now("smepay")
    screen.model.hear(replace(MINE, expires_at=far.replace(year=far.year + 1), revision=8))
    assert screen.view
    assert screen.view.qr
    screen.model.cancel()
    assert screen.view.qr == ""


def test_while_answers_can_not_be_kept_no_qr_is_shown(screen: Screen) -> None:
    screen.open()
    screen.model.hear_opened(MINE)
    screen.model.hear_books("The disk is full.")
    assert screen.view
    assert screen.view.qr == ""
    assert "The disk is full." in screen.view.message
    screen.model.hear_books("")
    assert "The disk is full." not in screen.view.message


def test_two_presses_of_new_qr_are_one(screen: Screen) -> None:
    screen.open()
    screen.model.hear_opened(MINE)
    screen.model.renew()
    screen.model.renew()
    screen.idle()
    assert [verb for verb, _ in screen.desk.asked].count("renew") == 1


def test_a_renewal_that_comes_late_leaves_the_card_to_the_next_customer(screen: Screen) -> None:
    screen.open()
    old = replace(MINE, bill_reference="B1")
    screen.model.hear_opened(old)
    screen.model.hear_opened(replace(MINE, reference="NEXT", bill_reference="B2", bill_number=113))
    screen.model.hear_opened(replace(old, reference="RENEWED"))
    assert screen.view
    assert screen.view.reference == "NEXT"


def test_a_qr_whose_bill_was_paid_with_another_one_is_hidden(screen: Screen) -> None:
    screen.open()
    far = StillClock().now().replace(year=2027)
    first = replace(MINE, reference="FIRST", expires_at=far)
    screen.model.hear_opened(first)
    screen.model.hear_opened(replace(MINE, expires_at=far))
    assert screen.view
    assert screen.view.qr
    screen.model.hear(replace(first, status=Status.PAID, issues=frozenset({Issue.LATE}), revision=9))
    assert screen.view.qr == ""
    assert "another" in screen.view.word


def test_what_waits_or_needs_a_person_stands_first(screen: Screen) -> None:
    done = [a_request(Status.PAID, reference=f"P{n}", bill_number=10 + n) for n in range(9)]
    short = a_request(
        Status.CONFIRMING, reference="SHORT", bill_number=1, issues=frozenset({Issue.UNDERPAID})
    )
    screen.open(*done, short)
    assert screen.recent[0].reference == "SHORT"


def test_check_now_says_that_it_asked(screen: Screen) -> None:
    screen.open()
    waiting = replace(MINE, expires_at=StillClock().now().replace(year=2027))
    screen.model.hear_opened(waiting)
    screen.desk.checked = (waiting, True)
    screen.model.recheck()
    screen.idle()
    assert screen.view
    assert "asked just now" in screen.view.message


def test_a_payment_seen_coming_sounds_and_so_does_an_alarm(screen: Screen) -> None:
    paid: list[str] = []
    alarmed: list[str] = []
    screen.model.paid.connect(lambda request: paid.append(request.reference))
    screen.model.alarmed.connect(lambda request: alarmed.append(request.reference))
    screen.open(OLD)
    screen.model.hear_opened(MINE)
    screen.model.hear(replace(OLD, status=Status.PAID, revision=9))
    screen.model.hear(replace(OLD, status=Status.PAID, revision=10))
    short = replace(MINE, status=Status.CONFIRMING, issues=frozenset({Issue.UNDERPAID}), revision=11)
    screen.model.hear(short)
    screen.model.hear(replace(short, revision=12))
    assert (paid, alarmed) == (["OLD"], ["MINE"])
