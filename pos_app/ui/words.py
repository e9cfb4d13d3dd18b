"""Every sentence that a person reads at the counter, by what happened; translated where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pos_app.domain.errors import Reason, Refusal
from pos_app.domain.payment import Issue, Status
from pos_app.ui.counter.actions import Can
from pos_app.ui.meaning import Meaning


@dataclass(frozen=True, slots=True)
class Face:
    """How one (status, issue) looks: `word` for the chip, `short` for a row, `sentence` for what to do.

    Sentences may name {amount}, {received} and {why}.
    """

    meaning: Meaning
    icon: str
    word: str
    short: str
    sentence: str


_HOLD: Final = "Hold the goods and call the manager."

FACES: Final[dict[tuple[Status, Issue], Face]] = {
    (Status.NEW, Issue.NONE): Face(
        Meaning.WAITING, "loader-circle", "Opening", "opening", "Asking the bank for a QR."
    ),
    (Status.OPENING, Issue.NONE): Face(
        Meaning.WAITING, "loader-circle", "Opening", "opening", "Asking the bank for a QR."
    ),
    (Status.AWAITING, Issue.NONE): Face(
        Meaning.WAITING,
        "loader-circle",
        "Waiting for the customer",
        "waiting",
        "Scan with any UPI app. The screen turns green by itself when the bank confirms.",
    ),
    (Status.AWAITING, Issue.MISMATCH): Face(
        Meaning.PROBLEM,
        "shield-alert",
        "QR refused",
        "QR refused",
        "{why} Nothing is shown, so nothing can be paid. Charge again.",
    ),
    (Status.CONFIRMING, Issue.NONE): Face(
        Meaning.WAITING,
        "hourglass",
        "Confirming",
        "confirming",
        "The bank reports a payment; its proof is on the way. Don't hand over goods yet.",
    ),
    (Status.CONFIRMING, Issue.UNCONFIRMED): Face(
        Meaning.UNKNOWN,
        "circle-help",
        "Not confirmed",
        "not confirmed",
        "The bank reported a payment but doesn't confirm it. Hold the goods; we keep asking.",
    ),
    (Status.CONFIRMING, Issue.UNDERPAID): Face(
        Meaning.PROBLEM,
        "triangle-alert",
        "Paid too little",
        "too little",
        "{received} was paid instead of {amount}. " + _HOLD,
    ),
    (Status.CONFIRMING, Issue.OVERPAID): Face(
        Meaning.PROBLEM,
        "triangle-alert",
        "Paid too much",
        "too much",
        "{received} was paid instead of {amount}. " + _HOLD,
    ),
    (Status.CONFIRMING, Issue.MISMATCH): Face(
        Meaning.PROBLEM,
        "shield-alert",
        "Doesn't match",
        "no match",
        "A payment was reported that doesn't belong to this bill. " + _HOLD,
    ),
    (Status.PAID, Issue.NONE): Face(Meaning.PAID, "circle-check-big", "Paid", "paid", "Hand over the goods"),
    (Status.PAID, Issue.LATE): Face(
        Meaning.UNKNOWN,
        "clock-alert",
        "Paid late",
        "paid late",
        "{received} came after this request had ended. Hand over only if it was not paid in another way; "
        "else call the manager.",
    ),
    (Status.PAID, Issue.PAID_TWICE): Face(
        Meaning.PROBLEM,
        "copy",
        "Paid twice",
        "paid twice",
        "This bill was paid already; {received} came once more. Hand over once; the manager pays this one back.",
    ),
    (Status.PAID, Issue.BY_HAND): Face(
        Meaning.UNKNOWN,
        "hand",
        "Accepted by hand",
        "by hand",
        "A manager accepted this payment; the bank has not confirmed it yet.",
    ),
    (Status.EXPIRED, Issue.NONE): Face(
        Meaning.NEUTRAL,
        "clock",
        "Expired",
        "expired",
        "Nobody paid in time. A payment that still comes will show here.",
    ),
    (Status.EXPIRED, Issue.UNCONFIRMED): Face(
        Meaning.UNKNOWN,
        "circle-help",
        "Expired, not confirmed",
        "not confirmed",
        "The bank reported a payment and never confirmed it. Don't hand over goods; we keep asking.",
    ),
    (Status.EXPIRED, Issue.MISMATCH): Face(
        Meaning.NEUTRAL,
        "clock",
        "Expired",
        "expired",
        "The bank's QR was refused and never shown. Charge again.",
    ),
    (Status.CANCELLED, Issue.MISMATCH): Face(
        Meaning.NEUTRAL, "ban", "Cancelled", "cancelled", "The bank's QR was refused and never shown."
    ),
    (Status.FAILED, Issue.MISMATCH): Face(
        Meaning.PROBLEM,
        "circle-x",
        "No payment",
        "failed",
        "The bank's QR was refused and never shown. Charge again.",
    ),
    (Status.CANCELLED, Issue.NONE): Face(
        Meaning.NEUTRAL,
        "ban",
        "Cancelled",
        "cancelled",
        "If the customer pays all the same, it will show here.",
    ),
    (Status.FAILED, Issue.NONE): Face(Meaning.PROBLEM, "circle-x", "No payment", "failed", "{why}"),
}
# An opening whose answer never came: it may exist at the gateway, so it is neither failed nor safe.
OPENING_UNKNOWN: Final = Face(
    Meaning.UNKNOWN,
    "circle-help",
    "Answer unknown",
    "unknown",
    "The bank gave no certain answer, so no QR can be shown. We keep asking; you may cancel and charge again.",
)
LAST_CHECK: Final = Face(
    Meaning.WAITING, "hourglass", "Last check…", "last check", "Time is up. Asking the bank once more."
)
# What a cashier can do in each status; what asks the gateway needs something to ask by.
ACTIONS: Final[dict[Status, frozenset[Can]]] = {
    Status.NEW: frozenset(),
    Status.OPENING: frozenset({Can.CANCEL, Can.RECHECK}),
    Status.AWAITING: frozenset({Can.CANCEL, Can.RECHECK, Can.SAYS_PAID, Can.RENEW}),
    Status.CONFIRMING: frozenset({Can.RECHECK}),
    Status.PAID: frozenset(),
    Status.EXPIRED: frozenset({Can.RECHECK, Can.RENEW}),
    Status.CANCELLED: frozenset({Can.RECHECK, Can.RENEW}),
    Status.FAILED: frozenset({Can.RECHECK, Can.RENEW}),
}
ASKING: Final = frozenset({Can.RECHECK, Can.SAYS_PAID})
_MISMATCH: Final = FACES[Status.CONFIRMING, Issue.MISMATCH]
_BY_ISSUE: Final = {
    Issue.MISMATCH: _MISMATCH,
    Issue.UNDERPAID: FACES[Status.CONFIRMING, Issue.UNDERPAID],
    Issue.OVERPAID: FACES[Status.CONFIRMING, Issue.OVERPAID],
    Issue.PAID_TWICE: FACES[Status.PAID, Issue.PAID_TWICE],
    Issue.BY_HAND: FACES[Status.PAID, Issue.BY_HAND],
    Issue.LATE: FACES[Status.PAID, Issue.LATE],
    Issue.UNCONFIRMED: FACES[Status.CONFIRMING, Issue.UNCONFIRMED],
    Issue.REVERSED: _MISMATCH,
}


def face_of(status: Status, issue: Issue) -> Face:
    """Total: an issue without a row of its own at this status looks as it does elsewhere."""
    return FACES.get((status, issue)) or _BY_ISSUE.get(issue) or FACES[status, Issue.NONE]


REFUSALS: Final[dict[Refusal, str]] = {
    Refusal.AMOUNT_EMPTY: "Type the amount first.",
    Refusal.AMOUNT_NOT_A_NUMBER: "Type the amount in digits, like 250 or 250.50.",
    Refusal.AMOUNT_NEGATIVE: "The amount can't be below zero.",
    Refusal.AMOUNT_DECIMALS: "Paise have two digits at most, like 250.50.",
    Refusal.AMOUNT_TOO_SMALL: "The smallest amount is {limit}.",
    Refusal.AMOUNT_TOO_LARGE: "The largest amount for one payment is {limit}.",
    Refusal.MOBILE_NOT_TEN_DIGITS: "A mobile number has ten digits. Correct it or leave it empty.",
    Refusal.MOBILE_FIRST_DIGIT: "An Indian mobile number begins with 6, 7, 8 or 9. Correct it or leave it empty.",
    Refusal.NOTE_TOO_LONG: "The note is too long: {limit} letters at most, on one line.",
    Refusal.NOTE_UNREADABLE: "The note has a letter that can't be shown. Type it again.",
    Refusal.NO_GATEWAY: "No way to be paid is set up. Ask the owner to complete the settings.",
}

REASONS: Final[dict[Reason, str]] = {
    Reason.UNREACHABLE: "The bank can't be reached. Check the internet and charge again.",
    Reason.TLS: "The connection to the bank is not safe, so nothing was sent. Check the clock and the network.",
    Reason.NO_ANSWER: "The bank did not answer in time. Charge again.",
    Reason.STOPPED: "The program was closed before the bank answered. Charge again.",
    Reason.BROKEN_ANSWER: "The bank's answer could not be read. Charge again.",
    Reason.HUGE_ANSWER: "The bank's answer could not be read. Charge again.",
    Reason.OTHER_ORDER: "The bank answered for another order.",
    Reason.BUSY: "The bank is busy. Wait a moment and charge again.",
    Reason.GATEWAY_DOWN: "The bank has a fault at its side. Wait a moment and charge again.",
    Reason.WRONG_KEYS: "The gateway refuses this shop's keys. Ask the owner to check the settings.",
    Reason.OTHER_ENVIRONMENT: "The keys belong to another environment (test or live). Ask the owner to check the settings.",
    Reason.ADDRESS_NOT_ALLOWED: "The gateway does not allow this shop's internet address. Ask the owner to have it added.",
    Reason.REGION_NOT_ALLOWED: "The gateway does not allow payments from this place. Ask the owner to call the gateway.",
    Reason.NOT_ACTIVATED: "The gateway has not activated this shop for this. Ask the owner to complete its verification.",
    Reason.WALLET_LOW: "The shop's wallet at the gateway is too low for its fees. Ask the owner to top it up.",
    Reason.AMOUNT_BELOW_MINIMUM: "The gateway does not take an amount this small.",
    Reason.AMOUNT_ABOVE_MAXIMUM: "The gateway does not take an amount this large.",
    Reason.LIMIT_REACHED: "The shop has reached its limit at the gateway for today or this month.",
    Reason.DUPLICATE: "The gateway already knew this order. No QR was made; charge again.",
    Reason.ORDER_NOT_FOUND: "The gateway can't find this order with this amount.",
    Reason.ORDER_EXPIRED: "The order ran out before its QR was made. Charge again.",
    Reason.ORDER_STATE: "The order is no longer open at the gateway. Charge again.",
    Reason.BAD_REQUEST: "The gateway refuses the order's details. Ask the owner to check the settings.",
    Reason.NOT_UNDERSTOOD: "The gateway's answer was not understood. Charge again.",
    Reason.QR_NOT_UPI: "The bank's QR could not be checked.",
    Reason.QR_AMOUNT: "The bank's QR is for another amount.",
    Reason.QR_CURRENCY: "The bank's QR is not in rupees.",
    Reason.QR_PAYEE: "The bank's QR pays somebody else than this shop.",
    Reason.INTERRUPTED: "The program stopped before a QR was made. Charge again.",
}
NO_QR: Final = "No QR was made."
GATEWAY_FAILED: Final = (
    "The bank says that this payment failed. Charge again; money that still comes will show here."
)

AWAY: Final = Face(
    Meaning.PROBLEM,
    "wifi-off",
    "Can't reach the bank",
    "no connection",
    "Don't hand over goods. We keep trying; a payment is not lost.",
)
STARTING: Final = "One moment, the books are being opened; this bill is sent right after."
BOOKS_CLOSED: Final = "One moment, the books are being opened."
TROUBLE: Final = (
    "Something went wrong in the program. Nothing was lost; try again, and tell the owner if it stays."
)
PARKED: Final = (
    "Bill {bill}: the bank was asked just now and has no payment yet. Don't hand over goods. It is asked again "
    "every few seconds; when the money is there, its tile below turns green."
)
NOT_ASKED: Final = (
    "Bill {bill}: the bank could not be asked just now, so nobody knows. Don't hand over goods. We keep trying; "
    "when the money is there, its tile below turns green."
)
ASKED_NOW: Final = "The bank was asked just now: no payment yet. Don't hand over goods."
PAID_OTHERWISE: Final = Face(
    Meaning.UNKNOWN,
    "circle-check-big",
    "Paid with another QR",
    "paid otherwise",
    "This bill was paid with another of its QRs. Don't let it be paid again; see the other tile.",
)
PAID_BEFORE: Final = "This bill was paid before; the goods may have been handed over already."
BOOKS_AWAY: Final = Face(
    Meaning.PROBLEM,
    "triangle-alert",
    "Answers can't be kept",
    "not kept",
    "{why} Don't hand over goods; nothing is lost at the bank.",
)
ALARM: Final = "Bill {bill}, {amount}: {word}. Click its tile to see what to do."
