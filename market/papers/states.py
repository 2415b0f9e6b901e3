"""Kinds of papers of an organisation, which statement each proves, audit verbs and permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import Lazy, lazy
from market.kit.labels import LabelEnum


class PaperKind(LabelEnum):
    LICENCE = "licence", lazy("营业执照或法人证书")
    AUTHORISATION = "authorisation", lazy("管理员授权书")
    HIGH_TECH = "high_tech_certificate", lazy("高新技术企业证书")
    STATE_OWNED = "state_owned_proof", lazy("国有性质证明")
    SME = "sme_statement", lazy("中小微企业声明")
    OTHER = "other", lazy("其他证明")


PROVES: Mapping[str, PaperKind] = {
    "is_high_tech": PaperKind.HIGH_TECH,
    "is_state_owned": PaperKind.STATE_OWNED,
    "is_sme": PaperKind.SME,
    "is_manufacturer": PaperKind.LICENCE,
}
"""The paper behind each statement of an organisation; what it makes stands in the licence's scope."""
STATEMENTS: Mapping[str, Lazy] = {
    "is_high_tech": lazy("高新技术企业"),
    "is_state_owned": lazy("国有"),
    "is_sme": lazy("中小微企业"),
    "is_manufacturer": lazy("生产制造类"),
}
ALWAYS = (PaperKind.LICENCE, PaperKind.AUTHORISATION)
"""Papers that every organisation shows."""
NUMBERED = (PaperKind.HIGH_TECH,)
"""Papers with a number and a last day, which subsidies depend on."""


class PaperVerb(LabelEnum):
    UPLOAD_PAPER = "upload_paper", lazy("上传证明")
    CHECK_PAPER = "check_paper", lazy("核对证明")


class PaperAct(StrEnum):
    CHECK_PAPERS = "check_papers"
    SEE_PAPERS = "see_papers"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    PaperAct.CHECK_PAPERS: frozenset({Role.OPERATOR}),
    PaperAct.SEE_PAPERS: frozenset({Role.OPERATOR, Role.AUDITOR}),
}
"""An organisation's own administrator uploads, verified or not: see `accounts.get_organisation_to_edit`."""


def statement_words() -> dict[str, str]:
    """Return what pages call each statement of an organisation, by column."""
    return {column: str(words) for column, words in STATEMENTS.items()}
