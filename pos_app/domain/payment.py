"""A payment request: one ask for one bill at one gateway, and everything a gateway may say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pos_app.domain.errors import Reason
from pos_app.domain.money import Money


class Status(StrEnum):
    """Where a request stands (money.md, Collecting)."""

    NEW = "NEW"
    OPENING = "OPENING"
    AWAITING = "AWAITING"
    CONFIRMING = "CONFIRMING"
    PAID = "PAID"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class Issue(StrEnum):
    """What a person must know about a request beside its status."""

    NONE = "NONE"
    LATE = "LATE"
    UNDERPAID = "UNDERPAID"
    OVERPAID = "OVERPAID"
    PAID_TWICE = "PAID_TWICE"
    MISMATCH = "MISMATCH"
    UNCONFIRMED = "UNCONFIRMED"
    BY_HAND = "BY_HAND"
    REVERSED = "REVERSED"


# When several hold, the first of these is shown (money.md).
SHOWN_FIRST: Final = (
    Issue.REVERSED,
    Issue.MISMATCH,
    Issue.UNDERPAID,
    Issue.OVERPAID,
    Issue.PAID_TWICE,
    Issue.BY_HAND,
    Issue.LATE,
    Issue.UNCONFIRMED,
)
# These keep the goods on the counter until a person decides; age does not end them.
HOLDS_GOODS: Final = frozenset({Issue.MISMATCH, Issue.UNDERPAID, Issue.OVERPAID})
HAS_MONEY: Final = frozenset({Status.CONFIRMING, Status.PAID})
STILL_OPEN: Final = frozenset({Status.OPENING, Status.AWAITING, Status.CONFIRMING})
OVER: Final = frozenset({Status.EXPIRED, Status.CANCELLED, Status.FAILED})


class Method(StrEnum):
    """How the customer is asked."""

    QR = "QR"
    SMS = "SMS"
    PAGE = "PAGE"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a gateway gave for the customer: for a QR its `upi://` link, verbatim.

    `expires_at` is aware UTC by the gateway's clock.
    """

    link: str
    expires_at: datetime


class Said(StrEnum):
    """A gateway's answer in our words."""

    TICKET = "TICKET"  # something payable that passed its checks
    TICKET_REFUSED = "TICKET_REFUSED"  # something payable that did not
    LOST = "LOST"  # opening: no certain answer, a payable orphan may exist
    NOT_MADE = "NOT_MADE"  # opening: no certain answer, and nothing payable can exist
    REJECTED = "REJECTED"  # opening: refused for a known reason
    UNPAID = "UNPAID"
    FAILED = "FAILED"  # the request itself, not one attempt of the customer
    EXPIRED = "EXPIRED"
    PAID = "PAID"
    SILENT = "SILENT"  # the asking brought no usable answer
    UNCLEAR = "UNCLEAR"  # an answer with a word we don't know


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a gateway said at a moment. `at` is aware UTC by the gateway's clock.

    `proven` marks an answer to an authenticated call about this very request, the only kind that may
    release goods; all else is a hint. `amount` is what was received. `differs` names what is not ours
    ("id", "environment", "payee"), empty when all agrees. `said` is foreign text.
    """

    said: Said
    at: datetime
    proven: bool = False
    amount: Money | None = None
    ticket: Ticket | None = None
    gateway_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    transaction_id: str = ""
    bank_reference: str = ""
    differs: str = ""
    reason: Reason | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One ask for one bill at one gateway. Times are aware UTC, amounts paise.

    `was` is the status before CONFIRMING: it decides between PAID and PAID + LATE. `told` is the amount
    that the gateway named last, `received` the most that it ever named. `qr_refused` says why a QR is not
    shown. `watch_over`: the watch plan has come to its end. `revision`
    counts what the ledger kept of it: of two news the higher one is the later.
    """

    reference: str
    bill_reference: str
    bill_number: int
    gateway: str
    method: Method
    amount: Money
    created_at: datetime
    body_hash: str = ""
    status: Status = Status.NEW
    issues: frozenset[Issue] = frozenset()
    was: Status | None = None
    link: str = ""
    qr_refused: Reason | None = None
    expires_at: datetime | None = None
    gateway_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    told: Money | None = None
    received: Money | None = None
    transaction_id: str = ""
    bank_reference: str = ""
    reason: Reason | None = None
    words: str = ""
    ended_at: datetime | None = None
    paid_at: datetime | None = None
    watch_over: bool = False
    revision: int = 0

    @property
    def issue(self) -> Issue:
        """The one issue that is shown."""
        return next((issue for issue in SHOWN_FIRST if issue in self.issues), Issue.NONE)

    @property
    def hand_over(self) -> bool:
        """The only automatic "hand over the goods": paid, and nothing to be said against it."""
        return self.status is Status.PAID and not self.issues

    @property
    def is_open(self) -> bool:
        """Whether it may still become an ordinary PAID."""
        return self.status in STILL_OPEN

    @property
    def has_money(self) -> bool:
        """Whether money was seen for it, proven or not."""
        return self.status in HAS_MONEY

    @property
    def is_lost(self) -> bool:
        """An opening whose answer never came: it may exist at the gateway."""
        return self.status is Status.OPENING and self.reason is not None

    @property
    def counts_down(self) -> bool:
        """Whether it is shown with the time that is left."""
        return self.status is Status.AWAITING and self.expires_at is not None and self.qr_refused is None

    def is_out_of_time(self, now: datetime) -> bool:
        """Waiting, and its time is over by the gateway's clock: one last look decides, not the clock."""
        return self.counts_down and not self.payable_link(now)

    def payable_link(self, now: datetime) -> str:
        """The link that may be shown and paid at `now` (the gateway's time); empty when nothing may be paid."""
        if self.status is not Status.AWAITING or self.qr_refused or not self.expires_at:
            return ""
        return self.link if now < self.expires_at else ""


def with_issues(
    request: PaymentRequest, *more: Issue, less: frozenset[Issue] = frozenset()
) -> PaymentRequest:
    return replace(request, issues=(request.issues - less) | frozenset(more))
