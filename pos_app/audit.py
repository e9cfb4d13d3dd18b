"""`pos-app audit verify`: whether the books of a data folder are as they were written."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pos_app.domain.errors import BooksTrouble, KeyTrouble
from pos_app.domain.shop import Mode

if TYPE_CHECKING:
    from pathlib import Path


def verify(data: Path) -> int:
    """One line for each database; exit code 0 when all are whole, 1 when one is not, 2 when one can't be read."""
    from pos_app import vault
    from pos_app.domain.clock import SystemClock
    from pos_app.store.ledger import open_ledger

    books = [(mode, data / f"{mode.value.lower()}.sqlite") for mode in Mode]
    found = [(mode, path) for mode, path in books if path.exists()]
    if not found:
        print(f"There are no books in {data}.", file=sys.stderr)  # noqa: T201
        return 2
    worst = 0
    for mode, path in found:
        try:
            ledger = open_ledger(path, vault.store_key(data, mode, os.environ).key, SystemClock())
            try:
                bad = ledger.first_fault()
            finally:
                ledger.close()
        except (BooksTrouble, KeyTrouble) as trouble:
            print(f"{path.name}: {trouble}", file=sys.stderr)  # noqa: T201
            worst = max(worst, 2)
            continue
        print(f"{path.name}: {bad or 'every event and row is as it was written.'}")  # noqa: T201
        worst = max(worst, 1 if bad else 0)
    return worst
