"""What records know of many organisations at once, as the facts of claims that do not exist yet.

The facts of one organisation are those that `claims.claim_facts.gather_facts` returns of its free contracts;
here they are read with a few statements for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.models import Organisation
from market.claims.claim_facts import (
    CLAWED_BACK,
    ONCE_GRANTED,
    applicant_facts,
    contract_entry,
    promised_support,
)
from market.claims.claim_parts import contract_facts
from market.claims.claimable import SIDES
from market.claims.queries import voided_among
from market.claims.states import ENDED, ClaimStatus
from market.contracts.models import Contract
from market.kit.database import connection
from market.kit.money import HOME
from market.programmes.facts import ContractFacts, Facts, Party, read_facts
from market.programmes.models import Programme

_CLAIMED = """
SELECT l.contract_id, c.programme_id, c.applicant_id, c.number, c.status, l.award_amount, d.subject_id
FROM claim_contracts l JOIN claims c ON c.id = l.claim_id JOIN contracts k ON k.id = l.contract_id
JOIN deals d ON d.id = k.deal_id
WHERE c.applicant_id = ANY($1::uuid[]) OR d.subject_id = ANY($2::uuid[])
"""
_CLAIMS = """
SELECT c.id, c.programme_id, c.applicant_id, c.year, c.number, c.status, coalesce(c.award_amount, 0) - (
    SELECT coalesce(sum(b.amount), 0) FROM clawbacks b WHERE b.claim_id = c.id AND b.status = ANY($2::text[])
)::bigint AS granted FROM claims c WHERE c.applicant_id = ANY($1::uuid[]) ORDER BY c.number
"""


@dataclass(frozen=True)
class OrganisationFacts:
    """The facts of one organisation under one programme, with the contracts that they are about."""

    facts: Facts
    contracts: tuple[Contract, ...]
    """Contracts of one's own that no submitted claim to the programme holds.

    Empty: the facts have one contract of which nothing is known.
    """
    unregistered: frozenset[int]
    """Places of contracts that are not registered."""
    claim: str
    """Number of the claim for this year that is under way or granted; empty: there is none."""


@dataclass(frozen=True)
class FactsBook:
    """What records know of some organisations."""

    contracts: Mapping[UUID, Sequence[Contract]]
    """By the organisation on either side."""
    recorded: Mapping[str, Mapping[UUID, list[Any]]]
    claimed: Sequence[Mapping[str, Any]]
    """Contracts in claims, of these applicants or of the same outcomes."""
    claims: Mapping[UUID, Sequence[Mapping[str, Any]]]
    """By applicant."""

    def of(self, organisation: Organisation, programme: Programme, year: int) -> OrganisationFacts:
        """Return the facts of an organisation under a programme for a year."""
        own_claims = [
            row for row in self.claims.get(organisation.id, ()) if row["programme_id"] == programme.id
        ]
        live = [row for row in own_claims if row["year"] == year and row["status"] not in ENDED]
        granted = sum(
            row["granted"] for row in own_claims if row["year"] == year and row["status"] in ONCE_GRANTED
        )
        raw: dict[str, Any] = {
            "applicant": applicant_facts(organisation, programme.role),
            "year": year,
            "granted_this_year": granted,
            "contracts": [],
        }
        contracts = self._free(organisation, programme)
        before, by_outcome = self._granted(programme)
        facts = read_facts(
            raw
            | {
                "contracts": [
                    contract_entry(
                        contract,
                        {name: rows[contract.id] for name, rows in self.recorded.items()},
                        year,
                        contract.id in before,
                        by_outcome.get(contract.deal.subject_id, 0),
                        None,
                    )
                    for contract in contracts
                ]
            }
        )
        if not contracts:
            facts = replace(facts, contracts=(_unknown_contract(facts, programme.role),))
        return OrganisationFacts(
            facts,
            tuple(contracts),
            frozenset(
                place for place, contract in enumerate(contracts) if contract.registration_number is None
            ),
            live[0]["number"] if live else "",
        )

    def _free(self, organisation: Organisation, programme: Programme) -> list[Contract]:
        side = SIDES.get(programme.role)
        taken = {
            row["contract_id"]
            for row in self.claimed
            if row["programme_id"] == programme.id
            and row["applicant_id"] == organisation.id
            and row["status"] not in {*ENDED, ClaimStatus.DRAFT}
        }
        return [
            contract
            for contract in self.contracts.get(organisation.id, ())
            if side is not None
            and getattr(contract.deal, f"{side}_id") == organisation.id
            and contract.id not in taken
        ]

    def _granted(self, programme: Programme) -> tuple[set[UUID], dict[UUID, int]]:
        """Return the contracts that were granted, and what each outcome was granted so far."""
        before: set[UUID] = set()
        by_outcome: defaultdict[UUID, int] = defaultdict(int)
        for row in self.claimed:
            if row["programme_id"] == programme.id and row["status"] in ONCE_GRANTED:
                before.add(row["contract_id"])
                by_outcome[row["subject_id"]] += row["award_amount"] or 0
        return before, by_outcome


def _unknown_contract(facts: Facts, role: str) -> ContractFacts:
    """Return a contract of the applicant of which nothing is known yet."""
    who = facts.applicant
    own = Party(uscc=who.uscc, kind=who.kind, region=who.region)
    return ContractFacts(seller=own) if role == "seller" else ContractFacts(buyer=own)


async def read_book(organisations: Sequence[Organisation]) -> FactsBook:
    """Read what records know of these organisations."""
    ids = [organisation.id for organisation in organisations]
    rows = await (
        Contract.filter(Q(deal__seller_id__in=ids) | Q(deal__buyer_id__in=ids), currency=HOME)
        .select_related("deal__seller", "deal__buyer", "deal__outcome")
        .order_by("registration_number", "number")
    )
    voided = await voided_among([row.id for row in rows]) if rows else set()
    contracts = [row for row in rows if row.id not in voided]
    recorded: dict[str, Mapping[UUID, list[Any]]] = {}
    if contracts:
        recorded.update(await contract_facts([row.id for row in contracts]))
        recorded["support"] = await promised_support(contracts)
    by_side: defaultdict[UUID, list[Contract]] = defaultdict(list)
    for contract in contracts:
        for organisation_id in {contract.deal.seller_id, contract.deal.buyer_id}:
            by_side[organisation_id].append(contract)
    subjects = list({contract.deal.subject_id for contract in contracts})
    claimed = await connection().execute_query_dict(_CLAIMED, [ids, subjects])
    claims: defaultdict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await connection().execute_query_dict(_CLAIMS, [ids, [*CLAWED_BACK]]):
        claims[row["applicant_id"]].append(row)
    return FactsBook(by_side, recorded, claimed, claims)
