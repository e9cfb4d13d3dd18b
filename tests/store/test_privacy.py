"""Personal data and keys: never in the clear in any file, never in a repr."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.domain.audit import Actor
from pos_app.domain.errors import BooksTrouble
from pos_app.store.cipher import Cipher
from pos_app.store.ledger import SqlLedger
from tests.store.sales import KEY, a_bill, a_request, look, paid, raw, rows, without_rules

_CIPHER = Cipher(KEY)
_PLACE = ("bills", "mobile", "ASHB1")


def test_mobile_and_note_stand_in_no_file_of_the_folder(path: Path, ledger: SqlLedger) -> None:
    bill = a_bill("9876543210", "Asha Sharma")
    request = ledger.open_bill(bill, a_request(bill), Actor.CASHIER)
    look(ledger, request, paid("T1"))
    seen = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert request.reference.encode() in seen
    for personal in ("9876543210", "43210", "Asha", "Sharma"):
        assert personal.encode() not in seen
        assert personal.encode("utf-16-le") not in seen


def test_events_tell_no_personal_data_in_the_clear(ledger: SqlLedger) -> None:
    bill = a_bill("9876543210", "Asha Sharma")
    ledger.open_bill(bill, a_request(bill), Actor.CASHIER)
    assert "43210" not in repr(ledger.events())
    assert "Asha" not in repr(ledger.events())


def test_a_mobile_is_found_by_its_whole_number_and_by_its_last_five_digits(
    path: Path, ledger: SqlLedger
) -> None:
    bills = [a_bill("9876543210"), a_bill("9000043210"), a_bill("9876512345"), a_bill("")]
    for bill in bills:
        ledger.open_bill(bill, a_request(bill), Actor.CASHIER)
    kept = rows(path, "bills")
    whole, tail = _CIPHER.blind("mobile", "9876543210"), _CIPHER.blind("mobile tail", "43210")
    assert [row["number"] for row in kept if row["mobile_index"] == whole] == [1]
    assert [row["number"] for row in kept if row["mobile_tail"] == tail] == [1, 2]
    assert (kept[3]["mobile"], kept[3]["mobile_index"], kept[3]["mobile_tail"]) == ("", "", "")
    assert whole != tail
    assert len({row["mobile"] for row in kept}) == 4


@given(text=st.text(st.characters(codec="utf-8")))
def test_what_is_encrypted_comes_back(text: str) -> None:
    assert _CIPHER.decrypt(_CIPHER.encrypt(text, *_PLACE), *_PLACE) == text


def test_the_same_text_is_encrypted_differently_each_time() -> None:
    assert len({_CIPHER.encrypt("9876543210", *_PLACE) for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "place", [("bills", "mobile", "B2"), ("bills", "note", "ASHB1"), ("people", *_PLACE[1:])]
)
def test_a_field_is_read_only_in_its_own_place(place: tuple[str, str, str]) -> None:
    stored = _CIPHER.encrypt("9876543210", *_PLACE)
    with pytest.raises(BooksTrouble, match="can't be read"):
        _CIPHER.decrypt(stored, *place)


@pytest.mark.parametrize("stored", ["x", "1:", "1:!!", "1:AAAA", "2:" + "A" * 60, "1:" + "A" * 60, "é"])
def test_a_field_that_is_not_ours_is_said_and_never_shown_as_garbage(stored: str) -> None:
    with pytest.raises(BooksTrouble, match="changed outside of this program"):
        _CIPHER.decrypt(stored, *_PLACE)


def test_a_mobile_moved_to_another_bill_is_not_read(path: Path, ledger: SqlLedger) -> None:
    bills = [a_bill("9876543210"), a_bill("9000000001")]
    for bill in bills:
        ledger.open_bill(bill, a_request(bill), Actor.CASHIER)
    with raw(path) as connection:
        without_rules(connection)
        connection.execute("UPDATE bills SET mobile = (SELECT mobile FROM bills WHERE number = 1)")
    assert ledger.bill(bills[0].reference).mobile == "9876543210"
    with pytest.raises(BooksTrouble, match="can't be read"):
        ledger.bill(bills[1].reference)


def test_another_key_gives_other_indexes_and_reads_nothing() -> None:
    other = Cipher(b"x" * 32)
    assert other.blind("mobile", "9876543210") != _CIPHER.blind("mobile", "9876543210")
    assert other.key_check() != _CIPHER.key_check()
    with pytest.raises(BooksTrouble):
        other.decrypt(_CIPHER.encrypt("9876543210", *_PLACE), *_PLACE)


def test_nothing_secret_stands_in_a_repr(ledger: SqlLedger) -> None:
    assert repr(_CIPHER) == "Cipher()"
    assert KEY.hex() not in repr(ledger)
    assert "\\x01\\x02" not in repr(vars(ledger))
