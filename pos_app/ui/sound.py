"""A sound for the paid moment and one for an alarm, through whatever player the machine has."""

from __future__ import annotations

import shutil
import sys
from typing import Final

from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QApplication

from pos_app.places import resource

PAID: Final = "paid"
ALARM: Final = "alarm"
PLAYERS: Final = (("paplay",), ("pw-play",), ("aplay", "-q"), ("afplay",))


def play(name: str) -> None:
    """Returns at once; a machine without a player beeps."""
    file = str(resource("sounds", f"{name}.wav"))
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(file, winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        return
    for player, *options in PLAYERS:
        if found := shutil.which(player):
            QProcess.startDetached(found, [*options, file])
            return
    QApplication.beep()
