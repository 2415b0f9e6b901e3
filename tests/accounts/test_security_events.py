"""What the audit log holds of signing in, of being refused and of exports."""

from __future__ import annotations

import httpx

from market.accounts.attempt_limits import OF_CODE, OF_PLACE
from market.accounts.models import MemberRole, StaffRole, User
from market.accounts.security_events import MOST_REFUSALS
from market.accounts.sessions import COOKIE
from market.audit.models import AuditEvent
from market.audit.verify import verify_database
from market.deps import Deps
from market.kit.jobs import run_pending
from tests.accounts.factor_data import code, switch_on_authenticator
from tests.accounts.registration_data import make_user_with_password
from tests.factories import (
    PASSWORD,
    make_member,
    make_membership,
    make_organisation,
    make_staff,
)
from tests.visitor import post, sign_in


async def verbs(user: User | None) -> list[str]:
    """Return what the log tells of a person, oldest first."""
    assert user is not None
    events = await AuditEvent.filter(subject_kind="user", subject_id=user.id).order_by("sequence")
    return [event.action for event in events]


async def enter(client: httpx.AsyncClient, user: User, password: str = PASSWORD) -> None:
    await post(client, "/login", {"email": user.email, "password": password})


async def test_signing_in_and_out_in_vain_and_with_a_second_factor(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    user = await make_user_with_password()
    await enter(client, user, "wrong wrong wrong")
    await enter(client, user)
    await post(client, "/logout")
    await run_pending(deps)
    await switch_on_authenticator(user.id, deps)
    await enter(client, user)
    await post(client, "/login/factor", {"proof_code": "000000"})
    await post(client, "/login/factor", {"proof_code": code()})
    await run_pending(deps)

    assert await verbs(user) == ["sign_in", "sign_out", "fail_sign_in", "sign_in", "fail_sign_in"]
    events = await AuditEvent.filter(subject_id=user.id)
    assert {event.role for event in events if event.action == "fail_sign_in"} == {"job"}
    assert "127.0.0.1" not in str([event.data for event in events])
    findings, _verifier = await verify_database()
    assert findings == []


async def test_a_lock_out_is_recorded_once(client: httpx.AsyncClient, deps: Deps) -> None:
    user, other = await make_user_with_password(), await make_user_with_password()
    for _try in range(OF_PLACE + 2):
        await enter(client, user, "wrong wrong wrong")
    await switch_on_authenticator(other.id, deps)
    await enter(client, other)
    for _try in range(OF_CODE + 2):
        await post(client, "/login/factor", {"proof_code": "000000"})
    await enter(client, User(email="nobody@example.test"), "wrong wrong wrong")
    await run_pending(deps)

    assert (await verbs(user)).count("lock_out") == 1
    assert (await verbs(other)).count("lock_out") == 1
    assert await AuditEvent.filter(action="fail_sign_in").count() == OF_PLACE + OF_CODE - 2


async def test_a_refused_act_is_recorded_but_not_without_end(client: httpx.AsyncClient) -> None:
    member = await make_member()
    await sign_in(client, member)

    for _try in range(MOST_REFUSALS + 3):
        assert (await client.get("/audit-log")).status_code == 403

    events = await AuditEvent.filter(subject_id=member.user_id, action="refused")
    assert len(events) == MOST_REFUSALS
    assert events[0].data == {"page": "backoffice:audit"}
    assert events[0].role == "admin"


async def test_exports_are_recorded_and_public_lists_are_not(client: httpx.AsyncClient) -> None:
    member, auditor = await make_member(), await make_staff(StaffRole.AUDITOR)
    await sign_in(client, member)
    for address in ("/account/export", "/contracts/export.xlsx", "/outcomes.xlsx", "/account"):
        assert (await client.get(address)).status_code == 200
    await sign_in(client, auditor)
    assert (await client.get("/audit-log/export")).status_code == 200

    events = await AuditEvent.filter(action="export").order_by("id")
    assert [(event.subject_id, event.data["page"]) for event in events] == [
        (member.user_id, "accounts:export"),
        (member.user_id, "contracts:export"),
        (auditor.user_id, "backoffice:audit_export"),
    ]


async def test_acting_for_another_organisation_and_ending_other_sessions(client: httpx.AsyncClient) -> None:
    member = await make_member()
    second = await make_organisation()
    await make_membership(member.user_id, second, MemberRole.AGENT)
    await sign_in(client, member)
    here = client.cookies[COOKIE]
    await sign_in(client, member)
    client.cookies.set(COOKIE, here)

    await post(client, "/account/act-for", {"organisation": str(second.id)})
    await post(client, "/account/sessions", {})
    await post(client, "/account/sessions", {})

    assert await verbs(await User.get(id=member.user_id)) == ["act_for", "end_sessions"]
