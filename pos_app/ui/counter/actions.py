"""What a cashier can do with the request on the payment card."""

from enum import StrEnum


class Can(StrEnum):
    CANCEL = "CANCEL"
    RECHECK = "RECHECK"
    RENEW = "RENEW"
    SAYS_PAID = "SAYS_PAID"
