"""The services behind the window, built in the order in which they need one another."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pos_app import vault
from pos_app.domain.clock import Clock, GatewayTimes
from pos_app.domain.errors import BooksTrouble
from pos_app.domain.payment import PaymentRequest
from pos_app.domain.promises import Gateway
from pos_app.domain.shop import Mode
from pos_app.flows.checkout import Checkout
from pos_app.flows.desk import Desk
from pos_app.flows.watch import Watch
from pos_app.gateways.catalogue import CONNECTORS, connect
from pos_app.gateways.late_wire import LateWire
from pos_app.logs import Log
from pos_app.settings import GatewaySettings, Settings
from pos_app.store.ledger import SqlLedger, open_ledger
from pos_app.workers.news import News

if TYPE_CHECKING:
    from pos_app.sandbox.training import SmepayTraining

LOOKS: Final = 8  # threads that ask gateways; more would only slow the shared client down (budgets.md)
BOOK: Final = "training-book.sqlite"

log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What the window needs; `training` only in TRAINING, `remarks` are sentences for the notice bar."""

    desk: Desk
    watch: Watch
    ledger: SqlLedger
    wire: LateWire
    training: SmepayTraining | None
    remarks: tuple[str, ...]
    stack: ExitStack

    def warm_up(self) -> None:
        """What the first sale needs and the opening of the books did not."""
        self.wire.warm_up()

    def close(self) -> None:
        """In reverse: hung calls are ended first, the books are closed last."""
        self.watch.stop()
        self.wire.abort()
        self.stack.close()


def build(
    settings: Settings, clock: Clock, times: GatewayTimes, news: News, poke: Callable[[], None]
) -> Services:
    """Open the books and connect the gateways. Raises KeyTrouble and BooksTrouble with a sentence."""
    with ExitStack() as stack:
        key = vault.store_key(settings.data, settings.mode, os.environ)
        remarks = list(settings.remarks)
        if key.source == "file" and settings.mode is not Mode.TRAINING:
            remarks.append(
                "The key of the books lies in a file on this computer. For real money use the system's keyring "
                "or POS_APP_SECRET_STORE_KEY."
            )
        ledger = open_ledger(settings.data / f"{settings.mode.value.lower()}.sqlite", key.key, clock)
        stack.callback(ledger.close)
        twins, training = _training(settings, stack)
        wire = LateWire()
        stack.callback(wire.close)
        gateways = _gateways(settings, twins, wire, clock, times, remarks)

        def changed(request: PaymentRequest) -> None:
            watch.adopt(request)
            news.tell_changed(request)

        def opened(request: PaymentRequest) -> None:
            watch.adopt(request)
            news.tell_opened(request)

        checkout = Checkout(
            ledger=ledger,
            gateways=gateways,
            shop=settings.shop,
            times=times,
            clock=clock,
            publish=changed,
            publish_opened=opened,
            publish_reach=news.tell_reach,
        )
        looks = ThreadPoolExecutor(LOOKS, thread_name_prefix="look")
        stack.callback(looks.shutdown, wait=True, cancel_futures=True)
        watch = Watch(
            ledger=ledger,
            gateways=gateways,
            times=times,
            clock=clock,
            submit=lambda look: looks.submit(_logged, look) and None,
            publish=news.tell_changed,
            publish_reach=news.tell_reach,
            publish_books=news.tell_books,
            settle=checkout.settle_interrupted,
            poke=poke,
            per_gateway=max(2, LOOKS // max(1, len(gateways))),  # one that hangs leaves the others theirs
        )
        log.info("opened", mode=settings.mode.value, count=len(gateways))
        return Services(
            desk=Desk(ledger, checkout, watch, gateways),
            watch=watch,
            ledger=ledger,
            wire=wire,
            training=training,
            remarks=tuple(remarks),
            stack=stack.pop_all(),
        )


def _logged(look: Callable[[], object]) -> None:
    """A pool keeps an exception in a future that nobody reads."""
    try:
        look()
    except Exception as error:  # noqa: BLE001 (nobody reads its future)
        log.broken("look broke", error)


def _training(
    settings: Settings, stack: ExitStack
) -> tuple[Mapping[str, Mapping[str, str]], SmepayTraining | None]:
    """In TRAINING the embedded gateways, each section's base_url and keys by its slug."""
    if settings.mode is not Mode.TRAINING:
        return {}, None
    from pos_app.sandbox.server import SandboxServer

    server = SandboxServer(settings.data / BOOK, payee_vpa=settings.shop.payee_vpa or "training.shop@smepay")
    try:
        server.start()
    except (OSError, sqlite3.Error) as error:
        raise BooksTrouble(
            f"The training bank can't start: {error}. Its book is {settings.data / BOOK}; move it away to begin anew."
        ) from error
    stack.callback(server.stop)
    twins = {section.removeprefix("gateways."): keys for section, keys in server.sections().items()}
    return twins, server.smepay


def _gateways(
    settings: Settings,
    twins: Mapping[str, Mapping[str, str]],
    wire: LateWire,
    clock: Clock,
    times: GatewayTimes,
    remarks: list[str],
) -> dict[str, Gateway]:
    sections = settings.gateways or {slug: GatewaySettings(slug, "training") for slug in twins}
    gateways: dict[str, Gateway] = {}
    for slug, section in sections.items():
        if slug not in CONNECTORS:
            remarks.append(f"settings.toml: there is no gateway {slug!r}.")
            continue
        base_url, credentials = _credentials(section, twins, remarks)
        missing = [field for field in CONNECTORS[slug].facts.credentials if not credentials.get(field.name)]
        if missing:
            remarks.append(_not_offered(slug, missing[0].name, secret=missing[0].secret))
            continue
        gateways[slug] = connect(
            slug,
            wire=wire,
            base_url=base_url,
            credentials=credentials,
            mode=settings.mode,
            times=times,
            clock=clock,
        )
    return gateways


def _credentials(
    section: GatewaySettings, twins: Mapping[str, Mapping[str, str]], remarks: list[str]
) -> tuple[str, Mapping[str, str]]:
    facts = CONNECTORS[section.slug].facts
    if section.environment == "training":
        keys = twins[section.slug]
        return keys["base_url"], keys
    known = {field.name: field for field in facts.credentials}
    for key in section.keys:
        if key not in known:
            remarks.append(f"settings.toml: gateways.{section.slug}.{key} is not known.")
        elif known[key].secret:
            remarks.append(
                f"settings.toml: gateways.{section.slug}.{key} is a secret and is not read from the file."
            )
    credentials = {
        field.name: (
            vault.secret(section.slug, field.name, os.environ) or ""
            if field.secret
            else section.keys.get(field.name, "")
        )
        for field in facts.credentials
    }
    return section.base_url or facts.hosts[section.environment], credentials


def _not_offered(slug: str, field: str, *, secret: bool) -> str:
    title = CONNECTORS[slug].facts.title
    if secret:
        return (
            f"{title} is not offered: its {field} is missing (POS_APP_SECRET_{slug.upper()}_{field.upper()})."
        )
    return f"{title} is not offered: gateways.{slug}.{field} is missing in settings.toml."
