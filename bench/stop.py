"""Stopping the program while a call hangs at the bank."""

from __future__ import annotations

import time

from bench import till
from bench.toy_bank import toy_bank


def main() -> None:
    app = till.application()
    taken: list[float] = []
    for _ in range(5):
        with toy_bank(20) as url, till.folder(url) as data:
            program = till.start(data, app)
            program.model.charge_qr("350", "", "")
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                app.processEvents()
                time.sleep(0.005)
            began = time.perf_counter()
            program.close()
            taken.append(time.perf_counter() - began)
    worst = max(taken)
    print(
        f"{'stop while a call hangs':<32} worst of {len(taken)}: {worst:.2f} s, budget 1 s: {'met' if worst <= 1 else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
