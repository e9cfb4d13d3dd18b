"""Watch: asks about every open payment request until it is settled, late money included."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from pos_app.domain.audit import Actor
from pos_app.domain.clock import Clock, GatewayTimes
from pos_app.domain.collecting import apply
from pos_app.domain.errors import BooksTrouble, GatewayTrouble
from pos_app.domain.payment import OVER, Issue, PaymentRequest, Said, Sighting, Status
from pos_app.domain.promises import Gateway, Ledger, ReportsPayment
from pos_app.domain.watchplan import is_watched, next_look
from pos_app.flows.checkout import Publish, PublishReach
from pos_app.logs import Log

log = Log(__name__)

SLOWEST_WHEN_SILENT: Final = 15.0  # seconds between looks while a gateway can't be reached
SOONEST_RECHECK: Final = 1.0  # seconds between two looks that a person forces
NEVER: Final = -1e9
PATIENCE: Final = 100  # tries of one who waits for a look: more than a call's deadline
IN_FLIGHT_STEP: Final = 0.1  # seconds between them
UNCONFIGURED_STEP: Final = 60.0  # seconds; its gateway is not set up at present
IDLE_STEP: Final = 5.0  # seconds until the next round when nothing is due sooner

Submit = Callable[[Callable[[], object]], None]


@dataclass(slots=True)
class _Watched:
    """One request under watch. `due`, `looked` and `not_before` (a Retry-After) are readings of the monotonic
    clock, in seconds; `token` names the look that is in flight.
    """

    gateway: str
    due: float
    looked: float = NEVER
    in_flight: bool = False
    again: bool = False
    token: int = 0
    not_before: float = NEVER
    silences: int = 0
    confirmations: int = 0


@dataclass(frozen=True, slots=True)
class _Looked:
    """What one look brought. `answered`: the gateway said something; `silent`: it was asked in vain."""

    request: PaymentRequest | None
    answered: bool = False
    silent: bool = False
    retry_after: float = 0.0


class Watch:
    """Which request is asked about when. Safe from several threads; looks run where `submit` runs them.

    One look of a request at a time, and of one gateway no more than `per_gateway`, so that one that hangs
    does not hold up the others. `poke` is called when a look may have become due
    sooner, `settle` with an opening that can't be asked about, `publish_books` with a sentence while an answer
    can't be kept and with an empty one when it can again.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        gateways: Mapping[str, Gateway],
        times: GatewayTimes,
        clock: Clock,
        submit: Submit,
        publish: Publish,
        publish_reach: PublishReach,
        publish_books: Callable[[str], None],
        settle: Publish,
        poke: Callable[[], None],
        per_gateway: int = 8,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = lambda: random.uniform(-1, 1),  # noqa: S311 (jitter, no secret)
    ) -> None:
        self._ledger = ledger
        self._gateways = gateways
        self._times = times
        self._clock = clock
        self._submit = submit
        self._publish = publish
        self._publish_reach = publish_reach
        self._publish_books = publish_books
        self._settle = settle
        self._poke = poke
        self._per_gateway = per_gateway
        self._chance = chance
        self._sleep = sleep
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._busy: dict[str, int] = {}
        self._on_screen = ""
        self._unkept = ""
        self._stopped = False

    def adopt(self, request: PaymentRequest, *, at_once: bool = False) -> None:
        """Take a request under watch, or let it go when it is settled."""
        now = self._clock.ticks()
        with self._lock:
            known = self._watched.get(request.reference)
            if known and not known.in_flight and not is_watched(request):
                del self._watched[request.reference]  # one in flight is let go when its look is over
            if known is None and is_watched(request):
                delay = 0.0 if at_once else self._delay(request, 0)
                self._watched[request.reference] = _Watched(request.gateway, due=now + (delay or 0.0))
        self._poke()

    def adopt_all(self) -> None:
        """At start: everything still watched is asked about before any screen says Expired."""
        for request in self._ledger.watched():
            self.adopt(request, at_once=True)

    def put_on_screen(self, reference: str) -> None:
        """The cashier looks at this one: it is asked about at the pace of the screen."""
        self._on_screen = reference
        with self._lock:
            watched = self._watched.get(reference)
            if watched and not watched.in_flight:
                step = self._gateway_step(watched.gateway)
                watched.due = min(watched.due, max(watched.looked + step, self._clock.ticks()))
        self._poke()

    def ask_now(self, reference: str) -> None:
        """A person forces a look, also of a request whose watch has ended."""
        gateway = self._ledger.request(reference).gateway
        now = self._clock.ticks()
        with self._lock:
            watched = self._watched.setdefault(reference, _Watched(gateway, due=now))
            watched.again = watched.in_flight
            watched.due = min(watched.due, max(now, watched.looked + SOONEST_RECHECK))
        self._poke()

    def stop(self) -> None:
        """No look begins any more; everything open is asked about at the next start."""
        self._stopped = True

    def count(self) -> int:
        with self._lock:
            return len(self._watched)

    def round(self) -> float:
        """Start the looks that are due; returns the seconds until the next round."""
        for reference, token in self._take_due():
            try:
                self._submit(lambda reference=reference, token=token: self._look(reference, token))
            except RuntimeError as error:  # no thread to be had, or the program ends
                log.broken("no thread", error, reference=reference)
                self._schedule(reference, token, _Looked(None))
        return self.until_next()

    def _take_due(self) -> list[tuple[str, int]]:
        now = self._clock.ticks()
        taken: list[tuple[str, int]] = []
        if self._stopped:
            return taken
        with self._lock:
            due = [(w.due, r, w) for r, w in self._watched.items() if not w.in_flight and w.due <= now]
            # the one on the screen first, then the longest overdue
            for _, reference, watched in sorted(due, key=lambda row: (row[1] != self._on_screen, row[0])):
                if self._busy.get(watched.gateway, 0) >= self._per_gateway:
                    continue
                taken.append((reference, self._take_place(watched, now)))
        return taken

    def _take_place(self, watched: _Watched, now: float) -> int:
        """The token of the look that may begin now."""
        self._busy[watched.gateway] = self._busy.get(watched.gateway, 0) + 1
        watched.in_flight, watched.again, watched.looked = True, False, now
        watched.token += 1
        return watched.token

    def until_next(self) -> float:
        """Seconds until a look is due, IDLE_STEP at most."""
        now = self._clock.ticks()
        with self._lock:
            waits = [
                w.due - now
                for w in self._watched.values()
                if not w.in_flight and self._busy.get(w.gateway, 0) < self._per_gateway
            ]
        return min([max(0.0, wait) for wait in waits] + [IDLE_STEP])

    def look_and_tell(self, reference: str) -> tuple[PaymentRequest, bool]:
        """Look in this thread as soon as it is this request's turn; returns what is known then, and whether
        the gateway answered (money.md, Renew: the old one first).
        """
        gateway = self._ledger.request(reference).gateway
        answered = False
        for _ in range(PATIENCE):
            token, wait = self._take(reference, gateway)
            if token:
                answered = self._look(reference, token)
                break
            self._sleep(wait)
        return self._ledger.request(reference), answered

    def _take(self, reference: str, gateway: str) -> tuple[int, float]:
        """A token when this thread may look now, else 0 and the seconds to wait before asking again."""
        now = self._clock.ticks()
        with self._lock:
            watched = self._watched.setdefault(reference, _Watched(gateway, due=now))
            if watched.in_flight:
                return 0, IN_FLIGHT_STEP
            if (wait := watched.looked + SOONEST_RECHECK - now) > 0:
                return 0, wait
            return self._take_place(watched, now), 0.0

    def _look(self, reference: str, token: int) -> bool:
        """One look from question to kept answer; whether there was one. Never raises: a look that breaks is a
        look that was silent. One whose place was given away does nothing.
        """
        with self._lock:
            watched = self._watched.get(reference)
            if watched is None or not watched.in_flight or watched.token != token:
                return False
        looked = _Looked(None)
        try:
            request = self._ledger.request(reference)
            looked = _Looked(request)
            gateway = self._gateways.get(request.gateway)
            if isinstance(gateway, ReportsPayment) and request.gateway_ids:
                looked = self._asked(gateway, request)
                self._tell_books("")
            elif request.status is Status.OPENING:
                self._settle(request)
        except BooksTrouble as trouble:
            log.warning("books", reference=reference, error=type(trouble).__name__)
            self._tell_books(str(trouble))
        except Exception as error:  # noqa: BLE001 (one broken look must not end the watch)
            log.broken("look failed", error, reference=reference)
        if self._schedule(reference, token, looked):
            self._end_watch(reference)
        self.round()  # the place that came free is taken at once
        self._poke()
        return looked.answered

    def _tell_books(self, sentence: str) -> None:
        if sentence != self._unkept:
            self._unkept = sentence
            self._publish_books(sentence)

    def _asked(self, gateway: ReportsPayment, request: PaymentRequest) -> _Looked:
        trouble: GatewayTrouble | None = None
        # in CONFIRMING only the proof counts, unless the amount that was named is what holds it up
        if request.status is not Status.CONFIRMING or Issue.UNDERPAID in request.issues:
            request, trouble = self._heard(gateway, request, confirm=False)
        if request.status is Status.CONFIRMING:
            request, trouble = self._heard(gateway, request, confirm=True)
        return _Looked(
            request,
            answered=trouble is None,
            silent=trouble is not None,
            retry_after=(trouble.retry_after or 0.0) if trouble else 0.0,
        )

    def _heard(
        self, gateway: ReportsPayment, request: PaymentRequest, *, confirm: bool
    ) -> tuple[PaymentRequest, GatewayTrouble | None]:
        trouble: GatewayTrouble | None = None
        try:
            sighting = gateway.confirm(request) if confirm else gateway.look(request)
        except GatewayTrouble as error:
            trouble = error
            sighting = Sighting(
                said=Said.SILENT,
                at=self._times.now(request.gateway),
                proven=confirm,
                reason=error.reason,
                words=error.said,
            )
        self._publish_reach(request.gateway, trouble.reason if trouble else None)
        now = self._times.now(request.gateway)
        if not self._unkept and apply(request, sighting, now) == request:
            return request, trouble  # most looks change nothing, and need no transaction
        before, after = self._ledger.change(
            request.reference,
            lambda found, kin: apply(found, sighting, now, kin),
            self._clock.now(),
            Actor.GATEWAY,
            "confirmed" if confirm else "looked",
        )
        if after != before:
            log.info("moved", reference=after.reference, status=after.status.value, issue=after.issue.value)
            self._publish(after)
        return after, trouble

    def _schedule(self, reference: str, token: int, looked: _Looked) -> bool:
        """When to look next; True when the watch plan has come to its end, which only an answer can say."""
        with self._lock:
            watched = self._watched.get(reference)
            if watched is None or watched.token != token:
                return False
            watched.in_flight = False
            watched.token += 1
            self._busy[watched.gateway] -= 1
            now, request = self._clock.ticks(), looked.request
            if looked.answered and watched.silences:
                self._come_back(watched.gateway, now)
            watched.silences = watched.silences + 1 if looked.silent else 0
            watched.not_before = now + looked.retry_after if looked.retry_after else NEVER
            if request is None:  # the books could not be read
                watched.due = now + SLOWEST_WHEN_SILENT
                return False
            watched.confirmations = watched.confirmations + 1 if request.status is Status.CONFIRMING else 0
            delay = self._delay(request, watched.confirmations, ago=now - watched.looked)
            if delay is None and (looked.answered or not is_watched(request)):
                del self._watched[reference]
                return is_watched(request)
            if delay is None:
                delay = UNCONFIGURED_STEP
            watched.due = self._due(watched, delay, now)
            return False

    def _come_back(self, gateway: str, now: float) -> None:
        """It answers again after a silence: whoever waited longer because of it asks as soon as it may."""
        step = self._gateway_step(gateway)
        for watched in self._watched.values():
            if watched.gateway == gateway and watched.silences and not watched.in_flight:
                soonest = max(now, watched.looked + step, watched.not_before)
                watched.due = min(watched.due, soonest)

    def _due(self, watched: _Watched, delay: float, now: float) -> float:
        if watched.again:
            return max(now, watched.looked + SOONEST_RECHECK)
        if watched.gateway not in self._gateways:
            return now + UNCONFIGURED_STEP
        if watched.silences > 1 and delay < SLOWEST_WHEN_SILENT:
            delay = min(SLOWEST_WHEN_SILENT, delay * 1.5 ** (watched.silences - 1))
        return max(watched.looked + delay, watched.not_before, now)

    def _delay(self, request: PaymentRequest, confirmations: int, *, ago: float = 0.0) -> float | None:
        """Seconds from the moment of asking, `ago` seconds before now, to the next look."""
        delay = next_look(
            request,
            self._times.now(request.gateway) - timedelta(seconds=ago),
            on_screen=request.reference == self._on_screen,
            confirmations=confirmations,
            jitter=self._chance(),
        )
        if delay is None or request.status is Status.CONFIRMING:
            return delay
        return max(delay, self._gateway_step(request.gateway))

    def _gateway_step(self, slug: str) -> float:
        gateway = self._gateways.get(slug)
        return gateway.facts.shortest_step if gateway else UNCONFIGURED_STEP

    def _end_watch(self, reference: str) -> None:
        try:
            self._ledger.change(
                reference,
                # money seen since then keeps its watch
                lambda request, _kin: replace(request, watch_over=request.status in OVER),
                self._clock.now(),
                Actor.PROGRAM,
                "the watch plan has ended",
            )
        except BooksTrouble as trouble:  # the next start asks once more
            log.warning("books", reference=reference, error=type(trouble).__name__)
