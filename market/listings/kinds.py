"""The two kinds of listing, outcomes (supply) and needs (demand), which share one workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from market.kit.errors import NotFound
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.listings import rules
from market.listings.models import Need, Outcome
from market.listings.states import NeedStatus, OutcomeStatus, Status

Listing = Outcome | Need


@dataclass(frozen=True)
class Kind:
    """What differs between outcomes and needs."""

    key: str
    """Also the kind of subject in the audit log and in reviews."""
    model: Any
    statuses: type[OutcomeStatus] | type[NeedStatus]
    index: str
    words: Lazy
    completeness: Callable[[Any], tuple[int, list[tuple[str, str]]]]
    faults: Callable[[Any, date], list[tuple[str, str]]]
    blank: Mapping[str, Any]
    """Columns without a default of their own."""

    def __reduce__(self) -> tuple[Callable[[str], Kind], tuple[str]]:
        """Hand the kind to another process by its key."""
        return get_kind, (self.key,)

    @property
    def draft(self) -> Status:
        return self.statuses.DRAFT

    @property
    def pending(self) -> Status:
        return self.statuses.PENDING

    @property
    def published(self) -> Status:
        return self.statuses.PUBLISHED


OUTCOME = Kind(
    key="outcome",
    model=Outcome,
    statuses=OutcomeStatus,
    index="outcomes",
    words=lazy("成果"),
    completeness=rules.completeness_of_outcome,
    faults=lambda listing, _today: rules.faults_of_outcome(listing),
    blank={
        "industries": [],
        "modes": [],
        "comparison": [],
        "rights": [],
        "team": [],
        "keywords": [],
        "source_classification": {},
    },
)
NEED = Kind(
    key="need",
    model=Need,
    statuses=NeedStatus,
    index="needs",
    words=lazy("需求"),
    completeness=rules.completeness_of_need,
    faults=rules.faults_of_need,
    blank={"industries": [], "modes": [], "targets": [], "keywords": []},
)
KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (OUTCOME, NEED)}


def get_kind(key: str) -> Kind:
    """Return the kind by its key, outcome or need.

    Raises:
        NotFound: there is no such kind.
    """
    kind = KINDS.get(key)
    if kind is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return kind


def kind_of(listing: Listing) -> Kind:
    """Return the kind of a listing."""
    return OUTCOME if isinstance(listing, Outcome) else NEED
