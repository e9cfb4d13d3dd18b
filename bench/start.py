"""Process start to the first painted frame, to taking a sale, and memory: against a bare window."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Row, child, interleaved, row
from bench.toy_bank import toy_bank

BARE = """
import time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, done)
def rss():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024
def done():
    global frame
    frame = time.monotonic()
    QTimer.singleShot(1500, lambda: (print('{"frame": %f, "rss": %f}' % (frame, rss())), application.quit()))
application = QApplication([])
window = Window()
window.resize(1366, 768)
window.show()
application.exec()
"""
OURS = """
import sys, time
from pos_app import app
begun, told = app.Program._begin, app.Program._opened
marks = {}
def begin(self):
    marks["frame"] = time.monotonic()  # called when the first frame is out, as the bare window's mark is
    begun(self)
def opened(self, newest):
    told(self, newest)
    marks["ready"] = time.monotonic()
    from PySide6.QtCore import QTimer
    self.model.charge_qr("350", "", "")
    def done():
        import os
        rss = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024
        code = self.window.findChild(object, "payment_status").property("code")
        if code != "AWAITING":
            print("stands at", code, file=sys.stderr, flush=True)
            os._exit(1)
        print('{"frame": %f, "ready": %f, "rss": %f}' % (marks["frame"], marks["ready"], rss), flush=True)
        self.window.close()
    QTimer.singleShot(1500, done)
app.Program._begin, app.Program._opened = begin, opened
sys.exit(app.main(["--data", sys.argv[1]]))
"""


def measure(rounds: int) -> list[Row]:
    found: dict[str, list[float]] = {name: [] for name in ("bare", "frame", "ready", "rss bare", "rss")}
    with tempfile.TemporaryDirectory() as folder, toy_bank(0) as url:
        data = Path(folder)
        (data / "settings.toml").write_text(
            f'[gateways.smepay]\nenvironment = "custom"\nbase_url = "{url}"\nclient_id = "c"\n'
        )
        secrets = {"POS_APP_SECRET_SMEPAY_CLIENT_SECRET": "s", "POS_APP_SECRET_STORE_KEY": "k"}

        def bare() -> float:
            started = time.monotonic()
            marks = json.loads(child(BARE))
            found["bare"].append((marks["frame"] - started) * 1000)
            found["rss bare"].append(marks["rss"])
            return 0.0

        def ours() -> float:
            started = time.monotonic()
            marks = json.loads(child(OURS, str(data), environment=secrets))
            found["frame"].append((marks["frame"] - started) * 1000)
            found["ready"].append((marks["ready"] - started) * 1000)
            found["rss"].append(marks["rss"])
            return 0.0

        ours()  # makes the books and the bytecode
        for marks in (found["frame"], found["ready"], found["rss"]):
            marks.clear()
        interleaved({"bare": bare, "ours": ours}, rounds)
    return [
        row("start to first painted frame", found["frame"], found["bare"], 1.35),
        row("start to open books, poller, typing", found["ready"], found["bare"], 4.0),
        row("memory after a first sale", found["rss"], found["rss bare"], 2.0, "MB"),
    ]


if __name__ == "__main__":
    for line in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10):
        print(line.line())
