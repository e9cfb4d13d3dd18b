"""Replaying events: they alone give the current rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from pos_app.domain.audit import Event, Thing
from pos_app.store.rows import Row, Stored, beside, request_of

# A first event tells only what is not empty; these columns may have no value, the other ones are text.
_NULLS: Final = ("was", "qr_refused", "expires_at", "told", "received", "reason", "ended_at", "paid_at")
_TEXTS: Final = ("body_hash", "issues", "link", "transaction_id", "bank_reference", "words")
BLANK_REQUEST: Final[Row] = {
    **dict.fromkeys(_NULLS),
    **dict.fromkeys(_TEXTS, ""),
    "gateway_ids": "{}",
    "watch_over": 0,
}
BLANK_BILL: Final[Row] = {"mobile": "", "mobile_index": "", "mobile_tail": "", "note": ""}


@dataclass(frozen=True, slots=True)
class Rows:
    """Current rows by reference."""

    bills: dict[str, Row] = field(default_factory=dict[str, Row])
    requests: dict[str, Row] = field(default_factory=dict[str, Row])


def told(row: Row, blank: Row) -> Row:
    """What the first event tells of a new row."""
    return {name: value for name, value in row.items() if name not in blank or value != blank[name]}


def changed(old: Row, new: Row) -> Row:
    return {name: value for name, value in new.items() if value != old[name]}


def replay(events: Iterable[Event]) -> Rows:
    """The rows that these events, in order and from the first one, lead to. Pure."""
    rows = Rows()
    for event in events:
        changes = cast("Mapping[str, Stored]", event.changes)
        if event.thing is Thing.BILL:
            rows.bills[event.reference] = {**BLANK_BILL, **changes}
            continue
        old = rows.requests.get(event.reference, {**BLANK_REQUEST, "entry": event.number, "claim": None})
        new: Row = {**old, **changes, "revision": event.number}
        claim = event.number if changes.get("transaction_id") else new["claim"]
        rows.requests[event.reference] = {**new, **beside(request_of(new), cast("int | None", claim))}
    return rows
