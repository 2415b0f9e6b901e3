"""The facts of a claim: gathered from records, or declared by the applicant where no record holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from market.accounts.models import Organisation
from market.audit.log import record
from market.claims.claim_parts import contract_facts
from market.claims.models import Claim, ClaimContract
from market.claims.queries import get_claim_for
from market.claims.states import GRANTED, ClaimAct, ClaimStatus, ClaimVerb, require_editable
from market.claims.transitions import lock_claim
from market.contracts.models import Contract
from market.deals.models import Deal, Pricing
from market.kit.database import atomic, connection
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.programmes.catalogue import compiled
from market.programmes.facts import APPLICANT_KINDS, GRADES, PARTY_KINDS
from market.programmes.models import Programme
from market.programmes.rule_terms import Terms
from market.records.by import By
from market.records.decisions import Verdict

CLAWED_BACK = ("confirmed", "handed_over", "settled")
"""States of a clawback, a record of the room above, in which its amount counts as granted no more."""
ONCE_GRANTED = GRANTED | {ClaimStatus.CLAWBACK}
"""Also where a part was clawed back: the contract was paid for once, and the rest still counts. What was
clawed back of an outcome's grant does not become available again (A)."""


async def facts_of(claim: Claim) -> dict[str, Any]:
    """Return the facts of a claim in the shape of `market assess`, ready for `read_facts`."""
    declared = {row.contract_id: row for row in await ClaimContract.filter(claim_id=claim.id)}
    programme, applicant = claim.programme, claim.applicant
    if not isinstance(programme, Programme):
        programme = await Programme.get(id=claim.programme_id)
    if not isinstance(applicant, Organisation):
        applicant = await Organisation.get(id=claim.applicant_id)
    facts = await gather_facts(
        programme, applicant, claim.year, list(declared), apart_from=claim.id, declared=declared
    )
    return {**facts, **(claim.stated or {})}


async def gather_facts(
    programme: Programme,
    applicant: Organisation,
    year: int,
    contract_ids: Sequence[UUID],
    *,
    apart_from: UUID | None = None,
    declared: Mapping[UUID, ClaimContract] | None = None,
) -> dict[str, Any]:
    """Return the facts of a claim that may not exist yet; grants of `apart_from` itself do not count.

    `stated` holds, by contract, what the applicant stated because no record has it.
    """
    contracts = (
        await Contract.filter(id__in=list(contract_ids))
        .select_related("deal__seller", "deal__buyer", "deal__outcome")
        .order_by("registration_number")
    )
    others = ClaimContract.filter(claim__programme_id=programme.id, claim__status__in=list(ONCE_GRANTED))
    if apart_from is not None:
        others = others.exclude(claim_id=apart_from)
    grants = await others.values("contract_id", "contract__deal__subject_id", "award_amount")
    before = {row["contract_id"] for row in grants}
    by_outcome: dict[UUID, int] = {}
    for row in grants:
        key = row["contract__deal__subject_id"]
        by_outcome[key] = by_outcome.get(key, 0) + (row["award_amount"] or 0)
    recorded = {
        **await contract_facts([contract.id for contract in contracts]),
        "support": await promised_support(contracts),
    }
    return {
        "applicant": applicant_facts(applicant, programme.role),
        "year": year,
        "granted_this_year": await _granted(programme.id, applicant.id, year, apart_from),
        "contracts": [
            contract_entry(
                contract,
                {name: by_contract[contract.id] for name, by_contract in recorded.items()},
                year,
                contract.id in before,
                by_outcome.get(contract.deal.subject_id, 0),
                (declared or {}).get(contract.id),
            )
            for contract in contracts
        ],
    }


async def promised_support(contracts: Sequence[Contract]) -> dict[UUID, list[int]]:
    """Return what public funds were promised for contracts when they were chosen in public, in fen.

    Their deals must be fetched. A contract that comes from no such choice has nothing.
    """
    by_kind: dict[str, list[UUID]] = {}
    for contract in contracts:
        by_kind.setdefault(contract.deal.subject_kind, []).append(contract.deal.id)
    promised: dict[UUID, int] = {}
    for kind, deal_ids in by_kind.items():
        support = rooms().subjects[kind].support
        if support is not None:
            promised.update(await support(deal_ids))
    return {
        contract.id: [promised[contract.deal.id]] if contract.deal.id in promised else []
        for contract in contracts
    }


async def _granted(programme_id: UUID, applicant_id: UUID, year: int, apart_from: UUID | None) -> int:
    """Return what the applicant was granted for the year, less what was claimed back."""
    (row,) = await connection().execute_query_dict(
        "SELECT coalesce(sum(c.award_amount - (SELECT coalesce(sum(b.amount), 0) FROM clawbacks b "
        "WHERE b.claim_id = c.id AND b.status = ANY($6::text[]))), 0)::bigint AS granted FROM ("
        "SELECT id, coalesce(award_amount, 0) AS award_amount FROM claims WHERE programme_id = $1 "
        "AND applicant_id = $2 AND year = $3 AND status = ANY($4::text[]) AND id IS DISTINCT FROM $5::uuid"
        ") AS c",
        [programme_id, applicant_id, year, [*ONCE_GRANTED], apart_from, [*CLAWED_BACK]],
    )
    return int(row["granted"])


