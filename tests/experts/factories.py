"""Experts in the pool for tests: every field has a default, the test names only what it is about."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

from market.accounts.models import Organisation, User
from market.experts.models import Expert, ExpertTie, ExpertUnit
from market.experts.states import ExpertKind, ExpertStatus, ExpertTieKind, TieSource, TitleRank
from tests.factories import NOW, make_user

TODAY = NOW.date()
_numbers = count(1)


async def make_expert(
    user: User | None = None, *, unit: Organisation | str | None = None, **fields: Any
) -> Expert:
    """Make an expert in the pool who has worked since 2015 for `unit`, by default a unit of their own.

    Their mail has a domain of its own: all other people of tests share one, as if they were of one unit.
    """
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "number": f"ZF-2025-{n:06d}",
        "user": user or await make_user(email=f"expert@unit{n}.test"),
        "status": ExpertStatus.IN_POOL,
        "kind": ExpertKind.TECHNICAL,
        "title_rank": TitleRank.SENIOR,
        "fields_of_work": {"materials": 100},
        "region": "450100",
        "capacity": 8,
        "applied_at": NOW,
        "admitted_at": NOW,
        "created_at": NOW,
    }
    expert = await Expert.create(**(defaults | fields))
    await make_unit(expert, unit or f"测试专家单位{n}")
    return expert


async def make_unit(
    expert: Expert, unit: Organisation | str, begin: date = date(2015, 9, 1), end: date | None = None
) -> ExpertUnit:
    """Make a period in which an expert works for a unit, on the market or named only."""
    organisation = unit if isinstance(unit, Organisation) else None
    return await ExpertUnit.create(
        id=uuid4(),
        expert=expert,
        organisation=organisation,
        name=organisation.name if organisation else unit,
        began_on=begin,
        ended_on=end,
    )


async def make_tie(
    expert: Expert, to: Organisation | str, *, is_person: bool = False, **fields: Any
) -> ExpertTie:
    """Make what ties an expert to an organisation, or to a person or unit by name."""
    organisation = to if isinstance(to, Organisation) else None
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "expert": expert,
        "organisation": organisation,
        "name": organisation.name if organisation else to,
        "is_person": is_person,
        "kind": ExpertTieKind.ADVISER_PAY,
        "source": TieSource.DECLARED,
        "entered_by_id": expert.user_id,
        "entered_at": NOW,
    }
    return await ExpertTie.create(**(defaults | fields))
