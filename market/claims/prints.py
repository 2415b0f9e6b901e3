"""Data of the printed computation sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from market.claims.claim_page import ClaimPage
from market.claims.computation import Sheet, SheetLine
from market.claims.decided_claims import DecidedClaim
from market.claims.models import Evidence, EvidenceRejection
from market.codes.labels import label
from market.kit.formats import day, figure, yuan
from market.kit.i18n import gettext as _
from market.kit.money import amount_in_words
from market.programmes.catalogue import clauses

MARKS = {"met": "✓", "failed": "✗", "open": "?"}


def sheet_print(page: DecidedClaim | ClaimPage, *, made: str = "", approver: str = "") -> dict[str, Any]:
    """Return the 核算表: facts, each line with its clause, conditions, papers, rules, signatures.

    `made` says in the foot what kind of print it is, such as one that is no issued document.
    """
    claim = page.claim
    content: dict[str, Any] = claim.terms.content
    sheet = page.sheet
    award = claim.award_amount if page.is_scaled else sheet.award if sheet else 0
    papers = [
        [_evidence_words(row, page.rejections), row.number or "—", day(row.dated_on), figure(row.amount)]
        for row in page.evidence
    ]
    return {
        "title": _("补助核算表"),
        "made": made,
        "facts": [
            [_("申报编号"), claim.number],
            [_("申报单位"), claim.applicant.name],
            [_("统一社会信用代码"), claim.applicant.uscc or ""],
            [_("政策"), f"{_(claim.programme.name)}（{_('%(version)s 版', version=claim.terms.version)}）"],
            [_("申报年度"), str(claim.year)],
        ],
        "lines_title": _("一、逐项计算"),
        "note": _("尚未核算，以下为试算。") if page.is_tried else "",
        "lines_head": [_("步骤"), _("依据"), _("金额（元）")],
        "parts": _parts(sheet) if sheet else [],
        "total_label": _("按年度预算折算后补助") if page.is_scaled else _("拟补助"),
        "total": yuan(award),
        "capitals_label": _("大写金额"),
        "capitals": amount_in_words(award or 0),
        "checks_title": _("二、条件"),
        "checks_head": ["", _("条件"), _("依据")],
        "checks": [[MARKS[row.state], row.text, row.clause] for row in (sheet.all_checks if sheet else [])],
        "evidence_title": _("三、凭证清单"),
        "evidence_head": [_("材料"), _("编号"), _("日期"), _("金额（元）")],
        "evidence": papers,
        "clauses_title": _("四、适用条款（摘要，非原文）"),
        "clauses_head": [_("文件、条"), _("摘要")],
        "clauses": [[f"{_(row.document)} {row.article}", _(row.summary)] for row in clauses(content)],
        "assumptions": _("假定（A）：") + "；".join(page.assumptions),
        "signatures": [
            [_("核算人"), page.calculated_by],
            [_("复核人"), page.rechecked_by],
            [_("批准人"), approver],
        ],
        "sign_here": _("签字、日期"),
    }


def _evidence_words(row: Evidence, rejections: Mapping[UUID, EvidenceRejection]) -> str:
    """Return the kind of a piece, and why it was not accepted."""
    words = label("evidence_kind", row.kind)
    if row.id not in rejections:
        return words
    return _("%(kind)s（未采信：%(reason)s）", kind=words, reason=rejections[row.id].reason)


def _parts(sheet: Sheet) -> list[dict[str, Any]]:
    has_several = len(sheet.contracts) > 1
    parts = [
        {"title": contract.name if has_several else "", "rows": [_row(line) for line in contract.lines]}
        for contract in sheet.contracts
    ]
    if has_several or sheet.lines:
        parts.append({"title": _("合计"), "rows": [_row(line) for line in sheet.total_lines]})
    return parts


def _row(line: SheetLine) -> list[str]:
    words = f"{line.words}\n{line.note}" if line.note and not line.is_fact else line.words
    return [words, line.clause or line.note, figure(line.amount)]