def applicant_facts(organisation: Organisation, role: str) -> dict[str, Any]:
    """Return the facts of an organisation that applies in a role."""
    flags = {} if organisation.is_sme is None else {"sme": organisation.is_sme}
    kind = organisation.kind.value
    return {
        **_party(organisation),
        "kind": kind if kind in APPLICANT_KINDS else None,
        "role": role,
        "established_on": _day(organisation.established_on),
        "state_owned": organisation.is_state_owned,
        "manufacturer": organisation.is_manufacturer,
        "high_tech": organisation.is_high_tech,
        "flags": flags,
    }


def _party(organisation: Organisation) -> dict[str, Any]:
    kind = organisation.kind.value
    return {
        "uscc": organisation.uscc,
        "kind": kind if kind in PARTY_KINDS else None,
        "region": organisation.region,
    }


def contract_entry(
    contract: Contract,
    recorded: Mapping[str, list[Any]],
    year: int,
    is_before: bool,
    granted_for_outcome: int,
    declared: ClaimContract | None,
) -> dict[str, Any]:
    """Return the facts of one contract, whose deal has been read with its sides and outcome.

    `recorded` are its receipts, sales, exclusions, equity paid in and promised support.
    """
    deal: Deal = contract.deal
    return {
        "no": contract.registration_number,
        "name": contract.name,
        "number": contract.number,
        "kind": contract.kind.value,
        "licence_years": contract.licence_years,
        "exclusive": contract.is_exclusive,
        "signed_on": _day(contract.signed_on),
        "registered_on": _day(contract.registered_on),
        "field": contract.field,
        "mode": pricing_of(deal, declared),
        "grade": declared.grade if declared else None,
        "seller": _party(deal.seller),
        "buyer": _party(deal.buyer),
        "used_in": contract.used_in,
        "outcome": deal.outcome.number if deal.outcome else None,
        "contract_amount": contract.contract_amount,
        "trade_amount": contract.trade_amount,
        "excluded": _summed(recorded["exclusions"]),
        "paid_in_equity": _paid_in(recorded["paid_in"], year, declared),
        "receipts": [
            {"on": _day(day), "amount": amount} for day, amount in net_refunds(recorded["receipts"])
        ],
        "new_sales": {str(of_year): amount for of_year, amount in recorded["sales"]},
        "related": contract.is_related,
        "publicly_funded": contract.is_publicly_funded,
        "subsidised_before": is_before,
        "public_challenge": bool(recorded["support"]),
        "public_support": sum(recorded["support"]) if recorded["support"] else None,
        "granted_for_outcome": granted_for_outcome,
        "flags": dict(declared.flags or {}) if declared else {},
    }


def pricing_of(deal: Deal, stated: ClaimContract | None) -> str:
    """Return how the price came about, as the deal records it.

    In claims of before, the applicant may have stated it; theirs stay as they are.
    """
    if deal.pricing is not Pricing.AGREED:
        return deal.pricing.value
    return (stated.mode if stated else None) or Pricing.AGREED.value


def _paid_in(
    payments: Iterable[tuple[date, int, str | None]], year: int, declared: ClaimContract | None
) -> int | None:
    """Return what was paid in by the end of the year as the contract's record has it, else as stated.

    Of the record counts what a second person has confirmed; what was refused is as if never recorded.
    """
    standing = [payment for payment in payments if payment[2] != Verdict.REJECTED]
    if not standing:
        return declared.paid_in_equity_amount if declared else None
    return sum(
        amount for day, amount, verdict in standing if verdict == Verdict.CONFIRMED and day.year <= year
    )


def net_refunds(receipts: Iterable[tuple[date, int]]) -> list[tuple[date, int]]:
    """Subtract refunds from the latest receipts before them, so that no receipt is negative.

    The rules know receipts only; what was refunded counts as never paid. Pairs come in order of their days.
    """
    receipts_left: list[tuple[date, int]] = []
    for day, amount in receipts:
        while amount < 0 and receipts_left:
            last, previous = receipts_left.pop()
            amount += previous
            if amount > 0:
                receipts_left.append((last, amount))
                amount = 0
        if amount > 0:
            receipts_left.append((day, amount))
    return receipts_left


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for key, amount in pairs:
        total[key] = total.get(key, 0) + amount
    return total


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


DECLARABLE = frozenset({"grade"})
TOTALS = ("vat_payable", "vat_paid", "registered_total", "brokered_total")
"""Yearly totals that some sets pay on, in place of contracts."""


def required_facts(terms: Terms) -> list[str]:
    """Return the facts of a contract that a set requires beyond the records: grade, equity, flags."""
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
    if grade is not None and grade not in GRADES:
        raise Invalid(_("请选择项目等级。"), field="grade")
    if paid_in_equity is not None and row.contract.kind.value != "equity":
        raise Invalid(_("只有作价入股的合同填实缴出资额。"), field="paid_in_equity")
    row.grade, row.paid_in_equity_amount = grade, paid_in_equity
    row.flags = dict(flags or {})
    await row.save(update_fields=["grade", "paid_in_equity_amount", "flags"])
    await record(
        "claim",
        claim.id,
        ClaimVerb.STATE_FACTS,
        by=by,
        contract=contract_number,
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
