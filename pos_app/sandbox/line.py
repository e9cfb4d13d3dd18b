"""The line to the client, which a twin can cut: the client then sees a server that hung up."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

CUT = "cut"  # where a request's scope keeps the knife


class CuttableLine(H11Protocol):
    """uvicorn's HTTP/1.1, which lets the app hang up without an answer and without a word in the log."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: transport.abort}

    def shutdown(self) -> None:
        """Ends the connection at once: training has no answer worth waiting for when the app closes."""
        self.transport.abort()


class HangUp(Response):
    """No answer: the connection is closed instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (nothing is sent)
        scope["state"][CUT]()
        # uvicorn would answer 500 for an app that returns before the line is known to be gone
        while (await receive())["type"] != "http.disconnect":
            pass
