#!/usr/bin/env python3
"""Sets pos_app up and runs it: python3 dev.py run | test | check | bench | lock. Standard library only."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "pos_app.stamp"

# What Qt loads from the system, and the Debian package that brings it.
SYSTEM_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    # xcb-util siblings that the xcb platform plugin links to
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
}

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports", "--no-cache"),
    ("basedpyright", "--level", "error"),
)


def main(words: list[str]) -> int:
    command, rest = (words[0], words[1:]) if words else ("", [])
    if command not in COMMANDS:
        print("usage: python3 dev.py " + " | ".join(COMMANDS), file=sys.stderr)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 (an older interpreter may well read this file)
        print("pos_app needs Python 3.11 or newer; this is " + sys.version.split()[0], file=sys.stderr)
        return 2
    return COMMANDS[command](rest)


def run(rest: list[str]) -> int:
    set_up()
    return call([str(PYTHON), "-m", "pos_app", *rest])


def test(rest: list[str]) -> int:
    """Without words: the checks, then all tests. With words: pytest with them."""
    set_up()
    if rest:
        return call([str(PYTHON), "-m", "pytest", *rest])
    return run_checks() or call([str(PYTHON), "-m", "pytest"])


def check(_rest: list[str]) -> int:
    set_up()
    return run_checks()


def run_checks() -> int:
    worst = 0
    for words in CHECKS:
        code = call([str(BIN / words[0]), *words[1:]])
        if code:
            print("dev.py: failed: " + " ".join(words), file=sys.stderr)
            worst = code
    return worst


def bench(rest: list[str]) -> int:
    """Measure every budget, or the ones named: start, charge, commit, watch, stop."""
    set_up()
    return call([str(PYTHON), "-m", "bench", *rest])


def lock(_rest: list[str]) -> int:
    """Resolve pyproject.toml anew into requirements.lock: every version, with hashes, naming no host."""
    set_up()
    return call(
        [
            *uv(), "pip", "compile", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-header",
            "--python-version", "3.11", "--group", "dev", "--upgrade", "pyproject.toml", "-o", LOCK.name, "-q",
        ]
    )  # fmt: skip


COMMANDS = {"run": run, "test": test, "check": check, "bench": bench, "lock": lock}


def set_up() -> None:
    """Bring .venv to what requirements.lock says; a second call finds the stamp and returns at once."""
    install_system_libraries()
    wanted = hashlib.sha256(
        LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode() + str(ROOT).encode()
    ).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted and PYTHON.exists():
        return
    print("dev.py: setting up .venv (once; a minute or two)", file=sys.stderr, flush=True)
    if VENV.exists() and not works(PYTHON):
        shutil.rmtree(VENV)
    if not VENV.exists():
        # --without-pip: a stock Debian has no ensurepip
        must([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    tool = uv()
    python = ("--python", str(PYTHON))
    must([*tool, "pip", "sync", "--require-hashes", "--compile-bytecode", "-q", *python, str(LOCK)])
    must([*tool, "pip", "install", "--no-deps", "--no-build-isolation", "-q", *python, "-e", str(ROOT)])
    STAMP.write_text(wanted)


def uv() -> list[str]:
    """The uv on the PATH, else the locked one, installed into .venv by the pip of this Python."""
    if found := shutil.which("uv"):
        return [found]
    inside = BIN / ("uv.exe" if os.name == "nt" else "uv")
    if not inside.exists():
        with tempfile.TemporaryDirectory() as folder:
            only_uv = Path(folder) / "uv.lock.txt"
            only_uv.write_text(locked("uv"))
            must(
                [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "-q", "--disable-pip-version-check",
                 "--require-hashes", "--no-deps", "-r", str(only_uv)]
            )  # fmt: skip
    return [str(inside)]


def locked(name: str) -> str:
    """The lines of one package in requirements.lock, with its hashes."""
    lines = LOCK.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(name + "=="))
    end = start + 1
    while end < len(lines) and lines[end].startswith("    --hash"):
        end += 1
    return "\n".join(lines[start:end]) + "\n"


def install_system_libraries() -> None:
    """On Linux: install what Qt needs where we may (root, Debian), else name it in one line and go on."""
    if not sys.platform.startswith("linux"):
        return
    missing = sorted({package for library, package in SYSTEM_LIBRARIES.items() if not loads(library)})
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("dev.py: installing " + " ".join(missing), file=sys.stderr, flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        if subprocess.call(["apt-get", "update", "-qq"], env=quiet, stdout=sys.stderr) == 0:
            subprocess.call(install, env=quiet, stdout=sys.stderr)
        missing = [package for library, package in SYSTEM_LIBRARIES.items() if not loads(library)]
    if missing:
        print(
            "dev.py: Qt needs these system libraries; install them first: sudo apt-get install "
            + " ".join(sorted(set(missing))),
            file=sys.stderr,
        )


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def works(python: Path) -> bool:
    try:
        return subprocess.call([str(python), "-c", ""], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def call(words: list[str]) -> int:
    environment = {
        key: value for key, value in os.environ.items() if key not in {"PYTHONHOME", "VIRTUAL_ENV"}
    }
    try:
        return subprocess.call(words, cwd=ROOT, env=environment)
    except KeyboardInterrupt:
        return 130


def must(words: list[str]) -> None:
    code = call(words)
    if code:
        print("dev.py: this step failed: " + " ".join(words), file=sys.stderr)
        raise SystemExit(code)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
