"""The vault finds one key for the books and keeps it to itself."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from pos_app import vault
from pos_app.domain.errors import KeyTrouble
from pos_app.domain.shop import Mode
from pos_app.vault import StoreKey, secret, store_key

ENVIRONMENT = {"POS_APP_SECRET_STORE_KEY": "a key for tests"}


class FakeKeyring:
    """A keyring in memory that can be locked or forgetful."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.forgets = False

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        if not self.forgets:
            self.kept[service, name] = text


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    fake = FakeKeyring()
    monkeypatch.setattr(vault, "_keyring", lambda: fake)
    return fake


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_keyring", lambda: None)


def test_the_environment_comes_first_and_touches_no_file(tmp_path: Path, keyring: FakeKeyring) -> None:
    store_key(tmp_path, Mode.TRAINING, {})
    found = store_key(tmp_path, Mode.LIVE, ENVIRONMENT)
    assert found.source == "environment"
    assert len(found.key) == 32
    assert found == store_key(tmp_path / "elsewhere", Mode.TRAINING, ENVIRONMENT)
    assert found != store_key(tmp_path, Mode.LIVE, {"POS_APP_SECRET_STORE_KEY": "another"})
    assert not (tmp_path / "elsewhere").exists()
    assert not keyring.kept


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_a_blank_key_in_the_environment_is_none(tmp_path: Path, no_keyring: None, blank: str) -> None:
    assert store_key(tmp_path, Mode.LIVE, {"POS_APP_SECRET_STORE_KEY": blank}).source == "file"


@pytest.mark.parametrize("mode", Mode)
def test_without_a_keyring_a_key_file_is_made_once(tmp_path: Path, no_keyring: None, mode: Mode) -> None:
    first = store_key(tmp_path / "data", mode, {})
    assert first.source == "file"
    assert len(first.key) == 32
    assert store_key(tmp_path / "data", mode, {}) == first
    assert store_key(tmp_path / "other", mode, {}) != first
    name = "training.key" if mode is Mode.TRAINING else "store.key"
    assert (tmp_path / "data" / name).read_text().strip() == b64encode(first.key).decode()
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_the_owner_reads_the_key_file(tmp_path: Path, no_keyring: None) -> None:
    first = store_key(tmp_path, Mode.LIVE, {})
    file = tmp_path / "store.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    assert store_key(tmp_path, Mode.LIVE, {}) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe", b64encode(b"x" * 31), b"!" * 44])
def test_a_damaged_key_file_is_said_and_kept(tmp_path: Path, no_keyring: None, content: bytes) -> None:
    file = tmp_path / "store.key"
    file.write_bytes(content)
    with pytest.raises(KeyTrouble, match=r"is damaged\. Put it back from a backup") as trouble:
        store_key(tmp_path, Mode.LIVE, {})
    assert file.read_bytes() == content
    assert "short" not in str(trouble.value)


def test_training_never_asks_the_keyring(tmp_path: Path, keyring: FakeKeyring) -> None:
    assert store_key(tmp_path, Mode.TRAINING, {}).source == "file"
    assert not keyring.kept


def test_what_training_made_never_guards_real_books(tmp_path: Path, no_keyring: None) -> None:
    training = store_key(tmp_path, Mode.TRAINING, {})
    assert store_key(tmp_path, Mode.LIVE, {}).key != training.key


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.LIVE])
def test_the_keyring_keeps_the_key_where_there_is_one(
    tmp_path: Path, keyring: FakeKeyring, mode: Mode
) -> None:
    first = store_key(tmp_path, mode, {})
    assert first.source == "keyring"
    assert store_key(tmp_path, mode, {}) == first
    assert not (tmp_path / "store.key").exists()
    assert len(keyring.kept) == 1


def test_a_key_file_that_training_makes_later_does_not_replace_the_keyrings_key(
    tmp_path: Path, keyring: FakeKeyring
) -> None:
    live = store_key(tmp_path, Mode.LIVE, {})
    training = store_key(tmp_path, Mode.TRAINING, {})
    assert training != live
    assert store_key(tmp_path, Mode.LIVE, {}) == live
    assert store_key(tmp_path, Mode.TRAINING, {}) == training


def test_each_data_folder_has_its_own_key_in_the_keyring(tmp_path: Path, keyring: FakeKeyring) -> None:
    first = store_key(tmp_path / "a", Mode.LIVE, {})
    assert store_key(tmp_path / "b", Mode.LIVE, {}) != first
    assert store_key(tmp_path / "a", Mode.LIVE, {}) == first


def test_a_keyring_that_forgets_is_not_used(tmp_path: Path, keyring: FakeKeyring) -> None:
    keyring.forgets = True
    assert store_key(tmp_path, Mode.LIVE, {}).source == "file"


def test_a_keyring_that_is_locked_today_makes_no_second_key(
    tmp_path: Path, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_key(tmp_path, Mode.LIVE, {})
    monkeypatch.setattr(vault, "_keyring", lambda: None)
    with pytest.raises(KeyTrouble, match="locked or can't be reached"):
        store_key(tmp_path, Mode.LIVE, {})
    assert not (tmp_path / "store.key").exists()


def test_a_folder_that_can_not_be_used_is_said(tmp_path: Path, no_keyring: None) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyTrouble, match="Check that the folder exists"):
        store_key(tmp_path / "file" / "data", Mode.LIVE, {})


def test_programs_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pos_app.domain.shop import Mode;"
        "from pos_app.vault import store_key; sys.stdin.readline();"
        "print(store_key(Path(sys.argv[1]), Mode.TRAINING, {}).key.hex())"
    )
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for program in programs:
        assert program.stdin
        program.stdin.write("go\n")
        program.stdin.flush()
    keys = {program.communicate(timeout=60)[0] for program in programs}
    assert len(keys) == 1
    assert len(keys.pop().strip()) == 64


def test_nothing_secret_stands_in_a_repr() -> None:
    assert repr(StoreKey(b"secret bytes", "file")) == "StoreKey(source='file')"


def test_without_a_session_there_is_no_keyring_and_no_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the secret service is Linux's")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert vault._keyring() is None


def test_the_keyring_is_imported_only_when_it_is_asked() -> None:
    script = "import sys, pos_app.vault; assert not {'keyring', 'secretstorage', 'cryptography'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(
    ("section", "name", "variable"),
    [
        ("gateways.smepay", "client_secret", "POS_APP_SECRET_SMEPAY_CLIENT_SECRET"),
        ("smepay_wizard", "client_secret", "POS_APP_SECRET_SMEPAY_WIZARD_CLIENT_SECRET"),
        ("gateways.payu", "access_token", "POS_APP_SECRET_PAYU_ACCESS_TOKEN"),
    ],
)
def test_a_secret_comes_from_the_environment(section: str, name: str, variable: str) -> None:
    assert secret(section, name, {variable: " s3cret\n"}) == "s3cret"
    assert secret(section, name, {variable: " \t"}) is None
    assert secret(section, name, {}) is None
