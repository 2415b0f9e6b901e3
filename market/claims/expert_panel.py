"""Claims before experts: what they read, and what their scores approve."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from market.accounts.messages import OrganisationNotice, notify_organisations, notify_staff
from market.accounts.models import MemberRole, StaffRole
from market.claims.models import Claim, ClaimContract, Evidence, SalesReport
from market.codes.labels import label
from market.contracts.models import Receipt
from market.deals.queries import attach_subjects
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.panels.round_models import Round
from market.panels.scoring import bands_of
from market.panels.subjects import Fact, PanelClient, PanelSubject, Paper, Section
from market.panels.verdicts import Verdict, verdict_of
from market.programmes.catalogue import compiled
from market.programmes.models import ProgrammeTerms
from market.programmes.rule_terms import Terms

KIND = "claim"


async def load_subjects(ids: Sequence[UUID], *, with_material: bool = True) -> Mapping[UUID, PanelSubject]:
    """Return what experts read of these claims, without the applicants."""
    rows = await Claim.filter(id__in=list(ids)).values(
        "id", "number", "year", "applicant_id", "programme__name", "applicant__region"
    )
    links = await ClaimContract.filter(claim_id__in=list(ids)).values(
        "claim_id",
        "contract__field",
        "contract__deal__seller_id",
        "contract__deal__buyer_id",
        "contract__deal__outcome__team",
    )
    by_claim: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for link in links:
        by_claim[link["claim_id"]].append(link)
    subjects = {row["id"]: _brief(row, by_claim[row["id"]]) for row in rows}
    return await _with_material(subjects) if with_material else subjects


def _brief(row: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> PanelSubject:
    sides = ("contract__deal__seller_id", "contract__deal__buyer_id")
    return PanelSubject(
        kind=KIND,
        id=row["id"],
        number=row["number"],
        title=_(row["programme__name"]),
        detail=_("%(year)s 年度", year=row["year"]),
        parties=frozenset({row["applicant_id"], *(link[side] for link in links for side in sides)}),
        address=f"/desk/{row['number']}",
        authors=frozenset(
            member.get("name", "") for link in links for member in link["contract__deal__outcome__team"] or ()
        ),
        fields=frozenset(link["contract__field"] for link in links),
        region=row["applicant__region"],
        applicant=row["applicant_id"],
        result_address=f"/claims/{row['number']}/review",
    )


async def _with_material(subjects: Mapping[UUID, PanelSubject]) -> dict[UUID, PanelSubject]:
    """Return the claims with their figures, contracts and papers, read with one statement for each table."""
    ids = list(subjects)
    claims = await Claim.filter(id__in=ids)
    terms = {row.id: compiled(row) for row in await ProgrammeTerms.filter(claims__id__in=ids).distinct()}
    links = (
        await ClaimContract.filter(claim_id__in=ids)
        .select_related("contract__deal__outcome")
        .order_by("contract__number")
    )
    await attach_subjects([link.contract.deal for link in links])
    contract_ids = [link.contract_id for link in links]
    reports = await SalesReport.filter(contract_id__in=contract_ids).order_by("reported_at")
    received: Counter[UUID] = Counter()
    for contract_id, amount in await _receipts(contract_ids):
        received[contract_id] += amount
    papers: defaultdict[UUID, list[Evidence]] = defaultdict(list)
    for paper in await Evidence.filter(claim_id__in=ids, withdrawn_at=None).order_by("kind", "added_at"):
        papers[paper.claim_id].append(paper)
    whole: dict[UUID, PanelSubject] = {}
    for claim in claims:
        own = [link for link in links if link.claim_id == claim.id]
        contracts = {link.contract_id for link in own}
        figures = _figures(
            [row for row in reports if row.contract_id in contracts and row.year == claim.year],
            sum(received[contract_id] for contract_id in contracts),
        )
        whole[claim.id] = replace(
            subjects[claim.id],
            sections=(figures, *(_section(link) for link in own)),
            papers=tuple(_paper(row) for row in papers[claim.id]),
            bands=tuple(bands_of(terms[claim.terms_id].content.get("scoring"))),
        )
    return whole


async def _receipts(contract_ids: Sequence[UUID]) -> list[tuple[UUID, int]]:
    rows = await Receipt.filter(contract_id__in=list(contract_ids)).values("contract_id", "amount")
    return [(row["contract_id"], row["amount"]) for row in rows]


def _figures(reports: Sequence[SalesReport], received: int) -> Section:
    """Return what of a claim's money experts judge by: sales reported and payments received."""
    sales = wan(sum(report.amount for report in reports)) if reports else "—"
    return Section(
        heading=_("应用效益"),
        facts=(
            Fact(_("新增销售收入（填报）"), sales, is_amount=True),
            Fact(_("实际到账"), wan(received), is_amount=True),
        ),
        text="\n".join(report.note for report in reports if report.note),
    )


def _paper(row: Evidence) -> Paper:
    """Return a paper of a claim, named by kind and number alone."""
    return Paper(
        " ".join(part for part in (label("evidence_kind", row.kind), row.number) if part),
        f"/files/{row.file_id}" if row.file_id else "",
        label("evidence_kind", row.kind),
        row.file_id,
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


async def _on_conclude(round_: Round, claims: Sequence[PanelSubject], now: datetime) -> None:
    if len(claims) == 1:
        text = _("申报 %(number)s 专家评审有结论，请核算。", number=claims[0].number)
    else:
        text = _(
            "评审 %(number)s 有结论，请核算其中 %(count)s 份申报。", number=round_.number, count=len(claims)
        )
    address = claims[0].address if len(claims) == 1 else "/desk?status=accepted"
    await notify_staff(StaffRole.OFFICER, text, now=now, address=address)


async def _on_publish(_round: Round, claims: Sequence[PanelSubject], now: datetime) -> None:
    applicants = await Claim.filter(id__in=[claim.id for claim in claims]).values("number", "applicant_id")
    notices = [
        OrganisationNotice(
            row["applicant_id"],
            _("申报 %(number)s 的专家评审结果和意见可以查看了。", number=row["number"]),
            f"/claims/{row['number']}/review",
        )
        for row in applicants
    ]
    await notify_organisations(notices, roles=(MemberRole.ADMIN, MemberRole.AGENT), now=now)


async def _on_set_aside(_round: Round, claims: Sequence[PanelSubject], now: datetime) -> None:
    for claim in claims:
        text = _(
            "申报 %(number)s 评审结果的异议成立：还没有核算的等待重新评审，已经核算的请退回。",
            number=claim.number,
        )
        for role in (StaffRole.OFFICER, StaffRole.RECHECKER):
            await notify_staff(role, text, now=now, address=claim.address)


CLIENT = PanelClient(load_subjects, _on_conclude, _on_publish, _on_set_aside)


async def verdict_for(claim_id: UUID, terms: Terms) -> Verdict:
    """Return what the experts' scores approve under a rule set, which may have no single rate."""
    ceiling = terms.ceiling if terms.one_rate and not terms.needs_rate else None
    return await verdict_of(KIND, claim_id, ceiling=ceiling, scoring=terms.content.get("scoring"))
