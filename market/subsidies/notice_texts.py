"""What the public reads about a list: each enterprise with project, contract, clause, rate and amount."""

from __future__ import annotations

from collections.abc import Sequence

from market.kit.formats import percent, yuan
from market.kit.i18n import gettext as _
from market.subsidies.computing import grouped
from market.subsidies.models import Batch, Claim, Programme
from market.subsidies.queries import last_assessment


async def notice_body(batch: Batch, programme: Programme, claims: Sequence[Claim]) -> list[list[str]]:
    """Return the frozen text of a list's notice, pairs of label and text."""
    total = sum(claim.award_amount or 0 for claim in claims)
    body = [
        [_("批次"), batch.number],
        [_("政策"), programme.name],
        [_("申报年度"), str(batch.year)],
        [_("拟支持"), _("%(count)s 项，合计 %(sum)s", count=len(claims), sum=yuan(total))],
    ]
    for place, claim in enumerate(claims, start=1):
        await claim.fetch_related("applicant")
        body.append([f"{place}. {claim.applicant.name}", await _entry(claim)])
    body.append([_("异议渠道"), _("公示期内可在本页实名提出异议；对其中一项的异议不影响其他各项。")])
    return body


async def _entry(claim: Claim) -> str:
    """Return enterprise, project, contract number, approved trade amount, clause, rate and amount."""
    kept = await last_assessment(claim.id)
    if kept is None:
        raise LookupError(f"claim {claim.number} was never computed")
    lines = []
    for one, facts in zip(kept.result["contracts"], kept.facts["contracts"], strict=True):  # type: ignore[call-overload]
        if not one["award"]:
            continue
        parts = [
            _("项目：%(name)s", name=facts["name"]),
            _("合同登记编号：%(no)s", no=grouped(one["no"])),
            _("核定技术交易额：%(sum)s", sum=yuan(facts["trade_amount"])),
        ]
        rated = next((line for line in one["lines"] if line.get("rate_basis_points") is not None), None)
        if rated is not None:
            parts.append(_("适用条款：%(clause)s", clause=rated["clause"]))
            parts.append(_("比例：%(rate)s", rate=percent(rated["rate_basis_points"])))
        lines.append("；".join(parts))
    lines.append(_("拟补助金额：%(sum)s", sum=yuan(claim.award_amount)))
    return "\n".join([_("申报编号：%(number)s", number=claim.number), *lines])
