"""SMEPay V2, inline DQR: an order whose UPI link we draw as a QR (smepay-v2.md, Inline DQR Integration)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.domain.money import Money, wire_money
from pos_app.domain.payment import PaymentRequest, Said, Sighting, Ticket
from pos_app.domain.promises import Ask, CredentialField, Facts, Keep
from pos_app.domain.shop import Mode
from pos_app.domain.upi import LinkRefused, read_upi_link
from pos_app.gateways.connector import Answer, Line, Refused, gateway_words, wire_time, write_object
from pos_app.gateways.signing import Bearer, Token, Unsigned

# ── facts ──────────────────────────────────────────────────────────────────────────────────────────
FACTS: Final = Facts(
    slug="smepay",
    title="SMEPay QR",
    hosts={"test": "https://staging.smepay.in", "live": "https://extranet.smepay.in"},
    credentials=(
        CredentialField("client_id", "Client ID"),
        CredentialField("client_secret", "Client secret", secret=True),
    ),
    shortest_step=3.0,  # "poll every 3-5 seconds"
    calls_per_second=200,  # no figure is documented; a 429 is obeyed
)
TOKEN_LIFETIME: Final = 600.0  # seconds
ORDER_LIFETIME: Final = timedelta(minutes=5)
LONGEST_LIFETIME: Final = timedelta(hours=24)  # an expiry beyond it can't be meant
SLUG: Final = re.compile(r"[!-~]{1,128}", re.ASCII)
TOKEN: Final = re.compile(r"[!-~]{1,4096}", re.ASCII)
COUNTER_NAME: Final = "Counter sale"  # customer_details always has its three keys
COUNTER_EMAIL: Final = "counter@example.com"
COUNTER_MOBILE: Final = "9000000000"


# ── credentials ────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class SmepayKeys:
    client_id: str
    client_secret: str = field(repr=False)


# ── tables ─────────────────────────────────────────────────────────────────────────────────────────
STATES: Final = {
    "CREATED": Said.UNPAID,
    "INITIATED": Said.UNPAID,
    "PENDING": Said.UNPAID,
    "SUCCESS": Said.PAID,
    "FAILED": Said.FAILED,
    "EXPIRED": Said.EXPIRED,
}
TEST_STATES: Final = {"TEST_SUCCESS": Said.PAID, "TEST_FAILED": Said.FAILED}  # staging only

ENVIRONMENTS: Final = {
    "test": Mode.TEST,
    "testing": Mode.TEST,
    "staging": Mode.TEST,
    "sandbox": Mode.TEST,
    "live": Mode.LIVE,
    "production": Mode.LIVE,
}

# No machine codes are documented: the words decide, and the first row that fits. What fits none is UNKNOWN.
REFUSALS: Final = (
    Refused(0, "duplicate", Reason.DUPLICATE, Outcome.EXISTS),
    Refused(0, "already exist", Reason.DUPLICATE, Outcome.EXISTS),
    Refused(403, "whitelist", Reason.ADDRESS_NOT_ALLOWED),
    Refused(403, "allowed list", Reason.ADDRESS_NOT_ALLOWED),
    Refused(403, r"ip\b", Reason.ADDRESS_NOT_ALLOWED),
    Refused(403, "geo", Reason.REGION_NOT_ALLOWED),
    Refused(403, "region", Reason.REGION_NOT_ALLOWED),
    Refused(403, "country", Reason.REGION_NOT_ALLOWED),
    Refused(0, "environment", Reason.OTHER_ENVIRONMENT),
    Refused(0, "mode", Reason.OTHER_ENVIRONMENT),
    Refused(401, "", Reason.WRONG_KEYS),
    Refused(0, "kyc", Reason.NOT_ACTIVATED),
    Refused(0, "tier", Reason.NOT_ACTIVATED),
    Refused(0, "verif", Reason.NOT_ACTIVATED),
    Refused(0, "not enabled", Reason.NOT_ACTIVATED),
    Refused(0, "not active", Reason.NOT_ACTIVATED),
    Refused(0, "wallet", Reason.WALLET_LOW),
    Refused(0, "balance", Reason.WALLET_LOW),
    Refused(0, "daily", Reason.LIMIT_REACHED),
    Refused(0, "monthly", Reason.LIMIT_REACHED),
    Refused(0, "limit", Reason.LIMIT_REACHED),
    Refused(0, "below min", Reason.AMOUNT_BELOW_MINIMUM),
    Refused(0, "minimum", Reason.AMOUNT_BELOW_MINIMUM),
    Refused(0, "above max", Reason.AMOUNT_ABOVE_MAXIMUM),
    Refused(0, "maximum", Reason.AMOUNT_ABOVE_MAXIMUM),
    Refused(0, "expired", Reason.ORDER_EXPIRED),
    Refused(404, "", Reason.ORDER_NOT_FOUND),
    Refused(0, "already (initiated|paid|processed)", Reason.ORDER_STATE, Outcome.EXISTS),
    Refused(0, "(in|not) (a )?created", Reason.ORDER_STATE, Outcome.EXISTS),
    Refused(0, "(order|invalid) (state|status)", Reason.ORDER_STATE, Outcome.EXISTS),
    Refused(403, "", Reason.NOT_ACTIVATED),
    Refused(0, "required", Reason.BAD_REQUEST),
    Refused(0, "missing", Reason.BAD_REQUEST),
    Refused(0, "invalid", Reason.BAD_REQUEST),
    Refused(422, "", Reason.BAD_REQUEST),
)


class _Access(msgspec.Struct):
    access_token: str
    expires_in: object = None
    environment: str | None = None


class _Created(msgspec.Struct):
    status: bool
    slug: str | None = None  # the inline document's name
    order_slug: str | None = None  # the Wizard's, and the vendor's own plugin's in both
    order_id: str | None = None  # theirs


class _Initiated(msgspec.Struct):
    status: bool
    payment_link: str
    expires_at: object = None
    order_id: str | None = None  # theirs
    external_reference_id: str | None = None  # ours
    transaction_id: str | None = None
    provider: str | None = None


class _OrderNames(msgspec.Struct, kw_only=True):
    """The names of an order in answers that need not name it."""

    slug: str | None = None
    order_slug: str | None = None
    order_id: str | None = None  # ours or theirs: the document's samples differ
    ref_id: str | None = None
    external_reference_id: str | None = None


class _State(_OrderNames, kw_only=True):
    payment_status: str
    status: bool = True
    amount: object = None


class _Verdict(_OrderNames, kw_only=True):
    status: bool
    payment_status: str = ""
    valid: bool = True
    amount: object = None
    environment: str | None = None


# ── methods ────────────────────────────────────────────────────────────────────────────────────────
class Smepay:
    """Promises: MakesQr, ReportsPayment."""

    facts = FACTS

    def __init__(self, line: Line, keys: SmepayKeys, mode: Mode) -> None:
        self._line = line
        self._keys = keys
        self._mode = mode
        self._bearer = Bearer(self._token)
        self._open = Unsigned()

    def draft(self, ask: Ask) -> bytes:
        return write_object(
            {
                "client_id": self._keys.client_id,
                "amount": ask.amount.plain(),
                "order_id": ask.reference,
                "callback_url": ask.shop.callback_url,
                "customer_details": {
                    "email": ask.shop.email or COUNTER_EMAIL,
                    "mobile": ask.mobile or ask.shop.mobile or COUNTER_MOBILE,
                    "name": COUNTER_NAME,
                },
            }
        )

    def make_qr(self, ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        try:
            made = self._line.ask("POST", "/api/external/order/create", draft, self._bearer, fresh=True)
        except GatewayTrouble as trouble:
            if trouble.outcome is Outcome.EXISTS:
                keep({"order_id": ask.reference})  # no slug came, but order/status answers to our own id
            raise
        created = _agreed(made, made.read(_Created))
        slug = created.slug or created.order_slug or ""
        if not SLUG.fullmatch(slug):
            raise GatewayTrouble(Outcome.UNKNOWN, Reason.BROKEN_ANSWER)
        ids = {"slug": slug, "smepay_order_id": created.order_id or ""}
        keep(ids)  # before initiate there is no link, so that nothing can be paid
        body = write_object({"slug": slug, "client_id": self._keys.client_id})
        shown = self._line.ask("POST", "/api/external/order/initiate", body, self._bearer, fresh=True)
        return _ticket(shown, _agreed(shown, shown.read(_Initiated)), ask, ids)

    def look(self, request: PaymentRequest) -> Sighting:
        """`/qr/status` needs no authentication, and the fields of `order/status` are not documented: whatever
        they say is a hint.
        """
        client_id, slug = self._keys.client_id, request.gateway_ids.get("slug", "")
        if slug:
            body = write_object({"client_id": client_id, "slug": slug, "ref_id": request.reference})
            answer = self._line.ask("POST", "/api/external/qr/status", body, self._open)
        else:  # an order that exists but whose slug we never got
            body = write_object({"client_id": client_id, "order_id": request.reference})
            answer = self._line.ask("POST", "/api/external/order/status", body, self._bearer)
        state = _agreed(answer, answer.read(_State))
        found = state.slug or state.order_slug or ""
        said, ours = self._word(state.payment_status), not _other_order(state, request)
        if not ours and said is not Said.PAID:
            said = Said.UNCLEAR  # a success of whatever order is still worth a confirming question
        return Sighting(
            said=said,
            at=answer.at,
            amount=wire_money(state.amount) if said is Said.PAID and ours else None,
            gateway_ids={"slug": found} if not slug and SLUG.fullmatch(found) else {},
        )

    def confirm(self, request: PaymentRequest) -> Sighting:
        """`order/validate` repeats the amount to us only by agreeing with it. A 404 proves nothing."""
        slug = request.gateway_ids.get("slug", "") or self._found_slug(request)
        body = _validation(self._keys.client_id, request.amount, slug)
        # a fresh connection: on a kept one a stray answer about another order could wait to be read
        answer = self._line.ask("POST", "/api/external/order/validate", body, self._bearer, fresh=True)
        verdict = answer.read(_Verdict)
        word = self._word(verdict.payment_status)
        agreed = answer.code == 200 and verdict.status and verdict.valid  # noqa: PLR2004
        if word is Said.PAID and not agreed:
            word = Said.UNCLEAR
        amount = wire_money(verdict.amount)
        if verdict.amount is not None and amount is None:
            word = Said.UNCLEAR
        return Sighting(
            said=word,
            at=answer.at,
            proven=True,
            amount=amount if word is Said.PAID else None,
            gateway_ids={"slug": slug},
            differs=self._differs(verdict, request),
            words=gateway_words(answer.data),
        )

    def _found_slug(self, request: PaymentRequest) -> str:
        """Of an order whose slug we never got; without the gateway's own id nothing can be proven."""
        slug = self.look(request).gateway_ids.get("slug", "")
        if not slug:
            raise GatewayTrouble(Outcome.UNKNOWN, Reason.ORDER_NOT_FOUND)
        return slug

    def _token(self) -> Token:
        """Raises GatewayTrouble NOT_SENT or REJECTED: without a token the call that needs it never left."""
        body = write_object({"client_id": self._keys.client_id, "client_secret": self._keys.client_secret})
        try:
            answer = self._line.ask("POST", "/api/external/auth", body, self._open)
            access = answer.read(_Access)
        except GatewayTrouble as trouble:
            if trouble.outcome is Outcome.REJECTED:
                raise
            raise GatewayTrouble(
                Outcome.NOT_SENT, trouble.reason, trouble.said, trouble.retry_after
            ) from None
        token = access.access_token.strip()
        if not TOKEN.fullmatch(token):
            raise GatewayTrouble(Outcome.NOT_SENT, Reason.BROKEN_ANSWER)
        if access.environment and not self._ours(access.environment):
            raise GatewayTrouble(Outcome.REJECTED, Reason.OTHER_ENVIRONMENT)
        return Token(text=token, lifetime=_lifetime(access.expires_in))

    def _ours(self, environment: str) -> bool:
        """Training and custom hosts are test hosts; a word we don't know is not ours."""
        wanted = Mode.LIVE if self._mode is Mode.LIVE else Mode.TEST
        return ENVIRONMENTS.get(environment.strip().lower()) is wanted

    def _word(self, state: str) -> Said:
        tests = {} if self._mode is Mode.LIVE else TEST_STATES
        return STATES.get(state) or tests.get(state) or Said.UNCLEAR

    def _differs(self, verdict: _Verdict, request: PaymentRequest) -> str:
        if _other_order(verdict, request):
            return "id"
        return "environment" if verdict.environment and not self._ours(verdict.environment) else ""


