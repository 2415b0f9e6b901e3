"""Claims before experts: who is asked, what they read, what their scores approve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.claims.models import Claim, ClaimContract
from market.claims.states import ClaimStatus
from market.claims.transitions import lock_claim
from market.codes.labels import label
from market.deals.queries import attach_subjects
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.panels.expert_reviews import Verdict, assign_reviewers, verdict_of
from market.panels.models import ExpertReview
from market.panels.states import PanelAct
from market.panels.subjects import Fact, PanelSubject, Section, get_subject
from market.programmes.terms import Terms
from market.records.by import By

KIND = "claim"


@atomic()
async def assign_experts(
    number: str, *, reviewer_ids: Sequence[UUID], due_on: date, by: By
) -> list[ExpertReview]:
    """Ask experts to score an accepted claim, before it is computed. Who works for a party is refused.

    Raises:
        Invalid: no expert, or one who belongs to a party.
        Conflict: the claim is computed already.
    """
    by.actor.require(PanelAct.ASSIGN_EXPERTS)
    claim = await lock_claim(number)
    if claim.status is not ClaimStatus.ACCEPTED:
        raise Conflict(_("只有已受理、还没有核算的申报可以指派专家。"))
    subject = await get_subject(KIND, claim.id)
    return await assign_reviewers(subject, reviewer_ids=reviewer_ids, due_on=due_on, by=by)


async def panel_subjects(claim_ids: Sequence[UUID]) -> Mapping[UUID, PanelSubject]:
    """Return what experts read of these claims, without the applicants."""
    claims = await Claim.filter(id__in=list(claim_ids)).select_related("programme")
    rows = (
        await ClaimContract.filter(claim_id__in=list(claim_ids))
        .select_related("contract__deal__outcome")
        .order_by("contract__number")
    )
    await attach_subjects([row.contract.deal for row in rows])
    by_claim: dict[UUID, list[ClaimContract]] = {}
    for row in rows:
        by_claim.setdefault(row.claim_id, []).append(row)
    return {claim.id: _subject(claim, by_claim.get(claim.id, [])) for claim in claims}


def _subject(claim: Claim, contracts: Sequence[ClaimContract]) -> PanelSubject:
    deals = [row.contract.deal for row in contracts]

    async def on_complete(now: datetime) -> None:
        await notify_staff(
            StaffRole.OFFICER,
            _("申报 %(number)s 专家评审完成，请核算。", number=claim.number),
            now=now,
            address=f"/desk/{claim.number}",
        )

    return PanelSubject(
        kind=KIND,
        id=claim.id,
        number=claim.number,
        title=_(claim.programme.name),
        detail=_("%(year)s 年度", year=claim.year),
        sections=tuple(_section(row) for row in contracts),
        parties=frozenset(
            {claim.applicant_id, *(side for deal in deals for side in (deal.seller_id, deal.buyer_id))}
        ),
        closed="" if claim.status is ClaimStatus.ACCEPTED else _("这份申报已经核算，评审结束。"),
        assign_address="/reviews/assign",
        on_complete=on_complete,
    )


def _section(row: ClaimContract) -> Section:
    contract, deal = row.contract, row.contract.deal
    return Section(
        heading=deal.subject.title,
        facts=(
            Fact(_("合同类型"), label("contract_kind", contract.kind)),
            Fact(_("技术领域"), label("field", contract.field)),
            Fact(_("技术交易额"), wan(contract.trade_amount), is_amount=True),
        ),
        text=deal.outcome.solution if deal.outcome else "",
        address=deal.subject.address,
        address_label=_("看成果全文"),
    )


async def verdict_for(claim_id: UUID, terms: Terms) -> Verdict:
    """Return what the experts' scores approve under a rule set, which may have no single rate."""
    ceiling = terms.ceiling if terms.one_rate and not terms.needs_rate else None
    return await verdict_of(KIND, claim_id, ceiling=ceiling, scoring=terms.content.get("scoring"))
