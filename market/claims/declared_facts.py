"""Facts that a rule set requires and no record holds, declared on the claim by the applicant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from market.audit.log import record
from market.claims.models import Claim, ClaimContract
from market.claims.permissions import ClaimAct
from market.claims.queries import get_claim_for
from market.claims.states import require_editable
from market.claims.transitions import lock_claim
from market.claims.verbs import ClaimVerb
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.programmes.catalogue import compiled
from market.programmes.facts import GRADES, MODES
from market.programmes.terms import Terms
from market.records.by import By

DECLARABLE = frozenset({"mode", "grade"})
TOTALS = ("vat_payable", "vat_paid", "registered_total", "brokered_total")
"""Yearly totals that some sets pay on, in place of contracts."""


def required_facts(terms: Terms) -> list[str]:
    """Return the facts of a contract that a set requires beyond the records: mode, grade, equity, flags."""
    fact_names = set(_fact_names(terms.content))
    required = sorted(DECLARABLE & fact_names, reverse=True)
    if terms.content["base"].get("equity"):
        required.append("paid_in_equity")
    return [*required, *sorted(fact for fact in fact_names if fact.startswith("flags."))]


def required_totals(terms: Terms) -> list[str]:
    """Return the yearly totals that a set requires."""
    fact_names = set(_fact_names(terms.content))
    return [fact for fact in TOTALS if fact in fact_names]


def _fact_names(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("fact"), str):
            yield node["fact"]
        for value in node.values():
            yield from _fact_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _fact_names(value)


@atomic()
async def declare_facts(
    number: str,
    contract_number: str,
    *,
    mode: str | None = None,
    grade: str | None = None,
    paid_in_equity: int | None = None,
    flags: Mapping[str, bool] | None = None,
    by: By,
) -> ClaimContract:
    """Store what no record holds about one contract of a claim; unknown facts stay None and open.

    Raises:
        Invalid: a value outside the format's lists.
        Conflict: the claim is submitted.
    """
    by.actor.require(ClaimAct.WRITE_CLAIM)
    await get_claim_for(by.actor, number)
    claim = await lock_claim(number)
    require_editable(claim.status)
    row = await ClaimContract.get_or_none(claim_id=claim.id, contract__number=contract_number).select_related(
        "contract"
    )
    if row is None:
        raise NotFound(_("没有这份合同。"))
    if mode is not None and mode not in MODES:
        raise Invalid(_("请选择定价方式。"), field="mode")
    if grade is not None and grade not in GRADES:
        raise Invalid(_("请选择项目等级。"), field="grade")
    if paid_in_equity is not None and row.contract.kind.value != "equity":
        raise Invalid(_("只有作价入股的合同填实缴出资额。"), field="paid_in_equity")
    row.mode, row.grade, row.paid_in_equity_amount = mode, grade, paid_in_equity
    row.flags = dict(flags or {})
    await row.save(update_fields=["mode", "grade", "paid_in_equity_amount", "flags"])
    await record(
        "claim",
        claim.id,
        ClaimVerb.STATE_FACTS,
        by=by,
        contract=contract_number,
        mode=mode,
        grade=grade,
        paid_in_equity=paid_in_equity,
        flags=row.flags,
    )
    return row


@atomic()
async def declare_totals(number: str, totals: Mapping[str, int | None], *, by: By) -> Claim:
    """Store the yearly totals that a set pays on; omitted ones stay unknown and open.

    Raises:
        Invalid: the set does not ask for one of them.
        Conflict: the claim is submitted.
    """
    by.actor.require(ClaimAct.WRITE_CLAIM)
    own_claim = await get_claim_for(by.actor, number)
    claim = await lock_claim(number)
    require_editable(claim.status)
    if not set(totals) <= set(required_totals(compiled(own_claim.terms))):
        raise Invalid(_("这项政策不按这个总额计算。"))
    claim.stated = {fact: amount for fact, amount in totals.items() if amount is not None}
    await claim.save(update_fields=["stated"])
    await record("claim", claim.id, ClaimVerb.STATE_TOTALS, by=by, **claim.stated)
    return claim