def build(line: Line, credentials: Mapping[str, str], mode: Mode) -> Smepay:
    return Smepay(line, SmepayKeys(credentials["client_id"], credentials["client_secret"]), mode)


# ── readers ────────────────────────────────────────────────────────────────────────────────────────
def _other_order(named: _OrderNames, request: PaymentRequest) -> bool:
    """Whether an answer names an order that isn't this one; a name that is missing contradicts nothing."""
    slug = request.gateway_ids.get("slug")
    if slug and ({named.slug, named.order_slug} - {None, "", slug}):
        return True
    ours = {None, "", request.reference, request.gateway_ids.get("smepay_order_id")}
    return bool({named.order_id, named.ref_id, named.external_reference_id} - ours)


Shape = Any


def _agreed(answer: Answer, read: Shape) -> Shape:
    """`status: false` under a 2xx is an answer that we can't place."""
    if read.status:
        return read
    raise GatewayTrouble(Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD, gateway_words(answer.data))


def _ticket(answer: Answer, shown: _Initiated, ask: Ask, ids: dict[str, str]) -> Sighting:
    expires_at = wire_time(shown.expires_at)
    if expires_at is None or not answer.at < expires_at < answer.at + LONGEST_LIFETIME:
        expires_at = answer.at + ORDER_LIFETIME  # documented; an expiry that can't be meant is not believed
    ticket = Ticket(link=shown.payment_link, expires_at=expires_at)
    refused: Reason | None = None
    try:
        read_upi_link(shown.payment_link, ask.amount, ask.shop.payee_vpa)
    except LinkRefused as error:
        refused = error.reason
    if (shown.external_reference_id or shown.order_id) not in {
        None,
        "",
        ask.reference,
        ids["smepay_order_id"],
    }:
        refused = Reason.OTHER_ORDER
    return Sighting(
        said=Said.TICKET_REFUSED if refused else Said.TICKET,
        at=answer.at,
        ticket=ticket,
        gateway_ids={**ids, "provider": shown.provider or ""},
        transaction_id=shown.transaction_id or "",
        reason=refused,
    )


def _validation(client_id: str, amount: Money, slug: str) -> bytes:
    """The amount as a JSON number with its two decimals, without passing through a float."""
    rest = write_object({"client_id": client_id, "slug": slug})
    return b'{"amount":' + amount.plain().encode("ascii") + b"," + rest[1:]


def _lifetime(told: object) -> float:
    """Seconds; what is no sensible number is the documented 600, and longer is not believed."""
    if isinstance(told, str) and told.isascii() and told.isdecimal():
        told = int(told[:6])
    if isinstance(told, bool) or not isinstance(told, int | Decimal):
        return TOKEN_LIFETIME
    return float(told) if 0 < told < TOKEN_LIFETIME else TOKEN_LIFETIME
