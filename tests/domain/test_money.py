"""Money is read strictly, from people and from gateways, and written the Indian way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pos_app.domain.errors import InputRefused, Refusal
from pos_app.domain.money import COUNTER_MAX, COUNTER_MIN, Money, read_amount, wire_money

steady = settings(deadline=None, max_examples=200)
any_paise = st.integers(min_value=-(10**17), max_value=10**17)
counter_paise = st.integers(min_value=COUNTER_MIN.paise, max_value=COUNTER_MAX.paise)

TAKEN = {
    "1": 100,
    "1.0": 100,
    "1.00": 100,
    "1.": 100,
    "01": 100,
    "1250": 125_000,
    "1250.5": 125_050,
    "1250.05": 125_005,
    "  99.90  ": 9_990,
    "1,250": 125_000,
    "1,25,000": 12_500_000,
    "1,25,000.50": 12_500_050,
    "₹1,25,000.50": 12_500_050,
    "₹ 1,25,000.50": 12_500_050,
    " ₹ 500 ": 50_000,
    "5,00,000": 50_000_000,
    "500000.00": 50_000_000,
}

REFUSED = {
    "": Refusal.AMOUNT_EMPTY,
    "   ": Refusal.AMOUNT_EMPTY,
    "\t\n": Refusal.AMOUNT_EMPTY,
    "₹": Refusal.AMOUNT_EMPTY,
    "₹ ": Refusal.AMOUNT_EMPTY,
    "abc": Refusal.AMOUNT_NOT_A_NUMBER,
    "1e3": Refusal.AMOUNT_NOT_A_NUMBER,
    "1E3": Refusal.AMOUNT_NOT_A_NUMBER,
    "٣": Refusal.AMOUNT_NOT_A_NUMBER,
    "१२": Refusal.AMOUNT_NOT_A_NUMBER,
    "１２": Refusal.AMOUNT_NOT_A_NUMBER,
    "12²": Refusal.AMOUNT_NOT_A_NUMBER,
    "1_000": Refusal.AMOUNT_NOT_A_NUMBER,
    "NaN": Refusal.AMOUNT_NOT_A_NUMBER,
    "Infinity": Refusal.AMOUNT_NOT_A_NUMBER,
    "0x10": Refusal.AMOUNT_NOT_A_NUMBER,
    "+5": Refusal.AMOUNT_NOT_A_NUMBER,
    ".50": Refusal.AMOUNT_NOT_A_NUMBER,
    ".": Refusal.AMOUNT_NOT_A_NUMBER,
    "1.2.3": Refusal.AMOUNT_NOT_A_NUMBER,
    "1 000": Refusal.AMOUNT_NOT_A_NUMBER,
    "1\u00a0000": Refusal.AMOUNT_NOT_A_NUMBER,
    "10\n20": Refusal.AMOUNT_NOT_A_NUMBER,
    "1\x00": Refusal.AMOUNT_NOT_A_NUMBER,
    "₹₹5": Refusal.AMOUNT_NOT_A_NUMBER,
    "5₹": Refusal.AMOUNT_NOT_A_NUMBER,
    "Rs 5": Refusal.AMOUNT_NOT_A_NUMBER,
    "−5": Refusal.AMOUNT_NOT_A_NUMBER,
    "1,00": Refusal.AMOUNT_NOT_A_NUMBER,
    "10,00": Refusal.AMOUNT_NOT_A_NUMBER,
    "1,0000": Refusal.AMOUNT_NOT_A_NUMBER,
    "100,000": Refusal.AMOUNT_NOT_A_NUMBER,
    "1,000,000": Refusal.AMOUNT_NOT_A_NUMBER,
    ",100": Refusal.AMOUNT_NOT_A_NUMBER,
    "1,,000": Refusal.AMOUNT_NOT_A_NUMBER,
    "1,25000": Refusal.AMOUNT_NOT_A_NUMBER,
    "1250,": Refusal.AMOUNT_NOT_A_NUMBER,
    "1,250.5,0": Refusal.AMOUNT_NOT_A_NUMBER,
    "1250,50": Refusal.AMOUNT_NOT_A_NUMBER,
    "-5": Refusal.AMOUNT_NEGATIVE,
    "-0": Refusal.AMOUNT_NEGATIVE,
    "₹-5": Refusal.AMOUNT_NEGATIVE,
    "-₹5": Refusal.AMOUNT_NEGATIVE,
    "1.999": Refusal.AMOUNT_DECIMALS,
    "1.000": Refusal.AMOUNT_DECIMALS,
    "1,25,000.505": Refusal.AMOUNT_DECIMALS,
    "0": Refusal.AMOUNT_TOO_SMALL,
    "0.00": Refusal.AMOUNT_TOO_SMALL,
    "0.99": Refusal.AMOUNT_TOO_SMALL,
    "500000.01": Refusal.AMOUNT_TOO_LARGE,
    "5,00,000.01": Refusal.AMOUNT_TOO_LARGE,
    "100000000": Refusal.AMOUNT_TOO_LARGE,
    "10,00,00,000": Refusal.AMOUNT_TOO_LARGE,
    "999999999999": Refusal.AMOUNT_TOO_LARGE,
}

ON_THE_WIRE: list[tuple[object, int]] = [
    ("100.50", 10_050),
    ("100.5", 10_050),
    ("100.500000", 10_050),
    ("100", 10_000),
    ("0", 0),
    ("0.01", 1),
    ("007", 700),
    (100, 10_000),
    (0, 0),
    (Decimal("100.5"), 10_050),
    (Decimal(100), 10_000),
    (Decimal("100.50000"), 10_050),
    (Decimal("0.01"), 1),
]

NOT_MONEY_ON_THE_WIRE: list[object] = [
    "",
    " ",
    " 100",
    "100 ",
    "100\n",
    "-1",
    "+1",
    "1e2",
    "1E2",
    "NaN",
    "Infinity",
    "1_000",
    "1,000",
    "٣",
    "１２",
    "₹5",
    ".5",
    "5.",
    "100.505",
    "0.001",
    "9" * 14,
    "9" * 100_000,
    "1." + "0" * 100_000,
    -1,
    10**20,
    True,
    False,
    100.5,
    100.0,
    float("nan"),
    None,
    b"100",
    ["100"],
    {"amount": 1},
    Decimal("1E+400"),
    Decimal("1E-400"),
    Decimal("1E+999999"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("-Infinity"),
    Decimal(-1),
    Decimal("-0"),
    Decimal("100.505"),
    Decimal("0.001"),
]


@pytest.mark.parametrize(("typed", "paise"), TAKEN.items())
def test_an_amount_that_a_cashier_may_type_is_taken(typed: str, paise: int) -> None:
    assert read_amount(typed) == Money(paise)


@pytest.mark.parametrize(("typed", "refusal"), REFUSED.items())
def test_an_amount_that_can_not_be_meant_is_refused_with_its_reason(typed: str, refusal: Refusal) -> None:
    with pytest.raises(InputRefused) as refused:
        read_amount(typed)
    assert refused.value.refusal is refusal


def test_a_refused_size_names_the_bound() -> None:
    with pytest.raises(InputRefused) as small:
        read_amount("0.99")
    with pytest.raises(InputRefused) as large:
        read_amount("5,00,001")
    assert (small.value.limit, large.value.limit) == ("₹1.00", "₹5,00,000.00")


def test_the_bounds_themselves_are_taken_and_can_be_narrowed() -> None:
    assert read_amount("1.00") == COUNTER_MIN
    assert read_amount("500000.00") == COUNTER_MAX
    assert read_amount("0", least=Money(0)) == Money(0)
    with pytest.raises(InputRefused):
        read_amount("100.01", most=Money(100_00))


@pytest.mark.parametrize("typed", ["1000000000000", "9" * 400, "10,00,00,00,00,000"])
def test_a_number_that_is_far_too_large_is_called_too_large(typed: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_amount(typed)
    assert refused.value.refusal is Refusal.AMOUNT_TOO_LARGE


@steady
@given(st.text(max_size=20))
@example("1" * 5000)
def test_any_text_is_an_amount_in_bounds_or_refused(text: str) -> None:
    try:
        money = read_amount(text)
    except InputRefused:
        return
    assert COUNTER_MIN <= money <= COUNTER_MAX
    assert set(text.strip()) <= set("0123456789.,₹ \t\n\r\f\v\u00a0") or text.strip().startswith("₹")


@steady
@given(st.text(alphabet="0123456789.,-+₹ eE_٣", max_size=14))
def test_what_is_taken_is_what_its_digits_say(text: str) -> None:
    try:
        money = read_amount(text)
    except InputRefused:
        return
    assert money.rupees() == Decimal(text.replace("₹", "").replace(",", "").strip())


@steady
@given(counter_paise)
def test_an_amount_written_by_us_reads_back_as_itself(paise: int) -> None:
    money = Money(paise)
    assert read_amount(money.plain()) == money
    assert read_amount(money.grouped()) == money
    assert read_amount(str(money)) == money
    assert read_amount(f" {money} ") == money


@pytest.mark.parametrize(("value", "paise"), ON_THE_WIRE)
def test_rupees_of_a_gateway_become_paise(value: object, paise: int) -> None:
    assert wire_money(value) == Money(paise)


@pytest.mark.parametrize("value", NOT_MONEY_ON_THE_WIRE, ids=lambda value: repr(value)[:24])
def test_what_is_no_exact_amount_of_paise_is_not_money(value: object) -> None:
    assert wire_money(value) is None


def test_an_integer_of_five_thousand_digits_is_not_money_and_does_not_raise() -> None:
    assert wire_money(10**5000) is None


@steady
@given(st.integers(min_value=0, max_value=10**14))
def test_an_amount_comes_back_from_the_wire_as_itself(paise: int) -> None:
    money = Money(paise)
    assert wire_money(money.plain()) == money
    assert wire_money(money.rupees()) == money


@steady
@given(st.decimals() | st.text(max_size=12) | st.integers() | st.floats() | st.booleans() | st.none())
def test_the_wire_gives_exact_money_or_nothing(value: object) -> None:
    money = wire_money(value)
    if money is None:
        return
    assert not isinstance(value, bool | float)
    assert money.paise >= 0
    assert money.rupees() == Decimal(str(value))


@steady
@given(any_paise)
@example(0)
@example(99)
@example(-1)
@example(12_34_567_50)
def test_grouping_is_that_of_an_independent_writer_of_indian_numbers(paise: int) -> None:
    expected = format_decimal(Decimal(paise) / 100, format="#,##,##0.00", locale="en_IN")
    assert Money(paise).grouped() == expected


def test_the_rupee_sign_follows_the_minus() -> None:
    assert [str(Money(paise)) for paise in (12_34_567_50, 0, 5, -5, -1_00_000_00)] == [
        "₹12,34,567.50",
        "₹0.00",
        "₹0.05",
        "-₹0.05",
        "-₹1,00,000.00",
    ]


def test_an_amount_above_32_bits_is_kept_whole() -> None:
    assert str(Money(2**31)) == "₹2,14,74,836.48"


@steady
@given(any_paise)
def test_rupees_have_exactly_two_decimals(paise: int) -> None:
    rupees = Money(paise).rupees()
    assert rupees * 100 == paise
    assert rupees.as_tuple().exponent == -2
    assert Money(paise).plain() == str(rupees) if paise >= 0 else f"-{Money(-paise).plain()}"


@pytest.mark.parametrize("value", [1.0, True, False, "1", Decimal(1), None])
def test_money_takes_whole_paise_only(value: object) -> None:
    with pytest.raises(TypeError):
        Money(value)  # pyright: ignore[reportArgumentType]


@steady
@given(any_paise, any_paise)
def test_money_orders_as_its_paise(one: int, other: int) -> None:
    assert (Money(one) < Money(other)) is (one < other)
    assert (Money(one) == Money(other)) is (one == other)
