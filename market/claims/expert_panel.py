"""Claims before experts: what they read, and what their scores approve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from market.accounts.messages import notify, notify_staff
from market.accounts.models import MemberRole, StaffRole
from market.claims.models import Claim, ClaimContract, Evidence, SalesReport
from market.claims.queries import received_of, sales_of
from market.codes.labels import label
from market.deals.queries import attach_subjects
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.panels.scoring import bands_of
from market.panels.subjects import Fact, PanelSubject, Paper, Section
from market.panels.verdicts import Verdict, verdict_of
from market.programmes.catalogue import compiled
from market.programmes.rule_terms import Terms

KIND = "claim"


async def panel_subjects(claim_ids: Sequence[UUID]) -> Mapping[UUID, PanelSubject]:
    """Return what experts read of these claims, without the applicants."""
    claims = await Claim.filter(id__in=list(claim_ids)).select_related("programme", "terms", "applicant")
    rows = (
        await ClaimContract.filter(claim_id__in=list(claim_ids))
        .select_related("contract__deal__outcome")
        .order_by("contract__number")
    )
    await attach_subjects([row.contract.deal for row in rows])
    by_claim: dict[UUID, list[ClaimContract]] = {}
    for row in rows:
        by_claim.setdefault(row.claim_id, []).append(row)
    return {claim.id: await _subject(claim, by_claim.get(claim.id, [])) for claim in claims}


async def _subject(claim: Claim, contracts: Sequence[ClaimContract]) -> PanelSubject:
    deals = [row.contract.deal for row in contracts]

    async def on_conclude(now: datetime) -> None:
        await notify_staff(
            StaffRole.OFFICER,
            _("申报 %(number)s 专家评审有结论，请核算。", number=claim.number),
            now=now,
            address=f"/desk/{claim.number}",
        )

    async def on_publish(now: datetime) -> None:
        await notify(
            _("申报 %(number)s 的专家评审结果和意见可以查看了。", number=claim.number),
            now=now,
            address=f"/claims/{claim.number}/review",
            organisation_id=claim.applicant_id,
            roles=(MemberRole.ADMIN, MemberRole.AGENT),
        )

    return PanelSubject(
        kind=KIND,
        id=claim.id,
        number=claim.number,
        title=_(claim.programme.name),
        detail=_("%(year)s 年度", year=claim.year),
        sections=(await _figures(claim), *(_section(row) for row in contracts)),
        parties=frozenset(
            {claim.applicant_id, *(side for deal in deals for side in (deal.seller_id, deal.buyer_id))}
        ),
        address=f"/desk/{claim.number}",
        on_conclude=on_conclude,
        on_publish=on_publish,
        papers=await _papers(claim),
        applicant=claim.applicant_id,
        fields=frozenset(row.contract.field for row in contracts),
        region=claim.applicant.region,
        bands=tuple(bands_of(compiled(claim.terms).content.get("scoring"))),
    )


async def _figures(claim: Claim) -> Section:
    """Return what of a claim's money experts judge by: sales reported and payments received."""
    sales, reports = (
        await sales_of(claim),
        await SalesReport.filter(contract__claims__claim_id=claim.id, year=claim.year),
    )
    return Section(
        heading=_("应用效益"),
        facts=(
            Fact(_("新增销售收入（填报）"), wan(sales) if sales is not None else "—", is_amount=True),
            Fact(_("实际到账"), wan(await received_of(claim.id)), is_amount=True),
        ),
        text="\n".join(report.note for report in reports if report.note),
    )


async def _papers(claim: Claim) -> tuple[Paper, ...]:
    """Return the papers of a claim, named by kind and number alone."""
    rows = await Evidence.filter(claim_id=claim.id, withdrawn_at=None).order_by("kind", "added_at")
    return tuple(
        Paper(
            " ".join(part for part in (label("evidence_kind", row.kind), row.number) if part),
            f"/files/{row.file_id}" if row.file_id else "",
            label("evidence_kind", row.kind),
            row.file_id,
        )
        for row in rows
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
