"""Wire format, refunds, disputes and paginated lists of the simulated Stripe."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl

Object = dict[str, Any]


class StripeRefusal(Exception):
    """An error response of Stripe."""

    def __init__(
        self, http_status: int, code: str, message: str, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.body = {"error": {"type": kind, "code": code, "message": message}}


def read_form(text: str) -> Object:
    """Parse a bracketed form, `a[0][b]=c`, into nested values; all leaves are text."""
    root: Object = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        keys = [name.split("[")[0], *re.findall(r"\[([^\]]*)\]", name)]
        place = root
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    form: Object = _with_lists(root)
    return form


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    plain = {key: _with_lists(inner) for key, inner in value.items()}
    return list(plain.values()) if plain and all(key.isdigit() for key in plain) else plain


def public_fields(item: Object) -> Object:
    """Return the object without its private fields."""
    return {key: value for key, value in item.items() if not key.startswith("_")}


PAGE = 10
"""Entries per page: few, so that pagination is exercised."""


class RefundsAndDisputes:
    """Mixin of `StandIn`, which provides state and events."""

    slow_refunds: bool

    def get(self, kind: str, object_id: str) -> Object:
        raise NotImplementedError

    def all(self, kind: str) -> list[Object]:
        raise NotImplementedError

    def _store(self, item: Object) -> Object:
        raise NotImplementedError

    def _owned(self, kind: str, object_id: str, account: str) -> Object:
        raise NotImplementedError

    def _queue_event(self, kind: str, subject: Object, *, account: str | None = None) -> None:
        raise NotImplementedError

    async def _emit(self, kind: str, subject: Object, *, account: str | None = None) -> None:
        raise NotImplementedError

    async def refund_at_gateway(self, session_id: str, amount: int) -> Object:
        """Refund at the gateway itself, as the seller can without us."""
        intent = self.get("payment_intent", self.get("checkout.session", session_id)["payment_intent"])
        refund = self._refund(intent, amount, {}, intent["_account"])
        await self._emit("charge.refunded", self._charge(intent))
        return refund

    async def settle_refund(self, refund_id: str, *, succeeds: bool = True) -> None:
        """Settle a pending refund, or fail one that succeeded, as the payer's bank may."""
        refund = self.get("refund", refund_id)
        refund["status"] = "succeeded" if succeeds else "failed"
        if not succeeds:
            refund["failure_reason"] = "expired_or_canceled_card"
            self.get("payment_intent", refund["payment_intent"])["_refunded"] -= refund["amount"]
        await self._emit("refund.updated" if succeeds else "refund.failed", refund)

    async def dispute(self, session_id: str, *, amount: int = 0, warning: bool = False) -> Object:
        """Open a dispute of a payment; money is withheld unless it is an inquiry (`warning`)."""
        session = self.get("checkout.session", session_id)
        intent = self.get("payment_intent", session["payment_intent"])
        dispute = self._store(
            {
                "id": f"du_{secrets.token_hex(12)}",
                "object": "dispute",
                "amount": amount or intent["amount_received"],
                "currency": intent["currency"],
                "charge": f"ch_{intent['id'][3:]}",
                "payment_intent": intent["id"],
                "reason": "product_not_received",
                "status": "warning_needs_response" if warning else "needs_response",
                "evidence_details": {"due_by": int(time.time()) + 7 * 24 * 3600},
                "created": int(time.time()),
                "_account": intent["_account"],
            }
        )
        await self._emit("charge.dispute.created", dispute)
        if not warning:
            await self._emit("charge.dispute.funds_withdrawn", dispute)
        return dispute

    async def decide_dispute(self, dispute_id: str, status: str) -> None:
        """Decide a dispute: won, lost or warning_closed."""
        dispute = self.get("dispute", dispute_id)
        dispute["status"] = status
        if status == "won":
            await self._emit("charge.dispute.funds_reinstated", dispute)
        await self._emit("charge.dispute.closed", dispute)

    def _create_refund(self, params: Object, account: str) -> Object:
        intent = self._owned("payment_intent", params["payment_intent"], account)
        left = intent["amount_received"] - intent["_refunded"]
        return self._refund(intent, int(params.get("amount", left)), params.get("metadata", {}), account)

    def _refund(self, intent: Object, amount: int, metadata: Object, account: str) -> Object:
        left = intent["amount_received"] - intent["_refunded"]
        if intent["status"] != "succeeded":
            raise StripeRefusal(400, "", "This PaymentIntent does not have a successful charge to refund.")
        if left <= 0:
            raise StripeRefusal(400, "charge_already_refunded", "The charge has already been refunded.")
        if not 0 < amount <= left:
            raise StripeRefusal(400, "amount_too_large", "Refund amount is greater than unrefunded amount.")
        intent["_refunded"] += amount
        refund = self._store(
            {
                "id": f"re_{secrets.token_hex(12)}",
                "object": "refund",
                "amount": amount,
                "currency": intent["currency"],
                "charge": f"ch_{intent['id'][3:]}",
                "payment_intent": intent["id"],
                "metadata": metadata,
                "status": "pending" if self.slow_refunds else "succeeded",
                "created": int(time.time()),
                "_account": account,
            }
        )
        self._queue_event("refund.created", refund)
        return refund

    def _charge(self, intent: Object) -> Object:
        return {
            "id": f"ch_{intent['id'][3:]}",
            "object": "charge",
            "payment_intent": intent["id"],
            "amount_refunded": intent["_refunded"],
            "_account": intent["_account"],
        }

    def _list_sessions(self, params: Object, account: str) -> Object:
        page = self._list("checkout.session", params, account)
        if "data.payment_intent" in params.get("expand", []):
            page["data"] = [
                session
                | {"payment_intent": public_fields(self.get("payment_intent", session["payment_intent"]))}
                if session["payment_intent"]
                else session
                for session in page["data"]
            ]
        return page

    def _list_refunds(self, params: Object, account: str) -> Object:
        return self._list("refund", params, account)

    def _list_disputes(self, params: Object, account: str) -> Object:
        return self._list("dispute", params, account)

    def _list(self, kind: str, params: Object, account: str) -> Object:
        """Return one page of a list, newest first."""
        since = int(params.get("created", {}).get("gte", 0))
        items: list[Any] = [
            item
            for item in reversed(self.all(kind))
            if item["_account"] == account
            and item["created"] >= since
            and params.get("payment_intent") in (None, item["payment_intent"])
        ]
        if after := params.get("starting_after"):
            items = items[[item["id"] for item in items].index(after) + 1 :]
        page = items[: min(PAGE, int(params.get("limit", 10)))]
        return {
            "object": "list",
            "data": [public_fields(item) for item in page],
            "has_more": len(items) > len(page),
            "url": "/v1/list",
        }
