"""Which issue of a request is shown, and what it means for the goods."""

from __future__ import annotations

import pytest

from pos_app.domain.payment import SHOWN_FIRST, Issue, Status
from tests.domain.moves import SOON
from tests.helpers.requests import a_request

_MONEY_MD_ORDER = [
    Issue.MISMATCH,
    Issue.UNDERPAID,
    Issue.OVERPAID,
    Issue.PAID_TWICE,
    Issue.LATE,
    Issue.UNCONFIRMED,
]


def test_the_first_issue_of_the_rules_order_is_shown() -> None:
    for place, issue in enumerate(_MONEY_MD_ORDER):
        assert a_request(issues=frozenset(_MONEY_MD_ORDER[place:])).issue is issue
    assert a_request().issue is Issue.NONE


def test_every_issue_has_its_place_in_the_order() -> None:
    assert sorted(SHOWN_FIRST) == sorted(set(Issue) - {Issue.NONE})


@pytest.mark.parametrize("issue", [issue for issue in Issue if issue is not Issue.NONE])
def test_paid_with_any_issue_is_no_hand_over(issue: Issue) -> None:
    assert not a_request(Status.PAID, issues=frozenset({issue})).hand_over
    assert a_request(Status.PAID).hand_over


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.AWAITING])
def test_only_an_awaited_request_shows_something_payable(status: Status) -> None:
    assert not a_request(status).payable_link(SOON)
