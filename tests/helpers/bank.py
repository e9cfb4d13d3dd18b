"""A strict SMEPay of its own, on the standard library alone: the server that the project did not write."""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

CLIENT_ID: Final = "cid-1"
CLIENT_SECRET: Final = "s3cr3t-canary-9f"
LIFETIME: Final = 300


@dataclass
class BankOrder:
    order_id: str
    slug: str
    amount: str
    created: float
    expires: float
    state: str = "CREATED"
    link: str = ""
    told: Decimal | None = None
    validates: bool = False
    validate_code: int = 200


@dataclass
class Seen:
    path: str
    at: float
    body: dict[str, Any]
    token: str | None
    content_type: str | None


@dataclass
class Bank:
    """What the bank knows and what a test makes of it. `pay` makes status and validation agree."""

    lifetime: float = LIFETIME
    payee: str = "asha@ybl"
    link_amount: str | None = None
    skew: float = 0.0
    orders: dict[str, BankOrder] = field(default_factory=dict[str, BankOrder])
    seen: list[Seen] = field(default_factory=list[Seen])
    tokens: list[str] = field(default_factory=list[str])
    delay: float = 0.0
    base_url: str = ""

    def order(self) -> BankOrder:
        return list(self.orders.values())[-1]

    def pay(self, order: BankOrder) -> None:
        order.state, order.told, order.validates = "SUCCESS", Decimal(order.amount), True

    def asked(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.path.endswith(path)]


def serve(bank: Bank) -> ThreadingHTTPServer:
    """Start on a free port of the loopback; the caller ends it with shutdown() and server_close()."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + bank.skew if timestamp is None else timestamp)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(text, parse_float=Decimal)
            token = self.headers.get("Authorization")
            bank.seen.append(Seen(self.path, time.monotonic(), body, token, self.headers.get("Content-Type")))
            if bank.delay:
                time.sleep(bank.delay)
            code, answer = _answer(bank, self.path, body, token)
            out = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    bank.base_url = f"http://127.0.0.1:{server.server_address[1]}/smepay"
    return server


def _answer(bank: Bank, path: str, body: dict[str, Any], token: str | None) -> tuple[int, dict[str, Any]]:
    call = path.removeprefix("/smepay/api/external/")
    if call == "auth":
        if (body["client_id"], body["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"status": False, "message": "Invalid client credentials"}
        bank.tokens.append(uuid.uuid4().hex)
        return 200, {
            "access_token": bank.tokens[-1],
            "token_type": "Bearer",
            "expires_in": 600,
            "environment": "test",
        }
    if call != "qr/status" and token != f"Bearer {bank.tokens[-1] if bank.tokens else ''}":
        return 401, {"status": False, "message": "Unauthorized"}
    return {
        "order/create": _create,
        "order/initiate": _initiate,
        "qr/status": _status,
        "order/validate": _validate,
    }[call](bank, body)


def _create(bank: Bank, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if any(order.order_id == body["order_id"] for order in bank.orders.values()):
        return 400, {"status": False, "message": "Duplicate order_id"}
    now = time.time() + bank.skew
    order = BankOrder(body["order_id"], uuid.uuid4().hex[:7], body["amount"], now, now + bank.lifetime)
    bank.orders[order.slug] = order
    return 200, {
        "status": True,
        "order_id": f"INT-{uuid.uuid4()}",
        "slug": order.slug,
        "message": "Order created",
    }


def _initiate(bank: Bank, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    order = bank.orders[body["slug"]]
    if order.state != "CREATED":
        return 400, {"status": False, "message": "Order is not in CREATED state"}
    order.state = "INITIATED"
    order.expires = time.time() + bank.skew + bank.lifetime
    amount = bank.link_amount or order.amount
    order.link = (
        f"upi://pay?pa={bank.payee}&pn=Asha%20Stores&tr={order.slug}&am={amount}&cu=INR&sign=AbC%2B%2F%3D"
    )
    return 200, {
        "status": True,
        "order_id": "INT-1",
        "external_reference_id": order.order_id,
        "provider": "phonepe",
        "payment_link": order.link,
        "transaction_id": f"PP{order.slug}",
        "qr_code": "data:image/png;base64,iVBORw0KGgo=",
        "payment_status": "INITIATED",
        "expires_at": int(order.expires),
        "intents": {},
        "message": "Payment initiated successfully.",
    }


def _status(bank: Bank, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    order = bank.orders.get(body["slug"])
    if order is None or order.order_id != body["ref_id"]:
        return 404, {"status": False, "message": "Order not found"}
    if order.state == "INITIATED" and time.time() + bank.skew > order.expires:
        order.state = "EXPIRED"
    told = order.told if order.told is not None else Decimal(order.amount)
    return 200, {
        "status": True,
        "order_id": order.order_id,
        "payment_status": order.state,
        "amount": float(told),
        "provider": "phonepe",
        "created_at": int(order.created),
        "processed_at": int(time.time()),
    }


def _validate(bank: Bank, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    order = bank.orders.get(body["slug"])
    same = (
        order is not None
        and not isinstance(body["amount"], str)
        and Decimal(body["amount"]) == Decimal(order.amount)
    )
    if order is None or not same or order.validate_code == 404:
        return 404, {"status": False, "message": "Order not found"}
    if order.validate_code != 200:
        return order.validate_code, {"status": False, "message": "Server error"}
    if not order.validates:
        return 200, {"status": True, "valid": False, "payment_status": "PENDING", "message": "Not paid"}
    return 200, {
        "status": True,
        "valid": True,
        "payment_status": "SUCCESS",
        "message": "Order validated successfully",
    }
