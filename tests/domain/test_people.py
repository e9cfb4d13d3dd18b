"""A mobile number is read as ten Indian digits or refused with its reason."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.domain.errors import InputRefused, Refusal
from pos_app.domain.people import read_mobile

steady = settings(deadline=None, max_examples=200)
mobiles = st.from_regex(r"[6-9][0-9]{9}", fullmatch=True)

WRITTEN = [
    "9876543210",
    " 9876543210 ",
    "98765 43210",
    "98765-43210",
    "98765\u00a043210",
    "09876543210",
    "919876543210",
    "91 98765 43210",
    "+919876543210",
    "+91 98765 43210",
    "+91-98765-43210",
    "+91 0 98765 43210",
]

REFUSED = {
    "12345": Refusal.MOBILE_NOT_TEN_DIGITS,
    "98765432": Refusal.MOBILE_NOT_TEN_DIGITS,
    "98765432101": Refusal.MOBILE_NOT_TEN_DIGITS,
    "+9198765432": Refusal.MOBILE_NOT_TEN_DIGITS,
    "+9876543210": Refusal.MOBILE_NOT_TEN_DIGITS,
    "+1 9876543210": Refusal.MOBILE_NOT_TEN_DIGITS,
    "9987654321０": Refusal.MOBILE_NOT_TEN_DIGITS,
    "९८७६५४३२१०": Refusal.MOBILE_NOT_TEN_DIGITS,
    "98765x3210": Refusal.MOBILE_NOT_TEN_DIGITS,
    "98765\n43210": Refusal.MOBILE_NOT_TEN_DIGITS,
    "+": Refusal.MOBILE_NOT_TEN_DIGITS,
    "9" * 10_000: Refusal.MOBILE_NOT_TEN_DIGITS,
    "5876543210": Refusal.MOBILE_FIRST_DIGIT,
    "0123456789": Refusal.MOBILE_FIRST_DIGIT,
    "910123456789": Refusal.MOBILE_FIRST_DIGIT,
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_mobile_number_is_read_however_it_is_written(text: str) -> None:
    assert read_mobile(text) == "9876543210"


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "-"])
def test_no_number_stays_no_number(text: str) -> None:
    assert not read_mobile(text)


def test_a_number_that_begins_with_91_is_not_shortened() -> None:
    assert read_mobile("9198765432") == "9198765432"
    assert read_mobile("+919198765432") == "9198765432"


@pytest.mark.parametrize(("text", "refusal"), REFUSED.items(), ids=lambda value: str(value)[:16])
def test_what_is_no_mobile_number_is_refused_with_its_reason(text: str, refusal: Refusal) -> None:
    with pytest.raises(InputRefused) as refused:
        read_mobile(text)
    assert refused.value.refusal is refusal


@steady
@given(mobiles, st.sampled_from(["", "0", "91", "+91", "+91 ", "+91-"]), st.integers(0, 10))
def test_prefixes_and_gaps_do_not_change_the_number(digits: str, prefix: str, gap: int) -> None:
    assert read_mobile(f"{prefix}{digits[:gap]} {digits[gap:]}") == digits


@steady
@given(st.text(alphabet="+0123456789 -٣", max_size=16))
def test_any_text_gives_ten_digits_nothing_or_a_refusal(text: str) -> None:
    try:
        digits = read_mobile(text)
    except InputRefused:
        return
    assert not digits or (len(digits) == 10 and digits.isascii() and digits[0] in "6789")
