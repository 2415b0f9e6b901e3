"""Documents about one claim that its acts issue: decision, refusal, supplement notice, computation sheet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from market.claims.claim_page import ClaimPage, DecidedClaim, listed_award, load_decided_claim
from market.claims.computation import Sheet, SheetLine
from market.claims.models import Claim, Evidence, EvidenceRejection
from market.codes.labels import label
from market.documents.issuing import issue
from market.documents.models import IssuedDocument
from market.documents.sentences import Sentence, fill, sentence
from market.documents.serving import REVIEW_DAYS
from market.documents.states import DocumentKind
from market.kit.formats import day, end_of, figure, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.letterhead import letterhead
from market.kit.money import amount_in_words
from market.notices.models import ObjectionRuling
from market.programmes.catalogue import clauses
from market.programmes.sharing import PotSharing
from market.records.by import By

MARKS = {"met": "✓", "failed": "✗", "open": "?"}


def sheet_print(page: DecidedClaim | ClaimPage, *, made: str = "", approver: str = "") -> dict[str, Any]:
    """Return the 核算表: facts, each line with its clause, conditions, papers, rules, signatures.

    `made` says in the foot what kind of print it is, such as one that is no issued document.
    """
    claim = page.claim
    content: dict[str, Any] = claim.terms.content
    sheet = page.sheet
    award = claim.award_amount if page.is_scaled or page.corrections else sheet.award if sheet else 0
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
        "note": _("尚未核算，以下为试算。")
        if page.is_tried
        else "\n".join(fill([correction_sentence(ruling) for ruling in page.corrections])),
        "lines_head": [_("步骤"), _("依据"), _("金额（元）")],
        "parts": _parts(sheet) if sheet else [],
        "total_label": total_label(page),
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


def total_label(page: DecidedClaim | ClaimPage) -> str:
    """Return what the sum under a computation is."""
    if page.corrections:
        return _("按异议裁定更正后补助")
    return _("按年度预算折算后补助") if page.is_scaled else _("拟补助")


def correction_sentence(ruling: ObjectionRuling) -> Sentence:
    """Return from what to what a ruling on an objection lowered the award, and why."""
    return sentence(
        "公示期间的异议经裁定部分成立，补助由 %(listed)s 更正为 %(corrected)s。理由：%(reason)s",
        listed=yuan(ruling.listed_amount),
        corrected=yuan(ruling.corrected_amount),
        reason=ruling.text,
    )


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


LETTER = "letter.typ"


async def issue_award(claim: Claim, sharing: PotSharing, *, approver: str, by: By) -> IssuedDocument:
    """Issue the decision letter and the computation sheet of an approved claim; return the letter.

    `sharing` says how its list's pot was shared.
    """
    decided = await load_decided_claim(claim)
    with in_source_language():
        sheet = sheet_print(decided, approver=approver)
        letter = award_letter(decided, sharing)
    await issue_about(DocumentKind.SHEET, claim, "claim_sheet.typ", sheet, by=by)
    return await issue_about(DocumentKind.DECISION, claim, LETTER, letter, by=by)


async def issue_refusal(claim: Claim, *, by: By) -> IssuedDocument:
    """Issue the letter that a claim is not supported, with its `reject_reason`."""
    await claim.fetch_related("programme", "applicant")
    return await issue_about(DocumentKind.REFUSAL, claim, LETTER, refusal_letter(claim), by=by)


async def issue_correction(
    claim: Claim, ruling: ObjectionRuling, notice_number: str, *, by: By
) -> IssuedDocument:
    """Issue the letter that a ruling on an objection lowered the award of a published claim."""
    await claim.fetch_related("programme", "applicant")
    letter = correction_letter(claim, ruling, notice_number)
    return await issue_about(DocumentKind.CORRECTION, claim, LETTER, letter, by=by)


async def issue_supplement(claim: Claim, *, by: By) -> IssuedDocument:
    """Issue the notice of what is missing from a claim and until when."""
    await claim.fetch_related("programme", "applicant")
    return await issue_about(DocumentKind.SUPPLEMENT, claim, LETTER, supplement_letter(claim), by=by)


async def issue_about(
    kind: DocumentKind, claim: Claim, template: str, content: dict[str, Any], *, by: By
) -> IssuedDocument:
    """Issue a document about a claim to its applicant; programme and applicant must be fetched."""
    return await issue(
        kind,
        subject_kind="claim",
        subject_id=claim.id,
        template=template,
        content=content,
        issuer=claim.programme.issuer,
        addressee_id=claim.applicant_id,
        by=by,
    )


def award_letter(decided: DecidedClaim, sharing: PotSharing) -> dict[str, Any]:
    """Return the decision letter: the award, how the pot was shared, its reasons by clause."""
    claim = decided.claim
    amount = claim.award_amount or 0
    paragraphs = [
        sentence(
            "你单位 %(year)s 年度“%(name)s”的申报（%(number)s），经核算、复核、公示，"
            "决定给予补助 %(sum)s（%(words)s）。",
            **named(claim),
            sum=yuan(amount),
            words=amount_in_words(amount),
        )
    ]
    if decided.assessment is not None and sharing.is_short:
        paragraphs += sharing.sentences()
        listed = listed_award(claim, decided.corrections) or 0
        paragraphs.append(sharing.share_of(decided.assessment.award_amount, listed))
    paragraphs += [correction_sentence(ruling) for ruling in decided.corrections]
    after = [
        sentence("合同变更、解除或者撤销登记的，应当及时报告，并退回相应的补助。"),
        *review_sentences(),
    ]
    return letter_of("补助决定书", claim, paragraphs, _by_clause(decided), after)


def refusal_letter(claim: Claim) -> dict[str, Any]:
    """Return the letter that a claim is not supported, with the reason and the way to a review."""
    paragraphs = [
        sentence("你单位 %(year)s 年度“%(name)s”的申报（%(number)s），经审核不予支持。", **named(claim)),
        sentence(claim.reject_reason),
    ]
    after = [*review_sentences(), sentence("合同可以重新申报。")]
    return letter_of("不予支持决定书", claim, paragraphs, [], after)


def correction_letter(claim: Claim, ruling: ObjectionRuling, notice_number: str) -> dict[str, Any]:
    """Return the letter that the award of a published claim was lowered, with the reason."""
    paragraphs = [
        sentence(
            "你单位 %(year)s 年度“%(name)s”的申报（%(number)s）列入的公示 %(notice)s 收到异议。",
            **named(claim),
            notice=notice_number,
        ),
        correction_sentence(ruling),
        sentence(
            "更正后的补助为 %(sum)s（%(words)s）。公示继续，期满后按更正后的金额报批。",
            sum=yuan(ruling.corrected_amount),
            words=amount_in_words(ruling.corrected_amount or 0),
        ),
    ]
    after = [sentence("批准以后发给补助决定书；对决定有异议的，可以按决定书写明的办法申请复查。")]
    return letter_of("补助金额更正通知书", claim, paragraphs, [], after)


def supplement_letter(claim: Claim) -> dict[str, Any]:
    """Return the notice of what is missing and until when it must be supplied."""
    due_on = claim.supplement_due_on or date.max
    paragraphs = [
        sentence("你单位 %(year)s 年度“%(name)s”的申报（%(number)s），需要补正下列内容：", **named(claim)),
        sentence(claim.supplement_note),
        sentence("请在 %(end)s 前补正；逾期未补正的，视为撤回申报。", end=end_of(due_on)),
    ]
    return letter_of("补正通知书", claim, paragraphs, [], [])


def letter_of(
    title: str,
    claim: Claim,
    paragraphs: list[Sentence],
    rows: list[list[str]],
    after: list[Sentence],
) -> dict[str, Any]:
    """Return the content of a letter to the applicant of a claim: paragraphs, a table, what follows it."""
    return {
        "title": sentence(title),
        "to": claim.applicant.name,
        "paragraphs": paragraphs,
        "head": [sentence("依据（摘要，非原文）"), sentence("认定")],
        "rows": rows,
        "after": after,
    }


def named(claim: Claim) -> dict[str, Any]:
    """Return year, programme and number of a claim as arguments of a sentence."""
    return {"year": claim.year, "name": sentence(claim.programme.name), "number": claim.number}


def review_sentences() -> list[Sentence]:
    """Return how the addressee of a decision applies for a review."""
    where = letterhead().contact
    words = [
        sentence(
            "对本决定有异议的，可以自送达之日起 %(days)s 日内申请复查："
            "登录科转，在申报页点“申请复查”并写明理由。",
            days=REVIEW_DAYS,
        )
    ]
    if where:
        words.append(sentence("也可以书面向本机关提出：%(where)s。", where=where))
    return words


def _by_clause(decided: DecidedClaim) -> list[list[str]]:
    """Return findings by clause: the conditions that are met, then the computed lines."""
    if decided.sheet is None:
        return []
    by_clause: dict[str, list[str]] = {}
    for check in decided.sheet.all_checks:
        by_clause.setdefault(check.clause, []).append(check.text)
    lines = [line for contract in decided.sheet.contracts for line in contract.lines]
    for line in [*lines, *decided.sheet.lines]:
        if line.clause and not line.is_fact:
            by_clause.setdefault(line.clause, []).append(_finding(line))
    return [[clause, "；".join(dict.fromkeys(words))] for clause, words in by_clause.items()]


def _finding(line: SheetLine) -> str:
    return f"{line.words} {line.note} {figure(line.amount)} 元".replace("  ", " ")
