"""Data of the printed computation sheet and decision letter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from market.claims.claim_page import ClaimPage
from market.claims.computation import Sheet, SheetLine
from market.claims.states import ClaimStatus
from market.codes.labels import label
from market.kit.clock import local_date
from market.kit.formats import day, figure, long_day, moment, yuan
from market.kit.i18n import gettext as _
from market.kit.money import amount_in_words
from market.programmes.catalogue import clauses

MARKS = {"met": "✓", "failed": "✗", "open": "?"}


def sheet_print(page: ClaimPage, now: datetime) -> dict[str, Any]:
    """Return the 核算表: facts, each line with its clause, conditions, papers, rules, signatures."""
    claim, content = page.claim, page.terms.content
    sheet = page.sheet
    award = claim.award_amount if page.is_scaled else sheet.award if sheet else 0
    papers = [
        [label("evidence_kind", row.kind), row.number or "—", day(row.dated_on), figure(row.amount)]
        for row in page.evidence
    ]
    return {
        "title": _("补助核算表"),
        "number": claim.number,
        "made": _("打印于 %(at)s", at=moment(now)),
        "facts": [
            [_("申报单位"), claim.applicant.name],
            [_("统一社会信用代码"), claim.applicant.uscc or ""],
            [_("政策"), f"{_(claim.programme.name)}（{_('%(version)s 版', version=claim.terms.version)}）"],
            [_("申报年度"), str(claim.year)],
            [_("状态"), label("claim", page.shown_status)],
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
        "assumptions": _("假定（A）：") + "；".join(_(text) for text in content["assumptions"]),
        "signatures": [
            [_("核算人"), page.calculated_by],
            [_("复核人"), page.rechecked_by],
            [_("批准人"), ""],
        ],
        "sign_here": _("签字、日期"),
    }


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


def has_decision(page: ClaimPage) -> bool:
    """Return whether there is a decision to send: approved or rejected."""
    decided = {
        *(ClaimStatus.APPROVED, ClaimStatus.TO_PAY, ClaimStatus.PAID, ClaimStatus.TRACKING),
        *(ClaimStatus.CLOSED, ClaimStatus.REJECTED, ClaimStatus.CLAWBACK),
    }
    return page.claim.status in decided


def decision_print(page: ClaimPage, now: datetime) -> dict[str, Any]:
    """Return the decision letter, its reasons by clause."""
    claim = page.claim
    refused = claim.status is ClaimStatus.REJECTED
    rows = [] if refused else _by_clause(page)
    if refused:
        first = _("你单位 %(year)s 年度“%(name)s”的申报，经审核不予支持。", **_named(page))
        words = [first, claim.reject_reason]
        after = [_("对决定有异议，可在收到之日起 60 日内向主管部门申请复查；合同可以重新申报。")]
    else:
        amount = claim.award_amount or 0
        first = _("你单位 %(year)s 年度“%(name)s”的申报，经核算、复核、公示，决定给予补助", **_named(page))
        words = [f"{first} {yuan(amount)}（{amount_in_words(amount)}）。"]
        if page.is_scaled and page.sheet is not None:
            words.append(_("原核算 %(sum)s，按年度预算折算。", sum=yuan(page.sheet.award)))
        after = [_("合同变更、解除或者撤销登记的，应当及时报告，并退回相应的补助。")]
    return {
        "title": _("不予支持决定书") if refused else _("补助决定书"),
        "number": claim.number,
        "made": _("打印于 %(at)s", at=moment(now)),
        "to": claim.applicant.name,
        "paragraphs": words,
        "head": [_("依据（摘要，非原文）"), _("认定")],
        "rows": rows,
        "after": after,
        "from": _(claim.programme.issuer),
        "day": long_day(local_date(now)),
    }


def _named(page: ClaimPage) -> dict[str, object]:
    return {"year": page.claim.year, "name": _(page.claim.programme.name)}


def _by_clause(page: ClaimPage) -> list[list[str]]:
    """Return findings by clause: the conditions that are met, then the computed lines."""
    if page.sheet is None:
        return []
    by_clause: dict[str, list[str]] = {}
    for check in page.sheet.all_checks:
        by_clause.setdefault(check.clause, []).append(check.text)
    lines = [line for contract in page.sheet.contracts for line in contract.lines] + list(page.sheet.lines)
    for line in lines:
        if line.clause and not line.is_fact:
            words = f"{line.words} {line.note} {yuan(line.amount)}".replace("  ", " ")
            by_clause.setdefault(line.clause, []).append(words)
    return [[clause, "；".join(dict.fromkeys(words))] for clause, words in by_clause.items()]
