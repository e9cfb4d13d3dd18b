"""Where the files that ship with the program lie: in the source tree, in an installed wheel, in a frozen bundle."""

import sys
from pathlib import Path


def _resources() -> Path:
    """The folder of the shipped files; PyInstaller unpacks it beside its own, a wheel carries it in the package."""
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        return Path(bundle) / "resources"
    package = Path(__file__).resolve().parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


_ROOT = _resources()


def resource(*parts: str) -> Path:
    """The path of a shipped file, such as `resource("icons", "check.svg")`; it is not checked that it exists."""
    return _ROOT.joinpath(*parts)
