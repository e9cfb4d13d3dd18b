"""What the cashier types for a bill is checked as a whole."""

from __future__ import annotations

import pytest

from pos_app.domain.bill import NOTE_LENGTH, Sale, read_sale
from pos_app.domain.errors import InputRefused, Refusal
from pos_app.domain.money import Money


def test_a_sale_is_read_and_tidied() -> None:
    assert read_sale(" 1,250 ", "+91 98765 43210", "  blue \t saree ") == Sale(
        Money(1250_00), "9876543210", "blue saree"
    )


def test_only_the_amount_must_be_there() -> None:
    assert read_sale("1") == Sale(Money(100))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        (("x", "y", "z" * 99), Refusal.AMOUNT_NOT_A_NUMBER),
        (("1", "y", "z" * 99), Refusal.MOBILE_NOT_TEN_DIGITS),
        (("1", "", "z" * 61), Refusal.NOTE_TOO_LONG),
        (("1", "", "saree\u202e"), Refusal.NOTE_UNREADABLE),
        (("1", "", "saree\x00"), Refusal.NOTE_UNREADABLE),
    ],
)
def test_the_first_field_that_can_not_be_taken_is_named(
    fields: tuple[str, str, str], refusal: Refusal
) -> None:
    with pytest.raises(InputRefused) as refused:
        read_sale(*fields)
    assert refused.value.refusal is refusal


def test_a_note_of_the_full_length_is_taken() -> None:
    assert read_sale("1", "", "z" * NOTE_LENGTH).note == "z" * NOTE_LENGTH


@pytest.mark.parametrize("note", ["क्\u200dष साड़ी", "ശ്രീ അവന്\u200d", "😀 👨\u200d👩\u200d👧"])
def test_a_note_in_an_indian_script_is_taken(note: str) -> None:
    assert read_sale("1", "", note).note == note
