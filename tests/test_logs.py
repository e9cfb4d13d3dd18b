"""The log takes only facts that are known to be harmless."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app import logs
from pos_app.logs import Log


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    logs.set_up(tmp_path)
    yield tmp_path
    logs.tear_down()


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "pos_app.log").read_text().splitlines()]


def test_an_event_is_one_line_of_json(folder: Path) -> None:
    Log("pos_app.test").info("call", gateway="smepay", ms=12)
    (line,) = lines(folder)
    assert (line["event"], line["gateway"], line["ms"]) == ("call", "smepay", "12")


def test_a_fact_that_is_not_on_the_list_is_our_bug() -> None:
    with pytest.raises(KeyError, match="not allowed"):
        Log("pos_app.test").info("call", mobile="9876543210")


@pytest.fixture
def expected_log() -> list[str]:
    return ["broke", "something foreign"]


def test_an_exception_is_told_without_its_words(folder: Path) -> None:
    try:
        int("secret-canary")
    except ValueError as error:
        Log("pos_app.test").broken("broke", error, reference="R1")
    text = (folder / "pos_app.log").read_text()
    assert "secret-canary" not in text
    assert "test_logs.py" in text
    assert "ValueError" in text


def test_foreign_loggers_leave_only_their_name(folder: Path) -> None:
    logging.getLogger("foreign").warning("something foreign secret-canary")
    text = (folder / "pos_app.log").read_text()
    assert "secret-canary" not in text
    assert "foreign" in text
