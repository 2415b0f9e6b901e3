"""Records for tests: every field has a default, the test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor, load_actor
from market.accounts.models import (
    BrokerProfile,
    CertificateLevel,
    MemberRole,
    Membership,
    Organisation,
    OrganisationKind,
    OrganisationStatus,
    StaffRole,
    User,
)
from market.codes.holidays import shipped_calendar
from market.codes.uscc import check_digit
from market.listings.deadlines import set_deadlines
from market.listings.models import Need, Outcome, PriceKind
from market.listings.states import NeedStatus, OutcomeStatus

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HOLIDAYS = shipped_calendar()
"""The working days of a market that is no demo."""
PASSWORD = "correct horse battery"
PASSWORD_HASH = "unset"
_numbers = count(1)


def number_from(first: int) -> None:
    """Number what is made from here on, beside a market that has records of its own."""
    global _numbers
    _numbers = count(first)


def make_uscc(number: int, start: str = "91450100") -> str:
    """Return a valid unified social credit code; another number gives another code."""
    body = f"{start}{number:09d}"
    return body + check_digit(body)


async def make_organisation(**fields: Any) -> Organisation:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "name": f"测试单位{n}",
        "uscc": make_uscc(n),
        "kind": OrganisationKind.ENTERPRISE,
        "status": OrganisationStatus.VERIFIED,
        "region": "450100",
        "industry": "C32",
        "established_on": date(2015, 3, 1),
        "is_manufacturer": True,
        "is_high_tech": True,
        "contact_name": "联系人",
        "contact_phone": "0771-5550000",
        "created_at": NOW,
        "verified_at": NOW,
    }
    return await Organisation.create(**(defaults | fields))


async def make_user(**fields: Any) -> User:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "email": f"person{n}@example.test",
        "name": f"测试人{n}",
        "password_hash": PASSWORD_HASH,
        "email_confirmed_at": NOW,
        "created_at": NOW,
    }
    return await User.create(**(defaults | fields))


async def make_member(
    organisation: Organisation | None = None, role: MemberRole = MemberRole.ADMIN, **fields: Any
) -> Actor:
    """Make a person who acts for `organisation` (a new enterprise by default)."""
    organisation = organisation or await make_organisation()
    user = await make_user(**fields)
    await make_membership(user.id, organisation, role)
    return await load_actor(user.id)


async def make_membership(
    user_id: UUID,
    organisation: Organisation,
    role: MemberRole = MemberRole.ADMIN,
    *,
    start: datetime = NOW,
    end: datetime | None = None,
) -> Membership:
    """Make a period in which a person acts for an organisation."""
    return await Membership.create(
        id=uuid4(),
        user_id=user_id,
        organisation=organisation,
        role=role,
        applied_at=start,
        started_at=start,
        ended_at=end,
    )


async def make_staff(role: StaffRole) -> Actor:
    return await load_actor((await make_user(staff_role=role)).id)


async def make_broker(**fields: Any) -> Actor:
    user = await make_user(**fields)
    await BrokerProfile.create(
        id=uuid4(),
        user=user,
        certificate_level=CertificateLevel.MIDDLE,
        certificate_number=f"GX-{next(_numbers):05d}",
        fields_of_work=["materials"],
        is_verified=True,
        created_at=NOW,
    )
    return await load_actor(user.id)


async def make_outcome(organisation: Organisation | None = None, **fields: Any) -> Outcome:
    n = next(_numbers)
    organisation = organisation or await make_organisation(kind=OrganisationKind.UNIVERSITY)
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "number": f"CG-2026-{n:06d}",
        "status": OutcomeStatus.PUBLISHED,
        "organisation": organisation,
        "title": f"高导电铝合金导线{n}",
        "highlight": "导电率提高 2 %IACS，强度不降",
        "field": "materials",
        "industries": ["aluminium"],
        "trl": 6,
        "modes": ["licence", "assignment"],
        "price_kind": PriceKind.FIXED,
        "price_amount": 120_000_000,
        "region": organisation.region,
        "problem": "导线强度与导电率难以兼得",
        "solution": "在线淬火与微合金化",
        "comparison": [],
        "rights": [],
        "team": [],
        "keywords": ["铝合金", "导线"],
        "source_classification": {},
        "published_at": NOW,
        "verified_on": NOW.date(),
        "created_at": NOW,
        "updated_at": NOW,
    }
    outcome = await Outcome.create(**(defaults | fields))
    if outcome.expires_on is not None:
        await set_deadlines(outcome)
    return outcome


async def make_need(organisation: Organisation | None = None, **fields: Any) -> Need:
    n = next(_numbers)
    organisation = organisation or await make_organisation()
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "number": f"XQ-2026-{n:06d}",
        "status": NeedStatus.PUBLISHED,
        "organisation": organisation,
        "title": f"提高架空导线导电率{n}",
        "field": "materials",
        "industries": ["aluminium"],
        "kind": "breakthrough",
        "description": "铝合金导线导电率不足，要求强度不降",
        "targets": [{"indicator": "导电率", "present": "52.5", "target": "54"}],
        "modes": ["licence"],
        "budget_min_amount": 80_000_000,
        "budget_max_amount": 150_000_000,
        "keywords": ["铝合金", "导线"],
        "deadline_on": date(2026, 9, 1),
        "region": organisation.region,
        "published_at": NOW,
        "verified_on": NOW.date(),
        "created_at": NOW,
        "updated_at": NOW,
    }
    need = await Need.create(**(defaults | fields))
    if need.expires_on is not None:
        await set_deadlines(need)
    return need
