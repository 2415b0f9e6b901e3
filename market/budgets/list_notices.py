"""The public notice of a list: each enterprise with project, contract, clause, rate and amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market.budgets.models import Batch
from market.claims.computation import group_digits
from market.claims.models import Claim
from market.claims.queries import last_assessment
from market.claims.rate_basis import rate_words
from market.documents.sentences import fill
from market.kit.formats import percent, yuan
from market.kit.i18n import gettext as _
from market.kit.letterhead import letterhead
from market.programmes.models import Programme
from market.programmes.pots import PotSharing


async def notice_body(
    batch: Batch, programme: Programme, computed: Sequence[tuple[Claim, int]], sharing: PotSharing
) -> list[list[str]]:
    """Return the frozen text of a list's notice, pairs of label and text.

    `computed` are the claims with what was computed for each; where the pot was short the notice says how
    each award follows from it.
    """
    claims = [claim for claim, _computed in computed]
    total = sum(claim.award_amount or 0 for claim in claims)
    body = [
        [_("批次"), batch.number],
        [_("政策"), programme.name],
        [_("申报年度"), str(batch.year)],
        [_("拟支持"), _("%(count)s 项，合计 %(sum)s", count=len(claims), sum=yuan(total))],
    ]
    if sharing.is_short:
        body.append([_("预算折算"), "\n".join(fill(sharing.sentences()))])
    for place, (claim, before) in enumerate(computed, start=1):
        await claim.fetch_related("applicant")
        share = [fill(sharing.share_of(before, claim.award_amount or 0))] if sharing.is_short else []
        body.append([f"{place}. {claim.applicant.name}", "\n".join([await _entry(claim), *share])])
    body.append([_("异议渠道"), objection_channels()])
    return body


def objection_channels() -> str:
    """Return how to object, on the page and on paper, and what an objection stops."""
    words = [_("公示期内可在本页实名提出异议。")]
    if contact := letterhead().contact:
        words.append(_("也可在公示期内书面提出：%(where)s。", where=contact))
    words.append(_("针对其中一项的异议，裁定以前只中止该项，其他各项照常办理；针对整份名单的，全部中止。"))
    return "".join(words)


async def _entry(claim: Claim) -> str:
    """Return project, contract number, approved trade amount, clause, rate and amount.

    Where a set computes on a sum, or on the year's total, clause and rate stand in the lines of the claim.
    """
    assessment = await last_assessment(claim.id)
    if assessment is None:
        raise LookupError(f"claim {claim.number} was never computed")
    of_claim: list[dict[str, Any]] = assessment.result["lines"]
    lines = []
    for contract, facts in zip(assessment.result["contracts"], assessment.facts["contracts"], strict=True):
        if not contract["award"]:
            continue
        parts = [
            _("项目：%(name)s", name=facts["name"]),
            _("合同登记编号：%(no)s", no=group_digits(contract["no"])),
            _("核定技术交易额：%(sum)s", sum=yuan(facts["trade_amount"])),
        ]
        lines.append("；".join([*parts, *(_rates(contract["lines"]) or _rates(of_claim))]))
    if not lines:
        total = next(line for line in of_claim if line["step"] == "base")
        basis = _("%(what)s：%(sum)s", what=_(total["note"]), sum=yuan(total["amount"]))
        lines.append("；".join([basis, *_rates(of_claim)]))
    if basis := rate_words(assessment.given):
        lines.append(basis)
    lines.append(_("拟补助金额：%(sum)s", sum=yuan(claim.award_amount)))
    return "\n".join([_("申报编号：%(number)s", number=claim.number), *lines])


def _rates(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return under which clause, and at which rates, lines were computed."""
    rated = [line for line in lines if line.get("rate_basis_points") is not None]
    if not rated:
        fixed = [line for line in lines if line["step"] in ("flat_sum", "fixed")]
        return [_("适用条款：%(clause)s", clause=_(fixed[0]["clause"]))] if fixed else []
    rates = dict.fromkeys(percent(line["rate_basis_points"]) for line in rated)
    return [
        _("适用条款：%(clause)s", clause=_(rated[0]["clause"])),
        _("比例：%(rate)s", rate="、".join(rates)),
    ]
