"""The outside: one connector for each gateway, over one wire."""

import sys
from types import ModuleType


def _leave_out_httpx_command_line() -> None:
    """httpx imports its command-line program where click and rich are installed: 30 ms and 10 MB for nothing."""
    empty = ModuleType("httpx._main")
    empty.main = _leave_out_httpx_command_line  # type: ignore[attr-defined]
    sys.modules.setdefault("httpx._main", empty)


_leave_out_httpx_command_line()
