"""Plays Stripe for tests and the demo: under the real SDK, with a memory, and with faults on demand.

Only what we use of Stripe is played, but that as Stripe does it: forms in brackets, errors in
Stripe's shape, saved answers per idempotency key, objects per connected account, signed webhooks.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
import stripe
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from market.payments.standin_back import MoneyBack
from market.payments.standin_wire import Object, Refused, read_form, shown

log = logging.getLogger(__name__)
Deliver = Callable[[bytes, str], Awaitable[None]]
"""Brings one webhook, body and signature, to the site; raises when the site did not take it."""
DAY = 24 * 3600
MOST = 99_999_999
"""The largest amount Stripe takes at once, in minor units."""
BUSY = 429
SECRET = "whsec_standin"  # noqa: S105 -- signs nothing but what we tell ourselves


class Fault(StrEnum):
    """What goes wrong with the next request."""

    DOWN = "down"
    """It does not arrive."""
    LOST_ANSWER = "lost_answer"
    """It arrives and is carried out, but no answer comes back."""
    ERROR = "error"
    """It is answered with a 500, and so is every other with the same key."""
    REFUSED = "refused"
    """It is answered with a 402, and so is every other with the same key."""
    BUSY = "busy"
    """It is answered with a 429, this once."""


ANSWERS = {
    Fault.ERROR: Refused(500, "", "Something went wrong on our end.", "api_error"),
    Fault.REFUSED: Refused(402, "card_declined", "Your card was declined.", "card_error"),
    Fault.BUSY: Refused(BUSY, "rate_limit", "Too many requests.", "rate_limit_error"),
}


class StandIn(MoneyBack):
    """A Stripe of our own. `app` answers the SDK; `pay` and its like do what a buyer does.

    With a `file` its memory outlives the process. Events wait until they are delivered; `hold`
    keeps them back (late webhooks) and `doubled` brings each twice.
    """

    def __init__(self, *, file: Path | None = None, webhook_secret: str = SECRET) -> None:
        self.app = Starlette(routes=[Route("/{path:path}", self._endpoint, methods=["GET", "POST"])])
        self.deliver: Deliver | None = None
        self.hold = False
        self.doubled = False
        self.slow_refunds = False
        """Let refunds wait until `settle_refund` says how they end."""
        self.requests: list[tuple[str, str]] = []
        """Method and path of every request that arrived."""
        self._faults: deque[Fault] = deque()
        self._file = file
        self._secret = webhook_secret
        self._state: dict[str, Any] = {"objects": {}, "answers": {}, "waiting": []}
        if file and file.exists():
            self._state = json.loads(file.read_text())

    def fail_next(self, *faults: Fault) -> None:
        """Let the next requests go wrong, one fault each, in this order."""
        self._faults.extend(faults)

    async def pay(self, session_id: str, *, slowly: bool = False) -> None:
        """Pay on an open page: the money is there at once, or `slowly`, when `settle` says so."""
        session = self._complete(session_id, "processing" if slowly else "succeeded")
        await self._tell("checkout.session.completed", session)

    async def settle(self, session_id: str, *, succeeds: bool = True) -> None:
        """End a slow payment."""
        session = self.get("checkout.session", session_id)
        intent = self.get("payment_intent", session["payment_intent"])
        intent["status"] = "succeeded" if succeeds else "requires_payment_method"
        session["payment_status"] = "paid" if succeeds else "unpaid"
        how = "succeeded" if succeeds else "failed"
        await self._tell(f"checkout.session.async_payment_{how}", session)

    async def time_out(self, session_id: str) -> None:
        """Let a day pass for an open page."""
        session = self._open_session(session_id)
        session["status"] = "expired"
        await self._tell("checkout.session.expired", session)

    async def finish_onboarding(self, account_id: str) -> None:
        """Give all particulars of a connected account, so that it can be paid on."""
        account = self.get("account", account_id)
        account["charges_enabled"] = account["details_submitted"] = True
        await self._tell("account.updated", account, account=account_id)

    def payee(self, session: Object) -> str:
        """Return the name of whom the page pays; empty for our own account."""
        account = self._find("account", session["_account"])
        return str(account["business_profile"].get("name", "")) if account else ""

    def get(self, kind: str, object_id: str) -> Object:
        """Return one object as Stripe keeps it, or raise KeyError."""
        found: Object = self._state["objects"][object_id]
        if found["object"] != kind:
            raise KeyError(object_id)
        return found

    def all(self, kind: str) -> list[Object]:
        """Return all objects of a kind, oldest first."""
        return [thing for thing in self._state["objects"].values() if thing["object"] == kind]

    async def flush(self, *, newest_first: bool = False) -> None:
        """Deliver the events that wait; what the site does not take is tried again at the next flush."""
        waiting = self._state["waiting"]
        for body in list(reversed(waiting) if newest_first else waiting):
            for _time in range(2 if self.doubled else 1):
                if not await self._bring(body):
                    break
            else:
                waiting.remove(body)
        self._save()

    async def _bring(self, body: str) -> bool:
        if self.deliver is None:
            return False
        try:
            await self.deliver(body.encode(), self.sign(body))
        except (httpx.HTTPError, OSError):
            log.warning("the site did not take a webhook of the stand-in; it is kept")
            return False
        return True

    @property
    def waiting(self) -> int:
        """How many events the site has not taken yet."""
        return len(self._state["waiting"])

    def sign(self, body: str) -> str:
        """Return the signature header of a webhook."""
        header: str = stripe.WebhookSignature.generate_signature_header(body, self._secret)
        return header

    async def _tell(self, kind: str, thing: Object, *, account: str | None = None) -> None:
        self._note(kind, thing, account=account)
        if not self.hold:
            await self.flush()

    def _note(self, kind: str, thing: Object, *, account: str | None = None) -> None:
        """Let an event wait for its delivery."""
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "type": kind,
            "data": {"object": shown(thing)},
        }
        owner = thing.get("_account") if account is None else account
        if owner:
            event["account"] = owner
        self._state["waiting"].append(json.dumps(event, ensure_ascii=False))
        self._save()

    async def _endpoint(self, request: Request) -> JSONResponse:
        raw = (await request.body()).decode()
        params = read_form(raw or request.url.query)
        account = request.headers.get("stripe-account", "")
        self.requests.append((request.method, request.url.path))
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or not key:
            status, body = self._answer(request.method, request.url.path, params, account)
            return JSONResponse(body, status)
        asked = hashlib.sha256(f"{request.url.path}\n{raw}".encode()).hexdigest()
        saved = self._state["answers"].get(f"{account}/{key}")
        if saved and saved["asked"] != asked:
            refused = Refused(400, "", "This key was used with other parameters.", "idempotency_error")
            return JSONResponse(refused.body, 400)
        if saved:
            return JSONResponse(saved["body"], saved["status"], {"idempotent-replayed": "true"})
        status, body = self._answer(request.method, request.url.path, params, account)
        if status != BUSY:
            self._state["answers"][f"{account}/{key}"] = {"asked": asked, "status": status, "body": body}
        self._save()
        return JSONResponse(body, status, background=None if self.hold else BackgroundTask(self.flush))

    def _answer(self, method: str, path: str, params: Object, account: str) -> tuple[int, Object]:
        try:
            if self._faults and self._faults[0] in ANSWERS:
                raise ANSWERS[self._faults.popleft()]
            if account and self._find("account", account) is None:
                raise Refused(403, "account_invalid", f"No access to account '{account}'.")
            for pattern, handler in ROUTES:
                if found := re.fullmatch(pattern, f"{method} {path}"):
                    made = handler(self, params, account, *found.groups())
                    self._save()
                    return 200, shown(made)
            raise Refused(404, "", f"Unrecognized request URL ({method}: {path}).")
        except Refused as refused:
            return refused.http_status, refused.body

    def _create_session(self, params: Object, account: str) -> Object:
        if params.get("mode") != "payment" or not params.get("success_url"):
            raise Refused(400, "parameter_missing", "Missing required param.")
        item = params["line_items"][0]
        price = item["price_data"]
        total = int(price["unit_amount"]) * int(item.get("quantity", 1))
        fee = int(params.get("payment_intent_data", {}).get("application_fee_amount", 0))
        if account and not self.get("account", account)["charges_enabled"]:
            raise Refused(400, "account_invalid", "This account cannot currently make live charges.")
        if not 0 < total <= MOST:
            raise Refused(400, "amount_too_large", f"Amount must be no more than {MOST}.")
        if fee >= total or (fee and not account):
            raise Refused(400, "", "The application fee must be less than the amount, on another account.")
        session_id = f"cs_test_{secrets.token_hex(16)}"
        return self._keep(
            {
                "id": session_id,
                "object": "checkout.session",
                "status": "open",
                "payment_status": "unpaid",
                "payment_intent": None,
                "amount_total": total,
                "currency": price["currency"],
                "metadata": params.get("metadata", {}),
                "success_url": params["success_url"],
                "cancel_url": params.get("cancel_url"),
                "url": f"/demo-pay/{session_id}",
                "created": int(time.time()),
                "expires_at": int(time.time()) + DAY,
                "_account": account,
                "_fee": fee,
                "_name": price["product_data"]["name"],
                "_intent_metadata": params.get("payment_intent_data", {}).get("metadata", {}),
            }
        )

    def _retrieve_session(self, params: Object, account: str, session_id: str) -> Object:
        session = dict(self._owned("checkout.session", session_id, account))
        if "payment_intent" in params.get("expand", []) and session["payment_intent"]:
            session["payment_intent"] = shown(self.get("payment_intent", session["payment_intent"]))
        return session

    def _expire_session(self, params: Object, account: str, session_id: str) -> Object:
        session = self._owned("checkout.session", session_id, account)
        if session["status"] != "open":
            raise Refused(400, "", "Only Checkout Sessions with a status in ['open'] can be expired.")
        session["status"] = "expired"
        return session

    def _create_account(self, params: Object, account: str) -> Object:
        return self._keep(
            {
                "id": f"acct_{secrets.token_hex(8)}",
                "object": "account",
                "charges_enabled": False,
                "details_submitted": False,
                "business_profile": params.get("business_profile", {}),
                "metadata": params.get("metadata", {}),
            }
        )

    def _retrieve_account(self, params: Object, account: str, account_id: str) -> Object:
        found = self._find("account", account_id)
        if found is None:
            raise Refused(403, "account_invalid", f"No access to account '{account_id}'.")
        return found

    def _create_link(self, params: Object, account: str) -> Object:
        found = self._retrieve_account({}, "", params["account"])
        found["_return_url"] = params["return_url"]
        return {
            "object": "account_link",
            "expires_at": int(time.time()) + 300,
            "url": f"/demo-pay/accounts/{found['id']}",
        }

    def _complete(self, session_id: str, intent_status: str) -> Object:
        session = self._open_session(session_id)
        is_paid = intent_status == "succeeded"
        intent = self._keep(
            {
                "id": f"pi_{secrets.token_hex(12)}",
                "object": "payment_intent",
                "status": intent_status,
                "amount": session["amount_total"],
                "amount_received": session["amount_total"],
                "currency": session["currency"],
                "metadata": session["_intent_metadata"],
                "_account": session["_account"],
                "_refunded": 0,
            }
        )
        session |= {
            "status": "complete",
            "payment_status": "paid" if is_paid else "unpaid",
            "payment_intent": intent["id"],
        }
        return session

    def _open_session(self, session_id: str) -> Object:
        session = self.get("checkout.session", session_id)
        if session["status"] != "open":
            raise Refused(400, "", "This Checkout Session is no longer open.")
        return session

    def _owned(self, kind: str, object_id: str, account: str) -> Object:
        found = self._find(kind, object_id)
        if found is None or found["_account"] != account:
            raise Refused(404, "resource_missing", f"No such {kind}: '{object_id}'")
        return found

    def _find(self, kind: str, object_id: str) -> Object | None:
        try:
            return self.get(kind, object_id)
        except KeyError:
            return None

    def _keep(self, thing: Object) -> Object:
        self._state["objects"][thing["id"]] = thing
        return thing

    def _save(self) -> None:
        """Write the memory to its file, whole or not at all."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps(self._state, ensure_ascii=False))
        os.replace(beside, self._file)

    def take_fault(self) -> Fault | None:
        """Return the fault of the line for the request about to be sent, if one was asked for."""
        if self._faults and self._faults[0] not in ANSWERS:
            return self._faults.popleft()
        return None


ROUTES: list[tuple[str, Callable[..., Object]]] = [
    (r"POST /v1/checkout/sessions", StandIn._create_session),
    (r"GET /v1/checkout/sessions/(\w+)", StandIn._retrieve_session),
    (r"POST /v1/checkout/sessions/(\w+)/expire", StandIn._expire_session),
    (r"GET /v1/checkout/sessions", StandIn._list_sessions),
    (r"POST /v1/refunds", StandIn._create_refund),
    (r"GET /v1/refunds", StandIn._list_refunds),
    (r"GET /v1/disputes", StandIn._list_disputes),
    (r"POST /v1/accounts", StandIn._create_account),
    (r"GET /v1/accounts/(\w+)", StandIn._retrieve_account),
    (r"POST /v1/account_links", StandIn._create_link),
]
