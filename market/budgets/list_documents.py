"""Documents that a list's acts issue: the notice of its publicity, and the list as it was approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market.budgets.list_preview import rule_mode
from market.budgets.models import Batch
from market.claims.computation import group_digits, rate_words
from market.claims.models import Claim
from market.claims.queries import last_assessment
from market.documents.issuing import issue
from market.documents.models import IssuedDocument
from market.documents.sentences import fill, sentence
from market.documents.states import DocumentKind
from market.kit.clock import local_date
from market.kit.formats import day, end_of, figure, percent, yuan
from market.kit.i18n import gettext as _
from market.kit.letterhead import letterhead
from market.kit.money import amount_in_words
from market.notices.models import Notice
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.sharing import PotSharing
from market.records.by import By


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


def sharing_of(batch: Batch, terms: ProgrammeTerms) -> PotSharing:
    """Return how the pot of a confirmed list was shared; of lists of earlier releases nothing is known."""
    mode = batch.pot_mode or rule_mode(terms)
    return PotSharing(batch.pot_amount or 0, batch.computed_amount or 0, mode.value)


async def issue_notice(batch: Batch, notice: Notice, programme: Programme, *, by: By) -> IssuedDocument:
    """Issue the notice of a list's publicity, as it was published."""
    period = (
        sentence(
            "公示期：%(start)s 发布，至 %(end)s 止。",
            start=day(local_date(notice.published_at)),
            end=end_of(notice.ends_at),
        )
        if notice.ends_at
        else sentence("公示期：%(start)s 发布，截止日待放假安排公布后确定。", start=day(notice.published_at))
    )
    content = {
        "title": sentence(notice.title),
        "to": sentence("社会各界"),
        "paragraphs": [period],
        "head": [sentence("事项"), sentence("内容")],
        "rows": [[str(cell) for cell in row] for row in notice.body],
        "after": [
            sentence("公示编号：%(number)s。", number=notice.number),
            sentence("文本校验值（SHA-256）：%(hash)s", hash=notice.body_hash),
        ],
    }
    return await issue(
        DocumentKind.NOTICE,
        subject_kind="batch",
        subject_id=batch.id,
        template="letter.typ",
        content=content,
        issuer=programme.issuer,
        by=by,
    )


async def issue_list(
    batch: Batch, claims: Sequence[Claim], programme: Programme, *, remark: str, by: By
) -> IssuedDocument:
    """Issue the list of the claims that one approval granted, with their sum and the approver's remark."""
    total = sum(claim.award_amount or 0 for claim in claims)
    rows = []
    for place, claim in enumerate(claims, start=1):
        await claim.fetch_related("applicant")
        rows.append([str(place), claim.number, claim.applicant.name, figure(claim.award_amount)])
    content = {
        "title": sentence("补助批准名单"),
        "made": "",
        "facts": [
            [sentence("批次"), f"{batch.number} {batch.title}"],
            [sentence("政策"), sentence(programme.name)],
            [sentence("申报年度"), str(batch.year)],
            *([[sentence("批准意见"), remark]] if remark else []),
        ],
        "head": [sentence("序号"), sentence("申报编号"), sentence("单位"), sentence("补助（元）")],
        "rows": rows,
        "total_label": sentence("合计 %(count)s 项", count=len(claims)),
        "total": yuan(total),
        "capitals_label": sentence("大写金额"),
        "capitals": amount_in_words(total),
        "signatures": [[sentence("批准人"), by.actor.name]],
        "sign_here": sentence("签字、日期"),
    }
    return await issue(
        DocumentKind.LIST,
        subject_kind="batch",
        subject_id=batch.id,
        template="approved_list.typ",
        content=content,
        issuer=programme.issuer,
        by=by,
    )
