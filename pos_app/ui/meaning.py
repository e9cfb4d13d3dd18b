"""What a colour says; an icon and a word stand beside it, so that colour is never alone."""

from enum import StrEnum


class Meaning(StrEnum):
    """Each is a token of the look, and its ground is the token with `-ground`."""

    WAITING = "waiting"
    PAID = "paid"
    PROBLEM = "problem"
    UNKNOWN = "unknown"
    INFO = "info"
    NEUTRAL = "neutral"
