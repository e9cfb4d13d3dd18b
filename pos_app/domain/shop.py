"""The shop as gateways and customers see it, and whether its money is real."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """Whether money is real: the embedded sandbox, a gateway's test host, or the live one."""

    TRAINING = "TRAINING"
    TEST = "TEST"
    LIVE = "LIVE"


@dataclass(frozen=True, slots=True)
class Shop:
    """`email` and `mobile` stand in where the customer gave none; `payee_vpa` pins who a QR may pay."""

    name: str = "My shop"
    prefix: str = "POS"
    payee_vpa: str = ""
    email: str = ""
    mobile: str = ""
    callback_url: str = ""
