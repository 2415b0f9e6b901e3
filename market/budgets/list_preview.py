"""What confirming a list would do: what each claim gets, which fall out and why, what is left of the budget.

The page shows the preview before the list is confirmed, and the confirmation carries it out: both are this
one computation, and its digest tells whether a fact has changed in between.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from market.budgets.annual_budgets import budget_account
from market.budgets.models import Batch, Budget
from market.budgets.states import PotMode
from market.claims.claim_payees import PayeeState, payee_states
from market.claims.expert_panel import verdict_for
from market.claims.models import Claim
from market.claims.queries import voided_in
from market.claims.shared_caps import find_outdated
from market.integrity.models import Sanction, Scope
from market.integrity.states import BINDING, is_binding
from market.kit.clock import local_date
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.ledger import transfers as book
from market.panels.result_objections import disputed
from market.programmes.catalogue import compiled
from market.programmes.models import ProgrammeTerms
from market.programmes.sharing import PotSharing, number_rank, share_pot

UNPROVEN = (PayeeState.MISSING, PayeeState.UNCONFIRMED)
"""No list without an account whose proof two persons have seen."""


@dataclass(frozen=True)
class PreviewLine:
    """One claim of a list: what was computed, what it would be awarded, or why it falls out."""

    claim: Claim
    computed: int
    award: int
    reason: str = ""
    is_eligible: bool = True
    """It shares in the pot, whether or not anything is left for it."""

    @property
    def is_funded(self) -> bool:
        return self.award > 0


@dataclass(frozen=True)
class ListPreview:
    """The effect of confirming a list now."""

    batch: Batch
    mode: PotMode
    pot: int | None
    """What the year's budget has to give; None while it is not released."""
    terms: ProgrammeTerms | None
    lines: Sequence[PreviewLine]
    refusal: str = ""
    """Why the list cannot be confirmed as it is."""

    @property
    def funded(self) -> list[PreviewLine]:
        return [line for line in self.lines if line.is_funded]

    @property
    def left_out(self) -> list[PreviewLine]:
        return [line for line in self.lines if not line.is_funded]

    @property
    def wanted(self) -> int:
        """Return what the claims that share the pot were computed at, in fen."""
        return sum(line.computed for line in self.lines if line.is_eligible)

    @property
    def awarded(self) -> int:
        return sum(line.award for line in self.lines)

    @property
    def remaining(self) -> int:
        """Return what is left of the budget, in fen."""
        return (self.pot or 0) - self.awarded

    @property
    def is_scaled(self) -> bool:
        """Tell whether all awards are reduced alike."""
        return self.mode is PotMode.PRO_RATA and self.pot is not None and 0 < self.pot < self.wanted

    @property
    def sharing(self) -> PotSharing:
        return PotSharing(self.pot or 0, self.wanted, self.mode.value)

    @property
    def factor(self) -> Decimal:
        """Return the pot over what is wanted, cut off after ten decimals; 1 where nothing is scaled."""
        return self.sharing.factor if self.is_scaled else Decimal(1)

    @property
    def remainder(self) -> int:
        """Return the fen that rounding down leaves, given one each to the largest remainders."""
        if not self.is_scaled or self.pot is None:
            return 0
        return self.pot - sum(self.pot * line.computed // self.wanted for line in self.funded)

    @cached_property
    def digest(self) -> str:
        """Return the hash of everything that decides who gets how much."""
        content = [
            self.batch.number,
            self.mode.value,
            self.batch.fiscal_year,
            self.pot,
            str(self.terms.id) if self.terms else None,
            self.refusal,
            [
                [line.claim.number, line.computed, line.award, line.reason, str(line.claim.payee_id)]
                for line in sorted(self.lines, key=lambda line: line.claim.number)
            ],
        ]
        return sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


async def preview_list(
    batch: Batch,
    claims: Sequence[Claim],
    *,
    now: datetime,
    barred: Mapping[UUID, str] | None = None,
    lock: bool = False,
) -> ListPreview:
    """Compute what confirming a list would do to these claims, all of the list. Write nothing.

    `barred` are decision numbers of sanctions by claim, looked up where not given. With `lock` the outcomes
    whose cap counts are locked until the transaction ends; the caller has locked the budget and the claims.
    """
    # One language, so that the digest is the same for whoever looks.
    with in_source_language():
        return await _preview(
            batch, claims, await _sanctioned(claims, now) if barred is None else barred, lock
        )


async def _preview(
    batch: Batch, claims: Sequence[Claim], barred: Mapping[UUID, str], lock: bool
) -> ListPreview:
    reasons = await _unfit(claims, barred)
    eligible = [claim for claim in claims if claim.id not in reasons]
    versions = await ProgrammeTerms.filter(id__in={claim.terms_id for claim in eligible})
    terms = versions[0] if len(versions) == 1 else None
    if terms is not None:
        reasons |= {claim.id: reason for claim, reason in await find_outdated(eligible, terms, lock=lock)}
        eligible = [claim for claim in eligible if claim.id not in reasons]
    pot = await _pot(batch)
    mode = batch.pot_mode or (rule_mode(terms) if terms else PotMode.PRO_RATA)
    awards = await _share(eligible, pot or 0, mode, terms) if terms is not None else {}
    reasons |= {claim_id: _("预算余额不足") for claim_id, award in awards.items() if not award}
    lines = [
        PreviewLine(
            claim,
            claim.award_amount or 0,
            awards.get(claim.id, 0),
            reasons.get(claim.id, ""),
            claim.id in awards,
        )
        for claim in claims
    ]
    return ListPreview(batch, mode, pot, terms, lines, _refusal(batch, pot, len(versions), eligible, awards))


def rule_mode(terms: ProgrammeTerms) -> PotMode:
    """Return how the rules share a pot that does not suffice."""
    return PotMode(terms.content["pot"]["mode"])


def _refusal(
    batch: Batch, pot: int | None, versions: int, eligible: Collection[Claim], awards: Mapping[UUID, int]
) -> str:
    if pot is None:
        return _("%(year)s 年的预算还没有下达，不能确认批次。", year=batch.fiscal_year)
    if versions > 1:
        return _("批次里的申报适用不同版本的政策，请分开列批次。")
    if not eligible:
        return _("批次里没有可以确认的申报。")
    if any(awards.values()):
        return ""
    if pot:
        return _("可用余额 %(pot)s 不足以足额支持名次第一的申报，批次没有确认。", pot=yuan(pot))
    return _("预算已没有余额，批次没有确认。")


async def _pot(batch: Batch) -> int | None:
    """Return the available balance of the year's budget in fen, None while it is not released."""
    budget = await Budget.get_or_none(programme_id=batch.programme_id, year=batch.fiscal_year).select_related(
        "programme"
    )
    if budget is None or not budget.is_confirmed:
        return None
    return (await book.available(budget_account(budget.programme.slug, budget.year))).amount


async def _unfit(claims: Sequence[Claim], barred: Mapping[UUID, str]) -> dict[UUID, str]:
    """Return why claims may stand on no list: sanctions, voided contracts, unproven accounts, objections."""
    ids = [claim.id for claim in claims]
    payees, voided = await payee_states(ids), await voided_in(ids)
    unfit: dict[UUID, str] = {
        claim_id: str(state.label) for claim_id, state in payees.items() if state in UNPROVEN
    }
    unfit |= {
        claim_id: _("合同 %(number)s 已解除或注销登记", number=contracts[0].number)
        for claim_id, contracts in voided.items()
    }
    unfit |= await disputed("claim", ids)
    return unfit | {claim_id: _("诚信记录 %(no)s", no=number) for claim_id, number in barred.items()}


async def _sanctioned(claims: Sequence[Claim], now: datetime) -> dict[UUID, str]:
    """Return the first binding decision against each applicant, without storing a check."""
    today = local_date(now)
    rows = await Sanction.filter(
        subject_uscc__in=[claim.applicant.uscc for claim in claims if claim.applicant.uscc],
        status__in=list(BINDING),
    )
    decisions: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row.decision_number):
        if is_binding(row.status, row.scopes, row.starts_on, row.ends_on, Scope.SUBSIDY, today):
            decisions.setdefault(row.subject_uscc, row.decision_number)
    return {
        claim.id: decisions[claim.applicant.uscc] for claim in claims if claim.applicant.uscc in decisions
    }


async def _share(claims: Sequence[Claim], pot: int, mode: PotMode, terms: ProgrammeTerms) -> dict[UUID, int]:
    """Share the pot; where it is ranked, by the experts' points, then by date of submission."""
    ranks: list[Any] = [number_rank(claim.number) for claim in claims]
    if mode in (PotMode.RANKED, PotMode.HARD_STOP):
        ranks = [await _rank(claim, terms) for claim in claims]
    awards = share_pot(pot, [claim.award_amount or 0 for claim in claims], mode.value, rank=ranks)
    return {claim.id: award for claim, award in zip(claims, awards, strict=True)}


async def _rank(claim: Claim, terms: ProgrammeTerms) -> tuple[Any, ...]:
    points = (await verdict_for(claim.id, compiled(terms))).points
    return (-(points or 0), claim.submitted_at, number_rank(claim.number))
