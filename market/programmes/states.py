"""The life of a rule set, the verbs of the audit log, and who may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class ProgrammeAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    DRAFT_TERMS = "draft_terms"
    RELEASE_TERMS = "release_terms"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ProgrammeAct.DRAFT_TERMS: frozenset({Role.OFFICER}),
    ProgrammeAct.RELEASE_TERMS: frozenset({Role.APPROVER}),
}

FRESH: Mapping[StrEnum, FreshProof] = {ProgrammeAct.RELEASE_TERMS: FreshProof.TO_ACT}


class TermsVerb(LabelEnum):
    LOAD = "load", lazy("载入")
    DRAFT = "draft", lazy("起草")


class TermsStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    RELEASED = "released", lazy("已发布"), "done"


class TermsAction(LabelEnum):
    RELEASE = "release", lazy("发布")


TERMS_WORKFLOW: Workflow[TermsStatus, TermsAction] = Workflow(
    {(TermsStatus.DRAFT, TermsAction.RELEASE): TermsStatus.RELEASED},
    refusal=lazy("这个版本已经发布。"),
)
