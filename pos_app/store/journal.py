"""The events as stored: appended in a chain of MACs, read back, and the chain checked."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from pos_app.domain.audit import Actor, Event, Thing
from pos_app.domain.errors import BooksTrouble
from pos_app.store.books import Books, fetched
from pos_app.store.cipher import Cipher
from pos_app.store.rows import Row, moment, plain
from pos_app.store.tables import CHAIN_HEAD, events, meta
from pos_app.store.trouble import CHANGED_OUTSIDE

PAGE: Final = 2000
_SEED: Final = "books"

_HEAD: Final = select(meta.c.value).where(meta.c.key == CHAIN_HEAD)
_ENDS: Final = select(_HEAD.scalar_subquery(), select(func.max(events.c.number)).scalar_subquery())
_NEW_HEAD: Final = update(meta).where(meta.c.key == CHAIN_HEAD).values(value=bindparam("head"))
_ADD: Final = insert(events)
_PAGE: Final = (
    select(events).where(events.c.number > bindparam("after")).order_by(events.c.number).limit(PAGE)
)
_OF_ONE: Final = select(events).where(events.c.reference == bindparam("name")).order_by(events.c.number)


@dataclass(frozen=True, slots=True)
class Head:
    """How many events there are and the MAC of the last one: a tail that is cut off is missed."""

    count: int
    mac: str

    def sealed(self, cipher: Cipher) -> str:
        return f"{self.count}.{self.mac}.{_seal(cipher, self.count, self.mac)}"


def first_head() -> Head:
    return Head(count=0, mac=_SEED)


def read_head(connection: Connection, cipher: Cipher) -> Head | None:
    """None when it is missing or not ours."""
    return _unsealed(connection.execute(_HEAD).scalar_one_or_none() or "", cipher)


def _unsealed(text: str, cipher: Cipher) -> Head | None:
    count, _, rest = text.partition(".")
    mac, _, seal = rest.partition(".")
    if not (count.isascii() and count.isdigit() and seal.isascii()):
        return None
    return Head(int(count), mac) if hmac.compare_digest(seal, _seal(cipher, int(count), mac)) else None


class Journal:
    """The events of one transaction: added one by one, written at its end."""

    def __init__(self, connection: Connection, cipher: Cipher, path: Path) -> None:
        head = read_head(connection, cipher)
        if head is None:  # to go on from here would put our own seal on what was changed outside
            raise BooksTrouble(CHANGED_OUTSIDE.format(name=path.name))
        self._connection = connection
        self._cipher = cipher
        self._head = head
        self._rows: list[Row] = []

    @property
    def next(self) -> int:
        """The number that the next event gets."""
        return self._head.count + 1

    def add(self, at: int, actor: Actor, thing: Thing, reference: str, why: str, changes: Row) -> None:
        row: Row = {
            "number": self.next,
            "at": at,
            "actor": actor.value,
            "thing": thing.value,
            "reference": reference,
            "why": plain(why),
            "changes": json.dumps(changes, sort_keys=True, separators=(",", ":")),
        }
        mac = _link(self._cipher, self._head.mac, row)
        self._rows.append({**row, "mac": mac})
        self._head = Head(self.next, mac)

    def write(self) -> None:
        self._connection.execute(_ADD, self._rows)
        self._connection.execute(_NEW_HEAD, {"head": self._head.sealed(self._cipher)})


def read_events(books: Books, reference: str) -> list[Event]:
    """In order: those of one reference, or with an empty one all."""
    if reference:
        with books.read() as connection:
            return [_event(row) for row in fetched(connection, _OF_ONE, name=reference)]
    found: list[Event] = []
    while page := _page(books, found[-1].number if found else 0):
        found.extend(map(_event, page))
    return found


def first_bad_event(books: Books, cipher: Cipher) -> int | None:
    """The number of the first event that was changed, put in or is missing; None when all are as written.

    Page by page, so that no reader keeps the writer waiting; what is added meanwhile is not looked at.
    """
    with books.read() as connection:  # one statement, so both are of one moment
        sealed, highest = connection.execute(_ENDS).one()
    head = _unsealed(sealed or "", cipher)
    last = first_head()
    while page := _page(books, last.count):
        for row in page:
            if row["number"] > (highest or 0):
                break
            if row["number"] != last.count + 1 or not _fits(cipher, last.mac, row):
                return last.count + 1
            if last == head:
                return last.count + 1  # put in behind the head
            last = Head(row["number"], row["mac"])
        if last.count >= (highest or 0):
            break
    return None if last == head else last.count + 1


def _page(books: Books, after: int) -> list[dict[str, Any]]:
    with books.read() as connection:
        return fetched(connection, _PAGE, after=after)


def _event(row: Mapping[str, Any]) -> Event:
    return Event(
        number=row["number"],
        at=moment(row["at"]),
        actor=Actor(row["actor"]),
        thing=Thing(row["thing"]),
        reference=row["reference"],
        why=row["why"],
        changes=json.loads(row["changes"]),
    )


_LINKED: Final = ("number", "at", "actor", "thing", "reference", "why", "changes")


def _link(cipher: Cipher, previous: str, row: Mapping[str, Any]) -> str:
    words = json.dumps([previous, *(row[name] for name in _LINKED)], separators=(",", ":"))
    return cipher.chain_mac("event", words.encode())


def _fits(cipher: Cipher, previous: str, row: Mapping[str, Any]) -> bool:
    return hmac.compare_digest(_link(cipher, previous, row).encode(), str(row["mac"]).encode())


def _seal(cipher: Cipher, count: int, mac: str) -> str:
    return cipher.chain_mac("head", f"{count}.{mac}".encode())
