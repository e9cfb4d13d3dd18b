"""The keys of the books: fields encrypted, look-ups blinded, events chained, all from one store key."""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pos_app.domain.errors import BooksTrouble, KeyTrouble

KEY_LENGTH: Final = 32
_NONCE: Final = 12
_FORM: Final = "1:"  # the form of an encrypted field, so that another one can come later


class Cipher:
    """All that needs the store key. Its parts never leave it, not even in a repr."""

    __slots__ = ("_blind_key", "_chain_key", "_check_key", "_field")

    def __init__(self, store_key: bytes) -> None:
        if len(store_key) != KEY_LENGTH:
            raise KeyTrouble(
                "The key of the books has the wrong length. Put back the right key, or ask for help."
            )
        self._field = AESGCM(_derived(store_key, b"field"))
        self._blind_key = _derived(store_key, b"blind index")
        self._chain_key = _derived(store_key, b"event chain")
        self._check_key = _derived(store_key, b"key check")

    def __repr__(self) -> str:
        return "Cipher()"

    def encrypt(self, text: str, table: str, column: str, reference: str) -> str:
        """The text as it is stored, bound to its place: moved to another row it can't be read. Empty stays empty."""
        if not text:
            return ""
        nonce = os.urandom(_NONCE)
        sealed = self._field.encrypt(nonce, text.encode(), _place(table, column, reference))
        return _FORM + b64encode(nonce + sealed).decode()

    def decrypt(self, stored: str, table: str, column: str, reference: str) -> str:
        """Raises BooksTrouble when the field was changed or moved outside of this program."""
        if not stored:
            return ""
        try:
            # another form than ours fails as base64, by its colon
            raw = b64decode(stored.removeprefix(_FORM), validate=True)
            return self._field.decrypt(raw[:_NONCE], raw[_NONCE:], _place(table, column, reference)).decode()
        except (ValueError, InvalidTag):
            raise BooksTrouble(
                f"The {column} of bill {reference} can't be read: the books were changed outside of this "
                "program. Put back the last backup, or ask for help."
            ) from None

    def blind(self, kind: str, text: str) -> str:
        """A keyed index of the text: equal texts of a kind have equal indexes, and it can't be undone."""
        return _mac(self._blind_key, f"{kind}\0{text}".encode())[:KEY_LENGTH] if text else ""

    def chain_mac(self, kind: str, data: bytes) -> str:
        return _mac(self._chain_key, kind.encode() + b"\0" + data)

    def key_check(self) -> str:
        """Says whether books belong to this key, and nothing about the key."""
        return _mac(self._check_key, b"pos_app books")


def _derived(store_key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_LENGTH, salt=None, info=b"pos_app store, " + purpose).derive(store_key)


def _mac(key: bytes, data: bytes) -> str:
    return hmac.digest(key, data, "sha256").hex()


def _place(table: str, column: str, reference: str) -> bytes:
    return f"{table}/{column}/{reference}".encode()
