"""The scopes of the search box: each with its list, its filters, and how its records are loaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from market.accounts.models import BrokerProfile, Organisation, OrganisationStatus
from market.kit.i18n import Lazy, lazy
from market.listings.kinds import NEED, OUTCOME
from market.listings.queries import list_rows_by_ids
from market.programmes.models import Programme, ProgrammeTerms, TermsStatus
from market.search import filters
from market.search.filters import SearchPage


@dataclass(frozen=True)
class Scope:
    """One kind of record that can be searched."""

    key: str
    words: Lazy
    unit: Lazy
    """What follows the number of hits."""
    example: Lazy
    load: Callable[[Sequence[UUID]], Awaitable[list[Any]]]
    """Loads those of these records that the public may see, in this order."""

    @property
    def page(self) -> SearchPage:
        return filters.PAGES[self.key]

    @property
    def route(self) -> str:
        return f"pages:{self.key}"


async def _outcomes(ids: Sequence[UUID]) -> list[Any]:
    return list(await list_rows_by_ids(OUTCOME, ids))


async def _needs(ids: Sequence[UUID]) -> list[Any]:
    return list(await list_rows_by_ids(NEED, ids))


async def _organisations(ids: Sequence[UUID]) -> list[Any]:
    return _in_order(ids, await Organisation.filter(id__in=list(ids), status=OrganisationStatus.VERIFIED))


async def _brokers(ids: Sequence[UUID]) -> list[Any]:
    profiles = BrokerProfile.filter(id__in=list(ids), is_verified=True, user__is_active=True)
    return _in_order(ids, await profiles.select_related("user"))


async def _policies(ids: Sequence[UUID]) -> list[Any]:
    """Load programmes, with the moment their newest terms were released, which a feed shows."""
    programmes = await Programme.filter(id__in=list(ids))
    released = ProgrammeTerms.filter(programme_id__in=list(ids), status=TermsStatus.RELEASED)
    rows = await released.order_by("released_at").values_list("programme_id", "released_at")
    moments: dict[UUID, datetime] = dict(rows)
    for programme in programmes:
        programme.released_at = moments.get(programme.id)
    return _in_order(ids, programmes)


def _in_order(ids: Sequence[UUID], records: Sequence[Any]) -> list[Any]:
    by_id = {record.id: record for record in records}
    return [by_id[identity] for identity in ids if identity in by_id]


OUTCOMES = Scope("outcomes", lazy("成果"), lazy("项成果"), lazy("例如：铝合金 导电率、甘蔗 切割"), _outcomes)
NEEDS = Scope("needs", lazy("需求"), lazy("条需求"), lazy("例如：导电率、电池 均温、香气 检测"), _needs)
ORGANISATIONS = Scope("organisations", lazy("单位"), lazy("个单位"), lazy("单位名称或专长"), _organisations)
BROKERS = Scope("brokers", lazy("经纪人"), lazy("位经纪人"), lazy("姓名或专长"), _brokers)
POLICIES = Scope("policies", lazy("政策"), lazy("项政策"), lazy("例如：后补助、创新券"), _policies)
SCOPES: Mapping[str, Scope] = {
    scope.key: scope for scope in (OUTCOMES, NEEDS, ORGANISATIONS, BROKERS, POLICIES)
}
