"""The list of connectors: a new gateway is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pos_app.domain.clock import Clock, GatewayTimes
from pos_app.domain.promises import Facts, Gateway
from pos_app.domain.shop import Mode
from pos_app.gateways import smepay
from pos_app.gateways.call import Sends
from pos_app.gateways.connector import Line, Refused

Build = Callable[[Line, Mapping[str, str], Mode], Gateway]


@dataclass(frozen=True, slots=True)
class Connector:
    facts: Facts
    refusals: Sequence[Refused]
    build: Build


CONNECTORS: Final = {
    connector.facts.slug: connector for connector in (Connector(smepay.FACTS, smepay.REFUSALS, smepay.build),)
}


def connect(
    slug: str,
    *,
    wire: Sends,
    base_url: str,
    credentials: Mapping[str, str],
    mode: Mode,
    times: GatewayTimes,
    clock: Clock,
) -> Gateway:
    """The gateway, ready to be asked. KeyError for an unknown slug or a missing credential."""
    connector = CONNECTORS[slug]
    line = Line(wire, connector.facts, base_url, connector.refusals, times, clock)
    return connector.build(line, credentials, mode)
