"""References: our own name for each payment request, made with the intent and never changed."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_TIME_LETTERS: Final = 10
_CHANCE_LETTERS: Final = 16


def new_reference(prefix: str, now: datetime) -> str:
    """The shop's 2 to 6 letters and a ULID-like value: `[A-Za-z0-9]`, 32 characters at most, sorted by time.

    `now` is aware UTC. A wrong clock costs only the order of references, never their being unique: 80
    bits come from `secrets` (money.md, References).
    """
    millis = max(0, int(now.timestamp() * 1000)) & ((1 << 48) - 1)
    return prefix + _letters(millis, _TIME_LETTERS) + _letters(secrets.randbits(80), _CHANCE_LETTERS)


def _letters(number: int, count: int) -> str:
    out: list[str] = []
    for _ in range(count):
        out.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(out))
