"""Looks for doubts about a claim in what the market knows, and keeps them beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.queryset import QuerySet

from market.accounts.models import Membership, Organisation
from market.claims.contract_validity import is_lost
from market.claims.evidence import sum_checks
from market.claims.models import Claim, ClaimContract, Evidence
from market.claims.queries import received_of
from market.claims.risk_flags import (
    LONGEST_PATH,
    Deed,
    Doubt,
    Tie,
    chained_with,
    kinds_key,
    path_between,
    split_of,
    thresholds,
    words_of,
)
from market.claims.states import ENDED
from market.codes.canonical import canonical_key
from market.codes.labels import label
from market.contracts.models import Contract
from market.integrity.models import PartyTie, TieKind
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.money import HOME
from market.programmes.models import ProgrammeTerms
from market.programmes.texts import named, percent

MOST = 5
"""How many records one doubt names."""


async def refresh_doubts(claim: Claim) -> list[Doubt]:
    """Look anew for doubts about a locked claim and keep them; return what was found."""
    with in_source_language():
        found = await find_doubts(claim)
    claim.doubts = [{"kind": one.kind, "what": one.what} for one in found]
    claim.doubt_kinds = kinds_key(found)
    await claim.save(update_fields=["doubts", "doubt_kinds"])
    return found


async def find_doubts(claim: Claim) -> list[Doubt]:
    """Return every doubt about a claim, worst first."""
    rows = await ClaimContract.filter(claim_id=claim.id).select_related(
        "contract__deal__seller", "contract__deal__buyer"
    )
    terms = await ProgrammeTerms.get(id=claim.terms_id)
    bounds = thresholds(terms.content)
    found: list[Doubt] = []
    for row in rows:
        contract = row.contract
        own, deal = _deed(contract), contract.deal
        found += await _related(deal.seller, deal.buyer, contract)
        others = await _others(own)
        if parts := split_of(own, others, bounds):
            found.append(Doubt("split", _named([own, *parts])))
        if chain := chained_with(own, others):
            found.append(Doubt("same_day", _named([own, *chain])))
        found += await _repeated(claim, own)
    return [*dict.fromkeys([*found, *await _papers(claim), *await _totals(claim)])]


def _deed(contract: Contract) -> Deed:
    deal = contract.deal
    return Deed(
        contract.id,
        contract.number,
        deal.subject_id,
        deal.seller_id,
        deal.buyer_id,
        contract.signed_on,
        contract.trade_amount,
    )


def _named(deeds: list[Deed]) -> str:
    return "、".join(sorted({one.number for one in deeds})[:MOST])


async def _others(own: Deed) -> list[Deed]:
    """Return other registered contracts of the pair or about the outcome."""
    base = Contract.filter(registration_number__isnull=False).exclude(id=own.id).select_related("deal")
    pair = await base.filter(deal__seller_id=own.seller_id, deal__buyer_id=own.buyer_id)
    same = await base.filter(deal__subject_id=own.subject_id, signed_on=own.signed_on)
    return [*{one.id: _deed(one) for one in [*pair, *same]}.values()]


async def _repeated(claim: Claim, own: Deed) -> list[Doubt]:
    live = (
        ClaimContract.exclude(claim_id=claim.id)
        .exclude(claim__status__in=list(ENDED))
        .filter(claim__submitted_at__isnull=False)
        .select_related("claim")
    )
    found = []
    same = await live.filter(contract_id=own.id).order_by("claim__number").limit(MOST)
    if same:
        found.append(Doubt("contract", "、".join(row.claim.number for row in same)))
    outcome = (
        await live.filter(contract__deal__subject_id=own.subject_id)
        .exclude(contract_id=own.id)
        .order_by("claim__number")
        .limit(MOST)
    )
    if outcome:
        found.append(Doubt("outcome", "、".join(dict.fromkeys(row.claim.number for row in outcome))))
    return found


async def _papers(claim: Claim) -> list[Doubt]:
    evidence = await Evidence.filter(claim_id=claim.id)
    numbers = sorted({each.number for each in evidence if each.kind == "invoice" and each.number})
    found = []
    if numbers:
        used = (
            await Evidence.filter(kind="invoice", number__in=numbers)
            .exclude(claim_id=claim.id)
            .exclude(claim__status__in=list(ENDED))
            .select_related("claim")
            .order_by("number")
            .limit(MOST)
        )
        if used:
            words = (f"{each.number}（{each.claim.number}）" for each in used)
            found.append(Doubt("invoice", "、".join(words)))
    unequal = [
        one for one in sum_checks(evidence, await received_of(claim.id)) if one.count and not one.is_same
    ]
    if unequal:
        found.append(Doubt("sums", "、".join(label("evidence_kind", one.kind) for one in unequal)))
    return found


async def _totals(claim: Claim) -> list[Doubt]:
    """Compare the yearly totals stated with the contracts of this market, which may be but a part of them."""
    stated = claim.stated or {}
    return [
        Doubt(
            "totals",
            _(
                "%(fact)s申报 %(stated)s，本市场有登记合同 %(count)s 份，共 %(known)s%(numbers)s",
                fact=named(known.fact).render(_),
                stated=yuan(stated[known.fact]),
                count=len(known.numbers),
                known=yuan(known.amount),
                numbers=f"（{'、'.join(known.numbers[:MOST])}）" if known.numbers else "",
            ),
        )
        for known in await known_totals(claim)
        if known.amount != stated[known.fact]
    ]


async def _related(seller: Organisation, buyer: Organisation, contract: Contract) -> list[Doubt]:
    """Look for a tie between the parties: shares, people they share, an account or a telephone they share."""
    found = []
    if contract.is_related:
        found.append(Doubt("related", _("合同 %(number)s 自报关联", number=contract.number)))
    if seller.uscc and buyer.uscc:
        way = path_between(seller.uscc, buyer.uscc, await _ties_around({seller.uscc, buyer.uscc}))
        if way:
            found.append(Doubt("related", words_of(way)))
    people = await _members(seller.id) & await _members(buyer.id)
    if people:
        found.append(Doubt("related", _("%(count)s 人同时代表买卖双方", count=len(people))))
    if seller.bank_account and seller.bank_account == buyer.bank_account:
        found.append(Doubt("related", _("买卖双方收款账户相同")))
    if seller.contact_phone and seller.contact_phone == buyer.contact_phone:
        found.append(Doubt("related", _("买卖双方联系电话相同")))
    return found


async def _members(organisation_id: UUID) -> set[UUID]:
    rows = await Membership.active(organisation_id=organisation_id).values_list("user_id", flat=True)
    return {UUID(str(one)) for one in rows}


async def _ties_around(codes: set[str]) -> list[Tie]:
    """Return the ties within reach of these codes, wave by wave, as far as a path may go."""
    known: dict[UUID, PartyTie] = {}
    edge, seen = set(codes), set(codes)
    for _wave in range(LONGEST_PATH // 2 + 1):
        rows = await PartyTie.filter(uscc__in=list(edge)) + await PartyTie.filter(other__in=list(edge))
        known |= {row.id: row for row in rows}
        edge = {node for row in rows for node in (row.uscc, row.other)} - seen
        seen |= edge
        if not edge:
            break
    return [_tie(row) for row in known.values()]


def _tie(row: PartyTie) -> Tie:
    if row.kind is TieKind.PERSON:
        words = _("%(uscc)s 的%(role)s", uscc=row.uscc, role=row.role or _("人员"))
        return Tie(row.uscc, row.other, words, is_person=True)
    share = percent(row.basis_points or 0)
    words = _("%(holder)s 持有 %(held)s %(share)s", holder=row.other, held=row.uscc, share=share)
    return Tie(row.uscc, row.other, words, share=row.basis_points)


@dataclass(frozen=True)
class Known:
    """A total as the records have it: the contracts by number, and what they come to in fen."""

    fact: str
    amount: int
    numbers: list[str]


async def known_totals(claim: Claim) -> list[Known]:
    """Return those of the totals stated on a claim that the market has records for."""
    found = []
    stated = claim.stated or {}
    if "brokered_total" in stated:
        people = Membership.active(organisation_id=claim.applicant_id)
        ids = await people.values_list("user_id", flat=True)
        rows = await _registered_in(claim.year).filter(deal__broker_id__in=list(ids))
        found.append(_known("brokered_total", [(row.number, row.trade_amount) for row in rows]))
    if "registered_total" in stated:
        name = canonical_key((await Organisation.get(id=claim.applicant_id)).name)
        names = (
            await _registered_in(claim.year)
            .distinct()
            .order_by("registry")
            .values_list("registry", flat=True)
        )
        same = [each for each in names if canonical_key(str(each)) == name]
        rows = await _registered_in(claim.year).filter(registry__in=same) if same else []
        found.append(_known("registered_total", [(row.number, row.contract_amount) for row in rows]))
    return found


def _registered_in(year: int) -> QuerySet[Contract]:
    """Return the contracts registered in a year that still stand, in the home currency."""
    return (
        Contract.filter(
            registered_on__gte=date(year, 1, 1), registered_on__lte=date(year, 12, 31), currency=HOME
        )
        .exclude(is_lost(""))
        .order_by("number")
    )


def _known(fact: str, rows: list[tuple[str, int]]) -> Known:
    return Known(fact, sum(amount for _number, amount in rows), [number for number, _amount in rows])
