"""Kinds and audit verbs of issued documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class DocumentKind(LabelEnum):
    DECISION = "decision", lazy("补助决定书")
    REFUSAL = "refusal", lazy("不予支持决定书")
    SUPPLEMENT = "supplement", lazy("补正通知书")
    NOTICE = "notice", lazy("公示")
    SHEET = "sheet", lazy("补助核算表")
    LIST = "list", lazy("补助批准名单")
    CORRECTION = "correction", lazy("补助金额更正通知书")
    CLAWBACK = "clawback", lazy("补助追回决定书")
    HANDOVER = "handover", lazy("追缴移送书")
    WARNING = "warning", lazy("警告通知书")
    LIFTING = "lifting", lazy("解除通知书")


NUMBER_WORDS: Mapping[DocumentKind, str] = {
    DocumentKind.DECISION: "决",
    DocumentKind.REFUSAL: "不予",
    DocumentKind.SUPPLEMENT: "通",
    DocumentKind.NOTICE: "公",
    DocumentKind.SHEET: "核",
    DocumentKind.LIST: "批",
    DocumentKind.CORRECTION: "更",
    DocumentKind.CLAWBACK: "追",
    DocumentKind.HANDOVER: "移",
    DocumentKind.WARNING: "警",
    DocumentKind.LIFTING: "解",
}
"""The word (字) of each kind in its number, such as 补决〔2026〕3号."""
COUNTERS: Mapping[DocumentKind, str] = {
    DocumentKind.DECISION: "文决",
    DocumentKind.REFUSAL: "文不",
    DocumentKind.SUPPLEMENT: "文正",
    DocumentKind.NOTICE: "文公",
    DocumentKind.SHEET: "文核",
    DocumentKind.LIST: "文批",
    DocumentKind.CORRECTION: "文更",
    DocumentKind.CLAWBACK: "文追",
    DocumentKind.HANDOVER: "文移",
    DocumentKind.WARNING: "文警",
    DocumentKind.LIFTING: "文解",
}
"""Counter of each kind; the letters of records are none of these."""
OF_RANKINGS = frozenset({DocumentKind.WARNING, DocumentKind.LIFTING})
"""Letters of warnings, which all of the department reads, the operator too who proposes them."""
REVIEWABLE = frozenset({DocumentKind.DECISION, DocumentKind.REFUSAL, DocumentKind.CLAWBACK})
"""Decisions against which their addressee may apply for a review (申请复查)."""


class DocumentVerb(LabelEnum):
    ISSUE = "issue", lazy("签发")
    PRINT = "print", lazy("生成文书")
    SERVE = "serve", lazy("送达（收件单位打开）")
    APPLY_FOR_REVIEW = "apply_for_review", lazy("申请复查")
    GRANT_REVIEW = "grant_review", lazy("同意复查")
    UPHOLD_DECISION = "uphold_decision", lazy("维持原决定")


class DocumentAct(StrEnum):
    """Acts of this room that need a permission."""

    APPLY_FOR_REVIEW = "apply_for_review"
    DECIDE_REVIEW = "decide_review"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    DocumentAct.APPLY_FOR_REVIEW: ORGANISATION,
    DocumentAct.DECIDE_REVIEW: frozenset({Role.APPROVER}),
}
