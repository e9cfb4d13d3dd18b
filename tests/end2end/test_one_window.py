"""One window for each data folder, whatever happened to the one before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START = [sys.executable, "-m", "pos_app", "--data"]


def run(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*START, str(data)], capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running counter that has opened its books."""
    with subprocess.Popen([*START, str(tmp_path)]) as process:
        end = time.monotonic() + 20
        while not (tmp_path / "logs" / "pos_app.log").exists():
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.05)
        yield process
        process.kill()


def test_a_second_start_brings_the_first_forward_and_ends(
    tmp_path: Path, first: subprocess.Popen[bytes]
) -> None:
    second = run(tmp_path)
    assert second.returncode == 0, second.stderr
    assert second.stderr == ""
    assert first.poll() is None


def test_a_killed_program_does_not_keep_the_folder(tmp_path: Path, first: subprocess.Popen[bytes]) -> None:
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    with subprocess.Popen([*START, str(tmp_path)]) as again:
        time.sleep(2)
        assert again.poll() is None
        again.kill()
