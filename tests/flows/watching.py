"""What the tests of the watch measure with."""

from __future__ import annotations

from itertools import pairwise

DAY = 86_400.0


def gaps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]
