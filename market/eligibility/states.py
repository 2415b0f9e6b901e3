"""How an organisation stands to a programme, the verbs of the audit log, and who may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class Answer(LabelEnum):
    """The answer to who may apply (谁可以申报), the best first."""

    MET = "met", lazy("符合"), "done"
    STEP = "step", lazy("还差一步"), "due"
    """What fails can be cured by the applicant, in time."""
    OPEN = "open", lazy("待核"), "note"
    """Nothing fails, and not all is known."""
    FAILED = "failed", lazy("不符合"), "wrong"


TOLD = (Answer.MET, Answer.STEP, Answer.OPEN)
"""Answers that an organisation is told of, each once for a version of the terms."""
REMINDED = (Answer.MET, Answer.STEP)
"""Answers after which an organisation is reminded that a call closes."""


class RunVerb(LabelEnum):
    """Audit verbs of runs that a person asked for."""

    REQUEST = "request", lazy("要求核对一遍")


class EligibilityAct(StrEnum):
    """Acts of this room that need a permission."""

    RUN_ELIGIBILITY = "run_eligibility"
    SEE_UNREACHED = "see_unreached"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    EligibilityAct.RUN_ELIGIBILITY: frozenset({Role.OPERATOR}),
    EligibilityAct.SEE_UNREACHED: frozenset({Role.OPERATOR, Role.AUDITOR}),
}
