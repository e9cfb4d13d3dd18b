"""Errors, sorted by what one may do next: mend the input, ask again, or wait and query."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why something typed is refused. The screens hold a sentence for each."""

    AMOUNT_EMPTY = "AMOUNT_EMPTY"
    AMOUNT_NOT_A_NUMBER = "AMOUNT_NOT_A_NUMBER"
    AMOUNT_NEGATIVE = "AMOUNT_NEGATIVE"
    AMOUNT_DECIMALS = "AMOUNT_DECIMALS"
    AMOUNT_TOO_SMALL = "AMOUNT_TOO_SMALL"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    MOBILE_NOT_TEN_DIGITS = "MOBILE_NOT_TEN_DIGITS"
    MOBILE_FIRST_DIGIT = "MOBILE_FIRST_DIGIT"
    NOTE_TOO_LONG = "NOTE_TOO_LONG"
    NOTE_UNREADABLE = "NOTE_UNREADABLE"
    NO_GATEWAY = "NO_GATEWAY"


class Reason(StrEnum):
    """Why a call to a gateway did not bring what was asked. The screens hold a sentence for each."""

    # the way to the gateway
    UNREACHABLE = "UNREACHABLE"
    TLS = "TLS"
    NO_ANSWER = "NO_ANSWER"
    STOPPED = "STOPPED"
    # the answer's form
    BROKEN_ANSWER = "BROKEN_ANSWER"
    HUGE_ANSWER = "HUGE_ANSWER"
    OTHER_ORDER = "OTHER_ORDER"
    # what the gateway said
    BUSY = "BUSY"
    GATEWAY_DOWN = "GATEWAY_DOWN"
    WRONG_KEYS = "WRONG_KEYS"
    OTHER_ENVIRONMENT = "OTHER_ENVIRONMENT"
    ADDRESS_NOT_ALLOWED = "ADDRESS_NOT_ALLOWED"
    REGION_NOT_ALLOWED = "REGION_NOT_ALLOWED"
    NOT_ACTIVATED = "NOT_ACTIVATED"
    WALLET_LOW = "WALLET_LOW"
    AMOUNT_BELOW_MINIMUM = "AMOUNT_BELOW_MINIMUM"
    AMOUNT_ABOVE_MAXIMUM = "AMOUNT_ABOVE_MAXIMUM"
    LIMIT_REACHED = "LIMIT_REACHED"
    DUPLICATE = "DUPLICATE"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    ORDER_EXPIRED = "ORDER_EXPIRED"
    ORDER_STATE = "ORDER_STATE"
    BAD_REQUEST = "BAD_REQUEST"
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"
    # our own checks of what it gave
    QR_NOT_UPI = "QR_NOT_UPI"
    QR_AMOUNT = "QR_AMOUNT"
    QR_CURRENCY = "QR_CURRENCY"
    QR_PAYEE = "QR_PAYEE"
    # ours
    INTERRUPTED = "INTERRUPTED"


class Outcome(StrEnum):
    """What is known after a call (money.md, What a call's outcome means)."""

    NOT_SENT = "NOT_SENT"
    REJECTED = "REJECTED"
    EXISTS = "EXISTS"
    ACCEPTED = "ACCEPTED"
    UNKNOWN = "UNKNOWN"


class InputRefused(ValueError):
    """Something typed can't be taken; `refusal` says why, `limit` names the bound where there is one."""

    def __init__(self, refusal: Refusal, limit: str = "") -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.limit = limit


class GatewayTrouble(Exception):
    """A call did not end ACCEPTED. `said` is the gateway's own text: foreign, short, plain.

    `retry_after` is in seconds, where the gateway named a time.
    """

    def __init__(
        self, outcome: Outcome, reason: Reason, said: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(f"{outcome.value} {reason.value}")
        self.outcome = outcome
        self.reason = reason
        self.said = said
        self.retry_after = retry_after


class BooksTrouble(Exception):
    """The ledger can't be read or written; the text is a sentence for the person at the till."""


class KeyTrouble(Exception):
    """A key or secret is missing or wrong; the text is a sentence for the person at the till."""


class SettingsTrouble(Exception):
    """settings.toml can't be used; the text is a sentence that names the place and the mend."""
