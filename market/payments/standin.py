"""A simulated Stripe for tests and the demo, behind the real SDK, with state and injected faults.

Implements the part of Stripe that we use: bracketed forms, error objects, responses replayed per
idempotency key, objects per connected account, signed webhooks.
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

from market.payments.standin_refunds import (
    Object,
    RefundsAndDisputes,
    StripeRefusal,
    public_fields,
    read_form,
)

log = logging.getLogger(__name__)
Deliver = Callable[[bytes, str], Awaitable[None]]
"""Delivers one webhook, body and signature, to the site; raises when the site did not accept it."""
DAY_SECONDS = 24 * 3600
MAX_AMOUNT = 99_999_999
"""The largest amount that Stripe accepts, in minor units."""
TOO_MANY_REQUESTS = 429
SECRET = "whsec_standin"  # noqa: S105 -- signs only our own simulated events


class Fault(StrEnum):
    """A fault to inject into the next request."""

    DOWN = "down"
    """The request does not arrive."""
    LOST_ANSWER = "lost_answer"
    """The request is carried out, but its response is lost."""
    ERROR = "error"
    """Answered with a 500, replayed for the same key."""
    REFUSED = "refused"
    """Answered with a 402, replayed for the same key."""
    BUSY = "busy"
    """Answered with a 429, once."""


FAULT_RESPONSES = {
    Fault.ERROR: StripeRefusal(500, "", "Something went wrong on our end.", "api_error"),
    Fault.REFUSED: StripeRefusal(402, "card_declined", "Your card was declined.", "card_error"),
    Fault.BUSY: StripeRefusal(TOO_MANY_REQUESTS, "rate_limit", "Too many requests.", "rate_limit_error"),
}


class StandIn(RefundsAndDisputes):
    """The simulated Stripe. `app` answers the SDK; `pay` and the like simulate the buyer.

    With a `file` its state survives the process and is shared with others. Events are queued until
    delivered; `hold` delays them (late webhooks) and `deliver_twice` delivers each twice.
    """

    def __init__(self, *, file: Path | None = None, webhook_secret: str = SECRET) -> None:
        self.app = Starlette(routes=[Route("/{path:path}", self._endpoint, methods=["GET", "POST"])])
        self.deliver: Deliver | None = None
        self.hold = False
        self.deliver_twice = False
        self.slow_refunds = False
        """Keep refunds pending until `settle_refund`."""
        self.requests: list[tuple[str, str]] = []
        """Method and path of every request that arrived."""
        self._faults: deque[Fault] = deque()
        self._file = file
        self._secret = webhook_secret
        self._state: dict[str, Any] = {"objects": {}, "answers": {}, "waiting": []}
        self._seen: tuple[int, int] | None = None
        """The file as this process wrote or read it last."""
        self.refresh()

    def refresh(self) -> None:
        """Read what another process has written since: the site and its worker share the file."""
        if self._file is not None and (stamp := _stamp(self._file)) not in (None, self._seen):
            self._state, self._seen = json.loads(self._file.read_text()), stamp

    def fail_next(self, *faults: Fault) -> None:
        """Inject faults into the next requests, one each, in this order."""
        self._faults.extend(faults)

    async def pay(self, session_id: str, *, slowly: bool = False) -> None:
        """Pay on an open page: settled at once, or `slowly`, by `settle`."""
        session = self._complete(session_id, "processing" if slowly else "succeeded")
        await self._emit("checkout.session.completed", session)

    async def settle(self, session_id: str, *, succeeds: bool = True) -> None:
        """End a slow payment."""
        session = self.get("checkout.session", session_id)
        intent = self.get("payment_intent", session["payment_intent"])
        intent["status"] = "succeeded" if succeeds else "requires_payment_method"
        session["payment_status"] = "paid" if succeeds else "unpaid"
        how = "succeeded" if succeeds else "failed"
        await self._emit(f"checkout.session.async_payment_{how}", session)

    async def time_out(self, session_id: str) -> None:
        """Expire an open page, as after a day."""
        session = self._open_session(session_id)
        session["status"] = "expired"
        await self._emit("checkout.session.expired", session)

    async def finish_onboarding(self, account_id: str) -> None:
        """Complete the onboarding of a connected account, so that it can receive payments."""
        account = self.get("account", account_id)
        account["charges_enabled"] = account["details_submitted"] = True
        await self._emit("account.updated", account, account=account_id)

    def payee(self, session: Object) -> str:
        """Return the name of the page's payee; empty for our own account."""
        account = self._find("account", session["_account"])
        return str(account["business_profile"].get("name", "")) if account else ""

    def get(self, kind: str, object_id: str) -> Object:
        """Return one object as stored.

        Raises:
            KeyError: there is none of this kind and id.
        """
        item: Object = self._state["objects"][object_id]
        if item["object"] != kind:
            raise KeyError(object_id)
        return item

    def all(self, kind: str) -> list[Object]:
        """Return all objects of a kind, oldest first."""
        return [item for item in self._state["objects"].values() if item["object"] == kind]

    async def flush(self, *, newest_first: bool = False) -> None:
        """Deliver queued events; what the site does not accept is retried at the next flush."""
        self.refresh()
        waiting = list(self._state["waiting"])
        for body in reversed(waiting) if newest_first else waiting:
            for _time in range(2 if self.deliver_twice else 1):
                if not await self._deliver(body):
                    break
            else:
                self.refresh()
                if body in self._state["waiting"]:
                    self._state["waiting"].remove(body)
                    self._save()

    async def _deliver(self, body: str) -> bool:
        if self.deliver is None:
            return False
        try:
            await self.deliver(body.encode(), self.sign(body))
        except (httpx.HTTPError, OSError):
            log.warning("the site did not accept a webhook of the stand-in; it is retried")
            return False
        return True

    @property
    def waiting(self) -> int:
        """Number of queued events."""
        return len(self._state["waiting"])

    def sign(self, body: str) -> str:
        """Return the signature header of a webhook."""
        header: str = stripe.WebhookSignature.generate_signature_header(body, self._secret)
        return header

    async def _emit(self, kind: str, subject: Object, *, account: str | None = None) -> None:
        self._queue_event(kind, subject, account=account)
        if not self.hold:
            await self.flush()

    def _queue_event(self, kind: str, subject: Object, *, account: str | None = None) -> None:
        """Queue an event for delivery."""
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "type": kind,
            "data": {"object": public_fields(subject)},
        }
        owner = subject.get("_account") if account is None else account
        if owner:
            event["account"] = owner
        self._state["waiting"].append(json.dumps(event, ensure_ascii=False))
        self._save()

    async def _endpoint(self, request: Request) -> JSONResponse:
        raw = (await request.body()).decode()
        self.refresh()
        params = read_form(raw or request.url.query)
        account = request.headers.get("stripe-account", "")
        self.requests.append((request.method, request.url.path))
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or not key:
            status, body = self._answer(request.method, request.url.path, params, account)
            return JSONResponse(body, status)
        digest = hashlib.sha256(f"{request.url.path}\n{raw}".encode()).hexdigest()
        saved = self._state["answers"].get(f"{account}/{key}")
        if saved and saved["asked"] != digest:
            refused = StripeRefusal(400, "", "This key was used with other parameters.", "idempotency_error")
            return JSONResponse(refused.body, 400)
        if saved:
            return JSONResponse(saved["body"], saved["status"], {"idempotent-replayed": "true"})
        status, body = self._answer(request.method, request.url.path, params, account)
        if status != TOO_MANY_REQUESTS:
            self._state["answers"][f"{account}/{key}"] = {"asked": digest, "status": status, "body": body}
        self._save()
        return JSONResponse(body, status, background=None if self.hold else BackgroundTask(self.flush))

    def _answer(self, method: str, path: str, params: Object, account: str) -> tuple[int, Object]:
        try:
            if self._faults and self._faults[0] in FAULT_RESPONSES:
                raise FAULT_RESPONSES[self._faults.popleft()]
            if account and self._find("account", account) is None:
                raise StripeRefusal(403, "account_invalid", f"No access to account '{account}'.")
            for pattern, handler in ROUTES:
                if match := re.fullmatch(pattern, f"{method} {path}"):
                    result = handler(self, params, account, *match.groups())
                    self._save()
                    return 200, public_fields(result)
            raise StripeRefusal(404, "", f"Unrecognized request URL ({method}: {path}).")
        except StripeRefusal as refused:
            return refused.http_status, refused.body

    def _create_session(self, params: Object, account: str) -> Object:
        if params.get("mode") != "payment" or not params.get("success_url"):
            raise StripeRefusal(400, "parameter_missing", "Missing required param.")
        item = params["line_items"][0]
        price = item["price_data"]
        total = int(price["unit_amount"]) * int(item.get("quantity", 1))
        fee = int(params.get("payment_intent_data", {}).get("application_fee_amount", 0))
        if account and not self.get("account", account)["charges_enabled"]:
            raise StripeRefusal(400, "account_invalid", "This account cannot currently make live charges.")
        if not 0 < total <= MAX_AMOUNT:
            raise StripeRefusal(400, "amount_too_large", f"Amount must be no more than {MAX_AMOUNT}.")
        if fee >= total or (fee and not account):
            raise StripeRefusal(
                400, "", "The application fee must be less than the amount, on another account."
            )
        session_id = f"cs_test_{secrets.token_hex(16)}"
        return self._store(
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
                "expires_at": int(time.time()) + DAY_SECONDS,
                "_account": account,
                "_fee": fee,
                "_name": price["product_data"]["name"],
                "_intent_metadata": params.get("payment_intent_data", {}).get("metadata", {}),
            }
        )

    def _retrieve_session(self, params: Object, account: str, session_id: str) -> Object:
        session = dict(self._owned("checkout.session", session_id, account))
        if "payment_intent" in params.get("expand", []) and session["payment_intent"]:
            session["payment_intent"] = public_fields(self.get("payment_intent", session["payment_intent"]))
        return session

    def _expire_session(self, params: Object, account: str, session_id: str) -> Object:
        session = self._owned("checkout.session", session_id, account)
        if session["status"] != "open":
            raise StripeRefusal(400, "", "Only Checkout Sessions with a status in ['open'] can be expired.")
        session["status"] = "expired"
        return session

    def _create_account(self, params: Object, account: str) -> Object:
        return self._store(
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
        connected = self._find("account", account_id)
        if connected is None:
            raise StripeRefusal(403, "account_invalid", f"No access to account '{account_id}'.")
        return connected

    def _create_link(self, params: Object, account: str) -> Object:
        connected = self._retrieve_account({}, "", params["account"])
        connected["_return_url"] = params["return_url"]
        return {
            "object": "account_link",
            "expires_at": int(time.time()) + 300,
            "url": f"/demo-pay/accounts/{connected['id']}",
        }

    def _complete(self, session_id: str, intent_status: str) -> Object:
        session = self._open_session(session_id)
        is_paid = intent_status == "succeeded"
        intent = self._store(
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
            raise StripeRefusal(400, "", "This Checkout Session is no longer open.")
        return session

    def _owned(self, kind: str, object_id: str, account: str) -> Object:
        item = self._find(kind, object_id)
        if item is None or item["_account"] != account:
            raise StripeRefusal(404, "resource_missing", f"No such {kind}: '{object_id}'")
        return item

    def _find(self, kind: str, object_id: str) -> Object | None:
        try:
            return self.get(kind, object_id)
        except KeyError:
            return None

    def _store(self, item: Object) -> Object:
        self._state["objects"][item["id"]] = item
        return item

    def _save(self) -> None:
        """Write the state to its file atomically."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(self._state, ensure_ascii=False))
        os.replace(temporary, self._file)
        self._seen = _stamp(self._file)

    def pop_line_fault(self) -> Fault | None:
        """Return the injected transport fault for the next request, if any."""
        if self._faults and self._faults[0] not in FAULT_RESPONSES:
            return self._faults.popleft()
        return None


def _stamp(file: Path) -> tuple[int, int] | None:
    """Return what tells this state of a file from every other; None: there is none."""
    try:
        state = file.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_ino


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
