"""The watch plan: when a payment request is asked about next (money.md, Watch plan)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from pos_app.domain.payment import OVER, PaymentRequest, Status

ON_SCREEN: Final = 3.4  # seconds; with the jitter 3.06 to 3.74: SMEPay asks for 3 to 5
OFF_SCREEN: Final = 4.5  # with the jitter 4.05 to 4.95
LATER: Final = ((600.0, 15.0), (3600.0, 60.0))  # off screen, older than so many seconds: so slow
CONFIRMING: Final = (2.0, 5.0, 10.0)  # after the first, second, third confirming call; then the last again
CONFIRMING_SLOW_AFTER: Final = 30 * 60.0
JITTER: Final = 0.1
PAST_EXPIRY: Final = (
    0.7  # the look at the expiry falls just behind it, so that its answer can end the request
)


def _after_expiry() -> Iterator[float]:
    yield from (5, 15, 30, 60)
    yield from range(5 * 60, 3600 + 1, 5 * 60)
    yield from range(90 * 60, 6 * 3600 + 1, 30 * 60)
    yield from range(8 * 3600, 24 * 3600 + 1, 2 * 3600)
    yield from (day * 86_400 for day in (2, 5))


AFTER_EXPIRY: Final = tuple(_after_expiry())


def is_watched(request: PaymentRequest) -> bool:
    """Whether the plan knows a next look at all: it can be asked about, and it isn't settled."""
    if request.watch_over or request.status in {Status.NEW, Status.PAID}:
        return False
    return bool(request.gateway_ids) or request.status not in OVER


def next_look(
    request: PaymentRequest, now: datetime, *, on_screen: bool, confirmations: int = 0, jitter: float = 0.0
) -> float | None:
    """Seconds from a look at `now` (the gateway's time) to the next one; None when the watch has ended.

    `confirmations` counts confirming calls that proved nothing; `jitter` is a random number in -1 … 1.
    """
    if not is_watched(request):
        return None
    stretch = 1 + JITTER * jitter
    if request.status is Status.CONFIRMING:
        return _confirming(request, now, confirmations) * stretch
    ends = request.expires_at or request.ended_at or request.created_at + timedelta(minutes=10)
    if request.status in OVER and now >= ends:
        return _from_plan((now - ends).total_seconds())
    if on_screen:
        step = ON_SCREEN
    else:
        age = (now - request.created_at).total_seconds()
        step = next((slow for older, slow in reversed(LATER) if age > older), OFF_SCREEN)
    step *= stretch
    left = (ends - now).total_seconds() + PAST_EXPIRY
    # one look falls at the expiry, but never sooner after the last one than the shortest step
    return max(left, ON_SCREEN * (1 - JITTER)) if 0 < left < step else step


def _confirming(request: PaymentRequest, now: datetime, confirmations: int) -> float:
    age = (now - (request.expires_at or request.created_at)).total_seconds()
    if age > CONFIRMING_SLOW_AFTER:
        return LATER[-1][1]
    return CONFIRMING[min(max(confirmations, 1), len(CONFIRMING)) - 1]


def _from_plan(since_expiry: float) -> float | None:
    place = bisect_right(AFTER_EXPIRY, since_expiry)
    return AFTER_EXPIRY[place] - since_expiry if place < len(AFTER_EXPIRY) else None
