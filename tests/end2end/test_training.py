"""TRAINING: with nothing configured the shop sells at once, against the embedded sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end2end.conftest import OpenTill


def test_with_nothing_configured_a_sale_goes_to_paid(tmp_path: Path, open_till: OpenTill) -> None:
    till = open_till(tmp_path)
    assert till.property("mode_badge", "code") == "TRAINING"
    till.charge("350")
    till.wait_qr()
    till.click("training_pay")
    till.wait_code("PAID")
    assert till.property("connection_chip", "code") == "ONLINE"


@pytest.mark.parametrize(
    ("button", "status", "issue"),
    [
        ("training_pay_less", "CONFIRMING", "UNDERPAID"),
        ("training_pay_more", "CONFIRMING", "OVERPAID"),
        ("training_decline", "FAILED", "NONE"),
    ],
)
def test_the_training_customer_does_what_is_pressed(
    tmp_path: Path, open_till: OpenTill, button: str, status: str, issue: str
) -> None:
    till = open_till(tmp_path)
    till.charge("350")
    till.wait_qr()
    till.click(button)
    till.wait_code(status, issue)


def test_a_dark_bank_is_said_and_nothing_is_lost(tmp_path: Path, open_till: OpenTill) -> None:
    till = open_till(tmp_path)
    till.charge("350")
    till.wait_qr()
    till.click("training_dark")
    till.click("training_pay")
    till.wait(lambda: till.property("connection_chip", "code") == "OFFLINE", 20)
    assert till.code() == ("AWAITING", "NONE")
    assert "Don't hand over" in till.text("payment_message")
    till.click("training_dark")
    till.wait_code("PAID", seconds=20)


def test_the_training_book_and_the_sale_outlive_the_program(tmp_path: Path, open_till: OpenTill) -> None:
    till = open_till(tmp_path)
    till.charge("350")
    till.wait_qr()
    till.program.close()
    again = open_till(tmp_path)
    again.wait(lambda: any("waiting" in words for words in _recent(again)))


def test_another_pinned_payee_is_the_twins_payee(tmp_path: Path, open_till: OpenTill) -> None:
    (tmp_path / "settings.toml").write_text('[shop]\nname = "Asha"\npayee_vpa = "asha@ybl"\n')
    till = open_till(tmp_path)
    till.charge("350")
    assert "pa=asha@ybl" in till.wait_qr()


def _recent(till: object) -> list[str]:
    from PySide6.QtWidgets import QLabel

    from tests.helpers.till import Till

    assert isinstance(till, Till)
    return [label.text() for label in till.find("recent_sales").findChildren(QLabel)]
