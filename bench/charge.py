"""Charge pressed to QR painted: against the same two requests with bare httpx."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

from bench.measure import Row, interleaved, row
from bench.toy_bank import toy_bank


def measure(rounds: int, delay: float, budget: float) -> list[Row]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ |= {"POS_APP_SECRET_SMEPAY_CLIENT_SECRET": "s", "POS_APP_SECRET_STORE_KEY": "k"}
    import httpx
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from pos_app.app import Program
    from pos_app.settings import load
    from pos_app.ui.look import Look
    from pos_app.ui.widgets.qr import QrView

    application = cast("QApplication", QApplication.instance() or QApplication([]))
    Look("light").apply(application)
    painted: list[float] = []
    waiting = QEventLoop()  # sleeps between events as the program does: a spinning loop would hold the GIL
    paint = QrView.paintEvent

    def painting(view: QrView, event: Any) -> None:
        paint(view, event)
        if view.property("payload"):
            painted.append(time.monotonic())
            waiting.quit()

    QrView.paintEvent = painting  # type: ignore[method-assign]
    with (
        tempfile.TemporaryDirectory() as folder,
        toy_bank(delay) as url,
        httpx.Client(trust_env=False) as client,
    ):
        data = Path(folder)
        (data / "settings.toml").write_text(
            f'[gateways.smepay]\nenvironment = "custom"\nbase_url = "{url}"\nclient_id = "c"\n'
        )
        program = Program(load(data))
        while not program.is_open:
            application.processEvents()
        card = cast("Any", program.window.findChild(QrView, "payment_qr"))

        def ours() -> float:
            program.model.look_at("")
            application.processEvents()
            painted.clear()
            began = time.monotonic()
            QTimer.singleShot(0, lambda: program.model.charge_qr("350", "", ""))
            waiting.exec()
            taken = (painted[0] - began) * 1000
            assert card.property("payload")
            QTimer.singleShot(30, waiting.quit)
            waiting.exec()
            return taken

        def bare() -> float:
            began = time.monotonic()
            client.post(f"{url}/api/external/order/create", json={"amount": "350.00", "order_id": "A"}).json()
            client.post(f"{url}/api/external/order/initiate", json={"slug": "350.00-A"}).json()
            return (time.monotonic() - began) * 1000

        for warm in (ours, ours, bare, bare):
            warm()
        found = interleaved({"bare": bare, "ours": ours}, rounds)
        program.close()
    QrView.paintEvent = paint
    name = f"charge to QR, gateway answering in {delay * 1000:.0f} ms"
    return [row(name, found["ours"], found["bare"], budget)]


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    at_once = measure(count, 0.0, 16.0)[0]
    more = at_once.ours - at_once.base
    print(
        f"{'charge to QR, gateway answering at once':<44} {at_once.ours:9.2f} ms  against {at_once.base:9.2f} ms "
        f" = bare + {more:.1f} ms, budget bare + 16 ms: {'met' if more <= 16 else 'MISSED'}"
    )
    print(measure(count, 0.05, 1.2)[0].line())
