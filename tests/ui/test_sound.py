"""Sounds go to the player that the machine has, and never hold up or break the counter."""

from __future__ import annotations

import sys
import wave
from typing import Any

import pytest
from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QApplication

from pos_app.places import resource
from pos_app.ui import sound


@pytest.mark.parametrize("name", [sound.PAID, sound.ALARM])
def test_a_sound_is_there_and_short(name: str) -> None:
    with wave.open(str(resource("sounds", f"{name}.wav"))) as file:
        assert 0.2 < file.getnframes() / file.getframerate() < 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows plays by itself")
def test_the_first_player_that_is_there_plays(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    played: list[list[str]] = []
    monkeypatch.setattr(sound.shutil, "which", lambda name: f"/bin/{name}" if name == "aplay" else None)
    monkeypatch.setattr(QProcess, "startDetached", lambda player, words: played.append([player, *words]))
    sound.play(sound.PAID)
    assert played[0][:2] == ["/bin/aplay", "-q"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows plays by itself")
def test_without_a_player_it_beeps(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    beeps: list[Any] = []
    monkeypatch.setattr(sound.shutil, "which", lambda _name: None)
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(1))
    sound.play(sound.ALARM)
    assert beeps == [1]
