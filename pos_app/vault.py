"""Where keys and secrets live: the environment, the keyring of the system, or a key file in the data folder."""

from __future__ import annotations

import os
import secrets
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pos_app.domain.errors import KeyTrouble
from pos_app.domain.shop import Mode

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Source = Literal["environment", "keyring", "file"]

KEY_IN_ENVIRONMENT: Final = "POS_APP_SECRET_STORE_KEY"
KEY_FILE: Final = "store.key"
TRAINING_KEY_FILE: Final = "training.key"
# Names the keyring's entry once the key lies there: with it a keyring that is locked today is told from
# one that never held the key, and no second key is made for books that have one.
KEYRING_NOTE: Final = "store.key.in-keyring"
_LOCK_FILE: Final = "store.key.lock"
_SERVICE: Final = "pos_app"
_KEY_LENGTH: Final = 32
_LOCK_TRIES: Final = 60
_LOCK_STEP: Final = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class StoreKey:
    """The key of the books and where it was found."""

    key: bytes = field(repr=False)
    source: Source


def store_key(data: Path, mode: Mode, environ: Mapping[str, str]) -> StoreKey:
    """The key of the books in this data folder, made on the first start. Raises KeyTrouble.

    Order: the environment, the place where the key already lies, the system's keyring (not in TRAINING),
    a new key file. Never prompts, but a keyring may answer slowly: not for the GUI thread.
    """
    if text := environ.get(KEY_IN_ENVIRONMENT, "").strip():
        return StoreKey(_from_text(text), "environment")
    try:
        data.mkdir(parents=True, exist_ok=True)
        with _alone(data):  # two starts at once make one key
            return _kept(data, mode) or _made(data, mode)
    except OSError:
        raise KeyTrouble(
            f"The key of the books can't be read or written in {data}. Check that the folder exists and that "
            "you may write there, then start again."
        ) from None


def secret(section: str, name: str, environ: Mapping[str, str]) -> str | None:
    """A gateway's secret, such as ("gateways.smepay", "client_secret"); None when it is missing or blank."""
    words = ("POS_APP_SECRET", section.removeprefix("gateways."), name)
    return environ.get("_".join(words).upper(), "").strip() or None


def _kept(data: Path, mode: Mode) -> StoreKey | None:
    note = data / KEYRING_NOTE
    if mode is not Mode.TRAINING and note.exists():
        return StoreKey(_from_keyring(note.read_text("ascii").strip()), "keyring")
    file = _key_file(data, mode)
    return StoreKey(_from_file(file), "file") if file.exists() else None


def _key_file(data: Path, mode: Mode) -> Path:
    """TRAINING has a key of its own: what was made in play never guards real books."""
    return data / (TRAINING_KEY_FILE if mode is Mode.TRAINING else KEY_FILE)


def _made(data: Path, mode: Mode) -> StoreKey:
    key = secrets.token_bytes(_KEY_LENGTH)
    if mode is not Mode.TRAINING and (entry := _into_keyring(key)):
        _write(data / KEYRING_NOTE, entry)
        return StoreKey(key, "keyring")
    _write(_key_file(data, mode), b64encode(key).decode())
    return StoreKey(key, "file")


def _from_text(text: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), _KEY_LENGTH, salt=None, info=b"pos_app store key").derive(text.encode())


def _from_file(file: Path) -> bytes:
    """A file that others may read is mended and used: a restored backup often comes back so, refusing would
    shut the shop and un-read nothing. Where the mode can't be mended (another owner) it is refused.
    """
    if os.name == "posix" and file.stat().st_mode & 0o077:
        try:
            file.chmod(0o600)
        except OSError:
            raise KeyTrouble(
                f"Other people on this computer can read the key of the books, {file}. Make it readable for "
                "you alone, then start again."
            ) from None
    return _decoded(file.read_text("ascii", "replace"), f"The key of the books, {file},")


def _decoded(text: str, what: str) -> bytes:
    try:
        key = b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_LENGTH:
        raise KeyTrouble(f"{what} is damaged. Put it back from a backup; without it the books can't be read.")
    return key


def _write(file: Path, text: str) -> None:
    """Whole or not at all, even when the power goes; never over a file that is there."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        if file.exists():
            raise FileExistsError(file)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _alone(data: Path) -> Generator[None]:
    """One process at a time; the lock falls with the process."""
    with os.fdopen(os.open(data / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # tries for ten seconds
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            for _ in range(_LOCK_TRIES):
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(_LOCK_STEP)
            else:
                raise KeyTrouble(
                    f"Another program keeps the key of the books in {data} to itself. Close it, then start again."
                )
            yield


def _from_keyring(entry: str) -> bytes:
    backend = _keyring()
    try:
        text = backend.get_password(_SERVICE, entry) if backend else None
    except Exception:  # noqa: BLE001 (backends raise what their systems raise)
        text = None
    if text is None:
        raise KeyTrouble(
            "The key of the books lies in the keyring of this computer, which is locked or can't be reached. "
            "Unlock it by signing in to the computer again, then start again."
        )
    return _decoded(text, "The key of the books in the keyring")


def _into_keyring(key: bytes) -> str:
    """The entry's name; empty when there is no keyring that keeps the key."""
    backend = _keyring()
    if backend is None:
        return ""
    entry, text = f"books {secrets.token_hex(8)}", b64encode(key).decode()
    try:
        backend.set_password(_SERVICE, entry, text)
        return entry if backend.get_password(_SERVICE, entry) == text else ""
    except Exception:  # noqa: BLE001 (as above; the file takes the key)
        return ""


def _keyring() -> KeyringBackend | None:
    """The system's own keyring, chosen by name: the library's search would find backends that prompt, that
    keep plain text or that fail (libraries.md, secrets).
    """
    try:
        if sys.platform == "win32":
            from keyring.backends.Windows import WinVaultKeyring as Native
        elif sys.platform == "darwin":
            from keyring.backends.macOS import Keyring as Native
        else:
            from keyring.backends.SecretService import Keyring as Native

            if not _secret_service_is_open():
                return None
        return Native() if Native.viable else None
    except Exception:  # noqa: BLE001 (no D-Bus, no daemon, a library that can't load: all mean no keyring)
        return None


def _secret_service_is_open() -> bool:
    """Whether the default collection is there and unlocked: else the backend would open a prompt and wait."""
    from contextlib import closing

    import secretstorage

    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS") and not os.environ.get("XDG_RUNTIME_DIR"):
        return False
    with closing(secretstorage.dbus_init()) as bus:
        return secretstorage.check_service_availability(bus) and not secretstorage.Collection(bus).is_locked()
