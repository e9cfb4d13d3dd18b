"""Reads a request as strictly as the documents allow, and writes an answer's money without floats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

Words = dict[str, object]

LARGEST_BODY = 65_536  # bytes; a request of ours has some 300


class RefusalError(Exception):
    """A request that is not served: the HTTP `code` and the sentence that the answer carries."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def words(self) -> Words:
        """The answer's body, as SMEPay words its refusals."""
        return {"status": False, "message": self.message}


async def body_of(request: Request) -> bytes:
    """The request's body; raises RefusalError above 64 KiB."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request body too large")
    return body


def read_object(content_type: str, body: bytes) -> Words:
    """The JSON object in `body`, its fractions as Decimal; raises RefusalError for anything else."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json")
    try:
        read = json.loads(
            body.decode(), parse_float=Decimal, parse_constant=no_constant, object_pairs_hook=without_twice
        )
        json.dumps(read, ensure_ascii=False, default=str).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "Invalid JSON body") from None
    if not isinstance(read, dict):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "JSON body must be an object")
    return read


def no_constant(name: str) -> object:
    """Python reads NaN and Infinity; JSON has neither."""
    raise ValueError(name)


def without_twice(pairs: list[tuple[str, object]]) -> Words:
    """An object whose keys occur once each."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def exactly(words: Words, names: Sequence[str], *, inside: str = "") -> None:
    """Refuses `words` if one of `names` is missing or another key is there."""
    for name in names:
        if name not in words:
            raise RefusalError(HTTPStatus.BAD_REQUEST, f"Missing field: {inside}{name}")
    for name in words:
        if name not in names:
            raise RefusalError(HTTPStatus.BAD_REQUEST, f"Unknown field: {inside}{name}")


def text(words: Words, name: str, *, inside: str = "") -> str:
    """The string under `name`; raises RefusalError where it is missing or of another type."""
    value = words.get(name)
    if not isinstance(value, str):
        raise RefusalError(HTTPStatus.BAD_REQUEST, f"{inside}{name} must be a string")
    return value


def rupees(paise: int) -> Decimal:
    """Paise as a number of rupees: 10050 is 100.5."""
    return Decimal(paise) / 100


def json_text(value: object) -> str:
    """JSON as `json.dumps` writes it, with a Decimal as the number it is."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{json.dumps(str(key))}:{json_text(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    return json.dumps(value)


def answer(words: object, code: int = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    return Response(json_text(words), code, media_type="application/json")
