"""What the benches share: interleaved rounds, medians, spread, one table row."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Row:
    """One measured ratio against its budget. `low` and `high` are the quartiles of the rounds' ratios."""

    what: str
    ours: float
    base: float
    unit: str
    low: float
    high: float
    budget: float

    @property
    def ratio(self) -> float:
        return self.ours / self.base

    def line(self) -> str:
        met = "met" if self.ratio <= self.budget else "MISSED"
        return (
            f"{self.what:<44} {self.ours:9.2f} {self.unit:<3} against {self.base:9.2f} {self.unit:<3}"
            f" = {self.ratio:5.2f}× ({self.low:.2f} to {self.high:.2f}), budget {self.budget:.2f}×: {met}"
        )


def interleaved(sides: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Each side once a round, in turn, so that a slow minute of the machine meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            found[name].append(side())
    return found


def row(what: str, ours: list[float], base: list[float], budget: float, unit: str = "ms") -> Row:
    ratios = sorted(one / other for one, other in zip(ours, base, strict=True))
    quarter = len(ratios) // 4
    return Row(
        what,
        statistics.median(ours),
        statistics.median(base),
        unit,
        ratios[quarter],
        ratios[-1 - quarter],
        budget,
    )


def child(
    code: str, *words: str, platform: str = "offscreen", environment: Mapping[str, str] | None = None
) -> str:
    """Run code in a fresh Python with compiled bytecode; returns the last line that it printed."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environ |= {"QT_QPA_PLATFORM": platform, **(environment or {})}
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip().splitlines()[-1]


def seconds_since(started: float) -> float:
    return time.monotonic() - started
