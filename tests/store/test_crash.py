"""A program that is killed loses nothing that the ledger said it had kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pos_app.store.ledger import open_ledger
from tests.store.sales import KEY, StoppedClock, rows

ROOT = Path(__file__).resolve().parents[2]
_SELLS_UNTIL_KILLED = """
import sys
from pathlib import Path
from pos_app.store.ledger import open_ledger
from tests.store.sales import KEY, StoppedClock, look, opened, paid

ledger = open_ledger(Path(sys.argv[1]), KEY, StoppedClock())
while True:
    request = opened(ledger)
    print(request.reference, "OPENING", flush=True)
    if request.bill_number == int(sys.argv[2]):
        sys.stdin.read()
    paid_request = look(ledger, request, paid(request.reference))
    print(request.reference, paid_request.status, flush=True)
"""


def _start(path: Path, stop_at: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _SELLS_UNTIL_KILLED, str(path), str(stop_at)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.parametrize(("stop_at", "lines"), [(1, 1), (0, 11), (0, 24)])
def test_an_intent_is_there_after_kill_9(path: Path, stop_at: int, lines: int) -> None:
    """Stopped right after open_bill returned, or in the middle of whatever it does then."""
    with _start(path, stop_at) as program:
        assert program.stdout
        told = dict(program.stdout.readline().split() for _ in range(lines))
        program.send_signal(signal.SIGKILL)
        told |= dict(line.split() for line in program.stdout if line.endswith("\n"))
    assert told
    books = open_ledger(path, KEY, StoppedClock())
    kept = {request.reference: request.status.value for request in books.recent(10_000)}
    assert kept.keys() >= told.keys()
    assert len(kept) <= len(told) + 1
    assert all(kept[reference] == status or kept[reference] == "PAID" for reference, status in told.items())
    assert books.verify_chain() is None
    books.close()
    assert len(rows(path, "bills")) == len(kept)
