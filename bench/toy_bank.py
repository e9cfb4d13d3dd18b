"""A gateway that answers at once or after a set time, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from subprocess import PIPE, Popen

_NUMBERS = count()


def _answer(path: str, body: dict[str, str], state: str) -> dict[str, object]:
    if path.endswith("/auth"):
        return {"access_token": "t", "token_type": "Bearer", "expires_in": 600, "environment": "test"}
    if path.endswith("/create"):
        return {
            "status": True,
            "order_id": "INT-1",
            "slug": f"{body['amount']}-{body['order_id']}",
            "message": "Order created",
        }
    if path.endswith("/initiate"):
        amount, _, reference = body["slug"].partition("-")
        return {
            "status": True,
            "order_id": "INT-1",
            "external_reference_id": reference,
            "provider": "phonepe",
            "payment_link": f"upi://pay?pa=asha@ybl&pn=Asha%20Stores&tr={reference}&am={amount}&cu=INR&tn=Bill&mode=15",
            "transaction_id": f"PP{next(_NUMBERS)}",
            "payment_status": "INITIATED",
            "expires_at": int(time.time()) + 300,
        }
    return {
        "status": True,
        "order_id": "INT-1",
        "payment_status": state,
        "amount": 1,
        "created_at": 1,
        "processed_at": 1,
    }


async def _serve(delay: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                path = lines[0].split(" ")[1]
                length = next(
                    int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length")
                )
                body = json.loads(await reader.readexactly(length))
                if delay:
                    await asyncio.sleep(delay)
                out = json.dumps(_answer(path, body, "INITIATED")).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % len(out)
                    + out
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def toy_bank(delay: float) -> Generator[str]:
    """The base URL of a running toy bank."""
    with Popen([sys.executable, "-m", "bench.toy_bank", str(delay)], stdout=PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/smepay"
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
