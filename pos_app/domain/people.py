"""People as the counter knows them: a customer's mobile number."""

from __future__ import annotations

import re
from typing import Final

from pos_app.domain.errors import InputRefused, Refusal

_SPACERS: Final = str.maketrans("", "", " -\u00a0")
_MOBILE: Final = re.compile(r"[6-9][0-9]{9}", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)
_MOBILE_DIGITS: Final = 10


def read_mobile(text: str) -> str:
    """Ten digits from what was typed; empty stays empty. Raises InputRefused.

    money.md: the digits after removing +91, 91, 0 and spaces match `^[6-9]\\d{9}$`.
    """
    digits = text.strip().translate(_SPACERS)
    if not digits:
        return ""
    digits = digits.removeprefix("+91") if digits.startswith("+") else digits
    if len(digits) == _MOBILE_DIGITS + 2:
        digits = digits.removeprefix("91")
    if len(digits) == _MOBILE_DIGITS + 1:
        digits = digits.removeprefix("0")
    if not _DIGITS.fullmatch(digits) or len(digits) != _MOBILE_DIGITS:
        raise InputRefused(Refusal.MOBILE_NOT_TEN_DIGITS)
    if not _MOBILE.fullmatch(digits):
        raise InputRefused(Refusal.MOBILE_FIRST_DIGIT)
    return digits
