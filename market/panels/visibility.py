"""Who sees what of a round, and when: one table for pages, exports, mails and feeds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from market.panels.round_states import RoundStatus


class Viewer(Enum):
    """In which part somebody looks at a round."""

    OPERATOR = "operator"
    CONCLUDER = "concluder"
    AUDITOR = "auditor"
    EXPERT = "expert"
    """Who sits on its panel; what is of their own seat they always see."""
    APPLICANT = "applicant"
    OTHER = "other"


class Part(Enum):
    """What of a round is sealed."""

    NAMES = "names"
    SCORES = "scores"
    """Of each expert, by label."""
    RESULT = "result"
    """What the scores come to."""
    OPINIONS = "opinions"
    """What experts wrote for the applicant, by label."""
    REMARKS = "remarks"
    """What experts wrote for the organiser."""
    SOLICITATIONS = "solicitations"
    PAYEES = "payees"
    """Names in the list of fees: whoever confirms money has to know whom it is for."""


ALWAYS = frozenset(RoundStatus)
CHECKED = frozenset({RoundStatus.CHECKING, RoundStatus.CONCLUDED, RoundStatus.PUBLISHED})
OVER = frozenset({RoundStatus.CONCLUDED, RoundStatus.PUBLISHED})
TOLD = frozenset({RoundStatus.PUBLISHED})
V, P = Viewer, Part
_OPEN: Mapping[tuple[Viewer, Part], frozenset[RoundStatus]] = {
    (V.OPERATOR, P.NAMES): ALWAYS,
    **{(V.OPERATOR, part): CHECKED for part in (P.SCORES, P.RESULT, P.OPINIONS, P.REMARKS)},
    **{(V.CONCLUDER, part): CHECKED for part in (P.SCORES, P.RESULT, P.OPINIONS, P.REMARKS)},
    **{(viewer, P.PAYEES): OVER for viewer in (V.OPERATOR, V.CONCLUDER, V.AUDITOR)},
    **{(V.AUDITOR, part): OVER for part in (P.NAMES, P.SCORES, P.RESULT, P.OPINIONS, P.REMARKS)},
    (V.AUDITOR, P.SOLICITATIONS): ALWAYS,
    (V.APPLICANT, P.RESULT): TOLD,
    (V.APPLICANT, P.OPINIONS): TOLD,
}


def sees(viewer: Viewer, part: Part, status: RoundStatus) -> bool:
    """Return whether a viewer sees this part of others in a round of this status."""
    return status in _OPEN.get((viewer, part), frozenset())
