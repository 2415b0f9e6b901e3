"""Documents that a list's acts issue: the notice of its publicity, and the list as it was approved."""

from __future__ import annotations

from collections.abc import Sequence

from market.budgets.list_preview import rule_mode
from market.budgets.models import Batch
from market.claims.models import Claim
from market.documents.issuing import issue
from market.documents.models import IssuedDocument
from market.documents.sentences import sentence
from market.documents.states import DocumentKind
from market.kit.clock import local_date
from market.kit.formats import day, end_of, figure, yuan
from market.kit.money import amount_in_words
from market.notices.models import Notice
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.pots import PotSharing
from market.records.by import By


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
