"""The book: whatever is done in whatever order, the money adds up."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.sandbox.book import Book, DuplicateError, Order, State
from tests.sandbox.till import Clock

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "initiate", "scan", "decline", "pay", "wind"]),
        st.integers(0, 2),
        st.integers(1, 400),
    ),
    max_size=30,
)


def create(book: Book, reference: str, paise: int = 100) -> Order:
    return book.create(
        "shop", reference, paise=paise, callback_url="", email="a@b", mobile="9876543210", name="A"
    )


def step(book: Book, clock: Clock, what: str, reference: str, number: int) -> None:
    match what:
        case "create":
            create(book, reference, number)
        case "initiate":
            book.initiate("shop", book.order(reference).slug)
        case "scan":
            book.scan(reference)
        case "decline":
            book.decline(reference)
        case "pay":
            book.pay(reference, number)
        case _:
            clock.wind(number)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_paid_orders_and_credits_tell_the_same(steps: list[tuple[str, int, int]]) -> None:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        book = Book(Path(folder) / "book.sqlite", clock)
        for what, which, number in steps:
            with suppress(KeyError, ValueError):
                step(book, clock, what, f"R{which}", number)
        orders, credits_ = book.orders(), book.credits()
        book.close()
        again = Book(Path(folder) / "book.sqlite", clock)
        assert (again.orders(), again.credits()) == (orders, credits_)
        again.close()
    paid = {order.slug: order.paid_paise for order in orders if order.state is State.SUCCESS}
    assert paid == {credit.slug: credit.paise for credit in credits_}
    for order in orders:
        final = order.state in {State.SUCCESS, State.FAILED, State.EXPIRED}
        assert (order.processed_at is not None) is final
        assert (order.paid_paise is not None) is (order.utr is not None) is (order.state is State.SUCCESS)
        assert order.created_at.tzinfo is not None


def test_another_client_has_its_own_references(book_path: Path) -> None:
    book = Book(book_path, Clock())
    mine = create(book, "R1")
    with pytest.raises(DuplicateError):
        create(book, "R1")
    book.create("other", "R1", paise=5, callback_url="", email="", mobile="", name="")
    with pytest.raises(KeyError):
        book.initiate("other", mine.slug)
    assert book.find("other", mine.slug) is None
    book.close()


def test_a_reference_that_looks_like_a_slug_is_a_reference(book_path: Path) -> None:
    book = Book(book_path, Clock())
    first = create(book, "R1")
    second = create(book, first.slug)
    assert book.order(first.slug) == second
    assert book.initiate("shop", first.slug).reference == "R1"
    book.close()


def test_a_file_that_is_no_book_is_not_touched(book_path: Path) -> None:
    book_path.parent.mkdir()
    book_path.write_bytes(b"no book at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Book(book_path)
    assert book_path.read_bytes() == b"no book at all" * 100
