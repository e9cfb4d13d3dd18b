"""Events: what changed, who did it, when and why. They are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Actor(StrEnum):
    """Who made a change."""

    CASHIER = "CASHIER"
    GATEWAY = "GATEWAY"
    PROGRAM = "PROGRAM"


class Thing(StrEnum):
    """The kind of thing that an event's reference names."""

    BILL = "BILL"
    REQUEST = "REQUEST"


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one thing. `changes` holds the new values of the changed fields only, as stored.

    `at` is aware UTC. Replaying the events of a reference in order gives its current row.
    """

    number: int
    at: datetime
    actor: Actor
    thing: Thing
    reference: str
    why: str
    changes: Mapping[str, object]
