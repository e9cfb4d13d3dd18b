"""A UPI link is drawn only if every reading of it asks for this bill's amount to one payee."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pos_app.domain.errors import Reason
from pos_app.domain.money import Money
from pos_app.domain.upi import LONGEST_LINK, LinkRefused, read_upi_link
from tests.helpers.requests import AMOUNT, LINK

steady = settings(deadline=None, max_examples=200)
some_paise = st.integers(min_value=1, max_value=10**10)
BASE = "upi://pay?pa=asha@ybl&am=1250.00"

SHOWN = [
    LINK,
    BASE,
    "upi://pay?am=1250.00&pa=asha@ybl",
    "upi://pay/?pa=asha@ybl&am=1250.00",
    "UPI://PAY?pa=asha@ybl&am=1250.00",
    "upi://pay?pa=asha%40ybl&am=1250%2E00",
    "upi://pay?%70a=asha@ybl&%61m=1250",
    "upi://pay?PA=asha@ybl&AM=1250",
    "upi://pay?pa=asha@ybl&am=1250",
    "upi://pay?pa=asha@ybl&am=1250.0",
    "upi://pay?pa=asha@ybl&am=01250.000",
    BASE + "&cu=INR",
    BASE + "&mam=1250",
    BASE + "&tn=%E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%87",
    BASE + "&tn=100%25+off",
    BASE + "&sign=MEUCIQC/+=",
    BASE + "&flag",
    BASE + "&",
    BASE + "&tn=am=5",
]

REFUSED = {
    # not a upi://pay link
    "": Reason.QR_NOT_UPI,
    "upi": Reason.QR_NOT_UPI,
    "upi://pay": Reason.QR_NOT_UPI,
    "upi://pay?": Reason.QR_NOT_UPI,
    "https://pay?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "javascript:upi://pay?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://mandate?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://payee?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi:pay?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi:///pay?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://pay/other?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://pay.evil.example?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://evil@pay?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://a:b@pay?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://pay:443?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "upi://pay:?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    "ｕpi://pay?pa=asha@ybl&am=1250.00": Reason.QR_NOT_UPI,
    BASE + "#am=1": Reason.QR_NOT_UPI,
    BASE + "#": Reason.QR_NOT_UPI,
    # characters that a reader may drop or stop at
    " " + BASE: Reason.QR_NOT_UPI,
    BASE + " ": Reason.QR_NOT_UPI,
    BASE + "\n": Reason.QR_NOT_UPI,
    BASE + "\t&x=1": Reason.QR_NOT_UPI,
    "upi://pay?pa=asha@ybl&a\nm=1&am=1250.00": Reason.QR_NOT_UPI,
    BASE + "\x00": Reason.QR_NOT_UPI,
    BASE + "&tn=\u202eevil": Reason.QR_NOT_UPI,
    BASE + "&tn=\u200b": Reason.QR_NOT_UPI,
    BASE + "&tn=a b": Reason.QR_NOT_UPI,
    BASE + "&tn=%00": Reason.QR_NOT_UPI,
    BASE + "&tn=%0A": Reason.QR_NOT_UPI,
    BASE + "&a%09m=1": Reason.QR_NOT_UPI,
    BASE + "&tn=%E2%80%AE": Reason.QR_NOT_UPI,
    BASE + "&tn=\ud800": Reason.QR_NOT_UPI,
    # percent signs that mean nothing
    BASE + "&tn=100%": Reason.QR_NOT_UPI,
    BASE + "&tn=%4": Reason.QR_NOT_UPI,
    BASE + "&tn=%zz": Reason.QR_NOT_UPI,
    BASE + "&%6=1": Reason.QR_NOT_UPI,
    BASE + "&tn=%FF": Reason.QR_NOT_UPI,
    BASE + "&tn=%C0%AF": Reason.QR_NOT_UPI,
    # a key of money without a value
    BASE + "&am": Reason.QR_NOT_UPI,
    "upi://pay?pa&am=1250.00": Reason.QR_NOT_UPI,
    BASE + "&cu": Reason.QR_NOT_UPI,
    BASE + "&tn=" + "x" * LONGEST_LINK: Reason.QR_NOT_UPI,
    # the payee
    "upi://pay?am=1250.00": Reason.QR_PAYEE,
    "upi://pay?pa=&am=1250.00": Reason.QR_PAYEE,
    "upi://pay?pa=asha&am=1250.00": Reason.QR_PAYEE,
    "upi://pay?pa=asha@&am=1250.00": Reason.QR_PAYEE,
    "upi://pay?pa=a@b@c&am=1250.00": Reason.QR_PAYEE,
    "upi://pay?pa=asha%20@ybl&am=1250.00": Reason.QR_PAYEE,
    "upi://pay?pa=аsha@ybl&am=1250.00": Reason.QR_PAYEE,  # a Cyrillic first letter
    BASE + "&pa=asha@ybl": Reason.QR_PAYEE,
    BASE + "&pa=evil@ybl": Reason.QR_PAYEE,
    BASE + "&PA=evil@ybl": Reason.QR_PAYEE,
    BASE + "&%70%61=evil@ybl": Reason.QR_PAYEE,
    # the amount
    "upi://pay?pa=asha@ybl": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=1250.01": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=125000": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=1": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=+1250.00": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=%2B1250.00": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=-1250.00": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=1.25e3": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=1,250.00": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=1250.00%20": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=1250.00;am=1": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=１２５０": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=1250.001": Reason.QR_AMOUNT,
    "upi://pay?pa=asha@ybl&am=NaN": Reason.QR_AMOUNT,
    BASE + "&am=1250.00": Reason.QR_AMOUNT,
    BASE + "&am=1": Reason.QR_AMOUNT,
    BASE + "&AM=1": Reason.QR_AMOUNT,
    BASE + "&Am=1250.00": Reason.QR_AMOUNT,
    BASE + "&%61m=1": Reason.QR_AMOUNT,
    BASE + "&a%6D=1": Reason.QR_AMOUNT,
    BASE + "&%61%6d=1250.00": Reason.QR_AMOUNT,
    BASE + "&%20am=1": Reason.QR_AMOUNT,
    BASE + "&am%20=1": Reason.QR_AMOUNT,
    BASE + "&mam=1": Reason.QR_AMOUNT,
    BASE + "&mam=": Reason.QR_AMOUNT,
    BASE + "&MAM=1": Reason.QR_AMOUNT,
    BASE + "&m%61m=1": Reason.QR_AMOUNT,
    BASE + "&mam=1250&mam=1250": Reason.QR_AMOUNT,
    # the currency
    BASE + "&cu=USD": Reason.QR_CURRENCY,
    BASE + "&cu=": Reason.QR_CURRENCY,
    BASE + "&CU=USD": Reason.QR_CURRENCY,
    BASE + "&c%75=USD": Reason.QR_CURRENCY,
    BASE + "&cu=INR&cu=INR": Reason.QR_CURRENCY,
    BASE + "&cu=INR&cu=USD": Reason.QR_CURRENCY,
}


@pytest.mark.parametrize("text", SHOWN)
def test_a_link_that_asks_for_this_bill_is_kept_verbatim(text: str) -> None:
    link = read_upi_link(text, AMOUNT)
    assert (link.text, link.payee, link.amount) == (text, "asha@ybl", AMOUNT)


@pytest.mark.parametrize(("text", "reason"), REFUSED.items(), ids=lambda value: ascii(str(value))[:60])
def test_a_link_that_some_app_may_read_otherwise_is_refused(text: str, reason: Reason) -> None:
    with pytest.raises(LinkRefused) as refused:
        read_upi_link(text, AMOUNT)
    assert refused.value.reason is reason


def test_an_exponent_is_refused_even_where_its_value_is_right() -> None:
    with pytest.raises(LinkRefused):
        read_upi_link("upi://pay?pa=asha@ybl&am=1e2", Money(100_00))
    with pytest.raises(LinkRefused):
        read_upi_link("upi://pay?pa=asha@ybl&am=+100", Money(100_00))


@pytest.mark.parametrize("pinned", ["asha@ybl", "ASHA@YBL", "Asha@Ybl"])
def test_the_pinned_payee_is_compared_without_case(pinned: str) -> None:
    assert read_upi_link(LINK, AMOUNT, pinned).payee == "asha@ybl"


@pytest.mark.parametrize("pinned", ["other@ybl", "asha@ybl2", "asha@yb", "asha@ybl ", "xasha@ybl"])
def test_another_payee_than_the_pinned_one_is_refused(pinned: str) -> None:
    with pytest.raises(LinkRefused) as refused:
        read_upi_link(LINK, AMOUNT, pinned)
    assert refused.value.reason is Reason.QR_PAYEE


def test_a_link_of_the_longest_length_is_taken_and_one_more_is_not() -> None:
    full = BASE + "&tn=" + "x" * (LONGEST_LINK - len(BASE) - 4)
    assert read_upi_link(full, AMOUNT).text == full
    with pytest.raises(LinkRefused):
        read_upi_link(full + "x", AMOUNT)


@pytest.mark.parametrize("letter", ["é", "न"])
def test_the_length_of_a_link_is_counted_in_bytes(letter: str) -> None:
    size = len(letter.encode())
    room = LONGEST_LINK - len(BASE) - 4
    full = BASE + "&tn=" + letter * (room // size) + "x" * (room % size)
    assert len(full.encode()) == LONGEST_LINK
    assert read_upi_link(full, AMOUNT).text == full
    longer = BASE + "&tn=" + letter * (room // size + 1)
    assert len(longer) < LONGEST_LINK < len(longer.encode())
    with pytest.raises(LinkRefused) as refused:
        read_upi_link(longer, AMOUNT)
    assert refused.value.reason is Reason.QR_NOT_UPI


@steady
@given(some_paise, some_paise)
def test_a_link_for_one_amount_is_accepted_for_that_amount_only(asked: int, billed: int) -> None:
    text = f"upi://pay?pa=asha@ybl&am={Money(asked).plain()}&cu=INR"
    assert read_upi_link(text, Money(asked)).amount == Money(asked)
    assume(asked != billed)
    with pytest.raises(LinkRefused):
        read_upi_link(text, Money(billed))


def _disguises(key: str) -> st.SearchStrategy[str]:
    """The key with any of its letters in upper case or percent-encoded."""
    letters = [
        st.sampled_from([letter, letter.upper(), f"%{ord(letter):02X}", f"%{ord(letter.upper()):02x}"])
        for letter in key
    ]
    return st.tuples(*letters).map("".join)


@steady
@given(_disguises("am") | _disguises("pa") | _disguises("mam") | _disguises("cu"), st.booleans())
def test_no_disguise_hides_a_second_value(key: str, first: bool) -> None:
    extra = f"{key}=1"
    query = "pa=asha@ybl&am=1250.00&cu=INR"
    text = f"upi://pay?{extra}&{query}" if first else f"upi://pay?{query}&{extra}"
    with pytest.raises(LinkRefused):
        read_upi_link(text, AMOUNT)


@steady
@given(st.text(max_size=60))
def test_any_text_is_accepted_or_refused_and_nothing_else(tail: str) -> None:
    for text in (tail, "upi://pay?" + tail, BASE + "&" + tail):
        try:
            link = read_upi_link(text, AMOUNT)
        except LinkRefused:
            continue
        assert link.amount == AMOUNT
        assert link.text == text
