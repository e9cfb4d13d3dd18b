"""The command line, and the sandbox served alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pos_app.app import main
from pos_app.commands import UsageError, read_command


def test_without_words_the_counter_opens_in_the_platforms_folder() -> None:
    command = read_command([], {})
    assert command.name == "counter"
    assert "pos_app" in str(command.data)


def test_the_folder_comes_from_the_word_or_the_environment(tmp_path: Path) -> None:
    assert read_command(["--data", str(tmp_path)], {"POS_APP_DATA": "/elsewhere"}).data == tmp_path
    assert read_command([f"--data={tmp_path}"], {}).data == tmp_path
    assert read_command([], {"POS_APP_DATA": str(tmp_path)}).data == tmp_path


def test_the_sandbox_takes_a_port() -> None:
    assert read_command(["sandbox", "--port", "9000"], {}).port == 9000
    assert read_command(["sandbox"], {}).port == 0


@pytest.mark.parametrize(
    "words",
    [
        ["sell"],
        ["--dta", "x"],
        ["--data"],
        ["sandbox", "--port", "x"],
        ["sandbox", "--port", "70000"],
        ["--help"],
    ],
)
def test_words_that_are_not_understood_get_the_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError):
        read_command(words, {})
    assert main(words) == 2
    assert capsys.readouterr().err


def test_the_sandbox_alone_prints_one_line_and_sells_to_any_client(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pos_app", "sandbox", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        section = json.loads(process.stdout.readline())["gateways.smepay"]
        keys = {"client_id": section["client_id"], "client_secret": section["client_secret"]}
        with httpx.Client(trust_env=False) as client:
            answer = client.post(f"{section['base_url']}/api/external/auth", json=keys)
        assert answer.json()["environment"] == "test"
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(5) == 0


def test_a_refused_settings_file_is_said_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        '[gateways.smepay]\nenvironment = "live"\n[gateways.paytm]\nenvironment = "test"\n'
    )
    code = (
        "import sys\nfrom PySide6.QtCore import QTimer\nfrom PySide6.QtWidgets import QApplication\n"
        "application = QApplication([])\nQTimer.singleShot(800, application.closeAllWindows)\n"
        "from pos_app.app import main\nsys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "mixes training, test and live" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_screen_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert main([]) == 1
    assert "no screen" in capsys.readouterr().err
