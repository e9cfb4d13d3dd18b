"""The command line: which command, which data folder, which port."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

USAGE: Final = """\
pos-app [--data DIR]                      open the counter
pos-app sandbox [--port N] [--data DIR]   serve the training gateways alone
pos-app audit verify [--data DIR]         check that the books are as they were written
pos-app --version
The folder is also taken from POS_APP_DATA."""


class Command(NamedTuple):
    name: str
    data: Path
    port: int = 0


class UsageError(Exception):
    """The words can't be understood; the text says what is meant."""


def read_command(words: Sequence[str], environ: Mapping[str, str]) -> Command:
    """Raises UsageError."""
    name, data, port = "counter", environ.get("POS_APP_DATA", ""), 0
    left = list(words)
    if left and not left[0].startswith("-"):
        name = left.pop(0)
    if name == "audit" and left[:1] == ["verify"]:
        left.pop(0)
    elif name not in {"counter", "sandbox"}:
        raise UsageError(f"There is no command {name!r}.\n{USAGE}")
    while left:
        word, _, value = left.pop(0).partition("=")
        if word in {"-h", "--help"}:
            raise UsageError(USAGE)
        if word == "--version":
            name = "version"
            continue
        if word not in {"--data", "--port"}:
            raise UsageError(f"{word} is not understood.\n{USAGE}")
        value = value or (left.pop(0) if left else "")
        if not value:
            raise UsageError(f"{word} needs a value.\n{USAGE}")
        if word == "--data":
            data = value
        else:
            port = _port(value)
    return Command(name=name, data=_folder(data), port=port)


def _port(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value[:6]) < 65536):  # noqa: PLR2004
        raise UsageError(f"--port takes a number from 0 to 65535, not {value!r}.")
    return int(value)


def _folder(given: str) -> Path:
    if given:
        return Path(os.path.expandvars(given)).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("pos_app", appauthor=False))
