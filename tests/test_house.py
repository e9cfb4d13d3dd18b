"""The house rules that hold the structure: import contracts, pinned traps, files that must be there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_app.places import resource

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "pos_app").rglob("*.py"))


def test_every_import_contract_is_kept() -> None:
    """In a process of its own: import-linter silences every logger that it finds."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "file", sorted((ROOT / "pos_app" / "domain").glob("*.py")), ids=lambda file: file.name
)
def test_domain_needs_the_standard_library_alone(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names or name.startswith("pos_app.domain"), name


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_opens_with_a_sentence_and_is_a_thing_not_a_place(file: Path) -> None:
    text = file.read_text("utf-8")
    if "migrations" not in file.parts or text.strip():
        assert ast.get_docstring(ast.parse(text)), "say in one sentence what lives here"
    assert len(text.splitlines()) <= 400, "past 400 lines it is a place: divide it by meaning"
    assert not re.search(r"(utils|helpers|common|misc|manager)", file.name), "name it after what it holds"


ICON_CALLS = re.compile(
    r"(?:Face\(\s*Meaning\.\w+,|IconLabel\(|IconButton\(|NavButton\(|set_icon\(|show_icon\(|Mode\.\w+: \(\s*Meaning\.\w+,"
    r"|ActionButton\((?:self\.tr\()?\"[^\"]+\"\)?,|_action\(\s*(?:self\.tr\()?\"[^\"]+\"\)?,)\s*\"([a-z0-9-]+)\""
)


def test_every_icon_that_the_code_names_is_there() -> None:
    have = {file.stem for file in resource("icons").glob("*.svg")}
    named = {icon for file in SOURCES for icon in ICON_CALLS.findall(file.read_text("utf-8"))}
    assert {"scan-line", "circle-check-big", "hand", "graduation-cap"} <= named, "the pattern has gone blind"
    assert named <= have, sorted(named - have)


def test_resources_come_with_their_licences() -> None:
    assert list(resource("fonts").glob("LICENSE*"))
    assert list(resource("icons").glob("LICENSE*"))


class _Emitter(QObject):
    told = Signal(object)


def test_qt_keeps_its_references(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.10 and 3.11 drops one reference to None on each void call (libraries.md)."""
    label, emitter = QLabel(), _Emitter()
    qtbot.addWidget(label)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(1000):
        label.setText("x")
        emitter.told.emit(None)
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert after[0] > before[0] - 200
    assert after[1] > before[1] - 200


def test_no_file_names_a_machine_or_a_registry() -> None:
    forbidden = re.compile(r"(/(?:work|farm|root)/|files\.pythonhosted|pypi\.org|registry\.npmjs)")
    for file in [
        *SOURCES,
        ROOT / "requirements.lock",
        ROOT / "pyproject.toml",
        ROOT / "README.md",
        ROOT / "dev.py",
    ]:
        assert not forbidden.search(file.read_text("utf-8")), file
