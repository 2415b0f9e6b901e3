from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from market.accounts.jobs import sweep
from market.accounts.models import (
    BrokerProfile,
    MemberRole,
    Membership,
    MemberStatus,
    Message,
    Organisation,
    OrganisationStatus,
    StaffRole,
    User,
)
from market.deps import Deps
from market.kit.models import OutgoingMail
from tests.accounts.registration_data import (
    errors,
    last_mail,
    link_in,
    organisation_fields,
    person_fields,
    set_attempts,
)
from tests.factories import make_member, make_organisation, make_staff, make_uscc, make_user
from tests.visitor import post, sign_in

REGISTER = "/register?kind=organisation"


async def test_an_enterprise_joins_confirms_and_is_verified(client: httpx.AsyncClient, deps: Deps) -> None:
    operator = await make_staff(StaffRole.OPERATOR)

    answer = await post(client, REGISTER, organisation_fields() | person_fields())
    assert "wei.min@example.test" in answer.text
    link = link_in(await last_mail(deps, "wei.min@example.test"))
    board = await post(client, link)
    assert "邮箱已确认，您已登录" in board.text
    assert "待认证：接下来怎样" in board.text
    organisation = await Organisation.get(uscc=make_uscc(77_001))
    await sign_in(client, operator)
    page = await client.get(f"/backoffice/organisations/{organisation.id}")
    await post(client, page.url.path, {"revision": "1", "decision": "verify"})

    await organisation.refresh_from_db()
    assert organisation.status is OrganisationStatus.VERIFIED
    assert await Message.filter(user_id=operator.user_id).count() == 1
    user = await User.get(email="wei.min@example.test")
    membership = await Membership.get(user_id=user.id)
    assert (membership.role, membership.status) == (MemberRole.ADMIN, MemberStatus.ACTIVE)
    assert await Message.filter(user_id=user.id, text__contains="已通过认证").exists()


async def test_opening_the_link_of_a_mail_changes_nothing(client: httpx.AsyncClient, deps: Deps) -> None:
    await post(client, REGISTER, organisation_fields() | person_fields())
    link = link_in(await last_mail(deps, "wei.min@example.test"))

    answer = await client.get(link)

    assert answer.status_code == 200
    assert (await User.get(email="wei.min@example.test")).email_confirmed_at is None


async def test_a_link_is_good_once(client: httpx.AsyncClient, deps: Deps) -> None:
    await post(client, REGISTER, organisation_fields() | person_fields())
    link = link_in(await last_mail(deps, "wei.min@example.test"))
    await post(client, link)

    again = await post(client, link)

    assert again.status_code == 404


async def test_registering_tells_nobody_that_an_address_is_known(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    existing = await make_user(email="known@example.test")
    fields = organisation_fields()

    fresh = await post(client, REGISTER, fields | person_fields(email="fresh@example.test"), follow=False)
    response = await post(
        client, REGISTER, organisation_fields(77_002) | person_fields(email=existing.email), follow=False
    )

    assert (fresh.status_code, fresh.headers["location"]) == (
        response.status_code,
        response.headers["location"],
    )
    assert "已经注册过" in (await last_mail(deps, existing.email)).subject
    assert not await Organisation.exists(uscc=make_uscc(77_002))


async def test_an_organisation_is_registered_once(client: httpx.AsyncClient) -> None:
    there = await make_organisation()

    answer = await post(client, REGISTER, organisation_fields(uscc=there.uscc or "") | person_fields())

    assert answer.status_code == 422
    assert errors(answer) == ["这个单位已在平台登记。请改选“加入已有单位”，由它的管理员同意。"]


@pytest.mark.parametrize("wrong", ["91450100000077001A", "9145010000007700", "91450100IOSVZ77001", "一二三"])
async def test_a_code_with_a_wrong_check_digit_is_refused(client: httpx.AsyncClient, wrong: str) -> None:
    answer = await post(client, REGISTER, organisation_fields(uscc=wrong) | person_fields())

    assert answer.status_code == 422
    assert "GB 32100" in errors(answer)[0]
    assert wrong in answer.text


async def test_lower_case_and_full_width_codes_are_read(client: httpx.AsyncClient) -> None:
    code = make_uscc(77_001)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code.lower())

    await post(client, REGISTER, organisation_fields(uscc=wide) | person_fields())

    assert await Organisation.exists(uscc=code)


async def test_a_person_joins_an_organisation_when_its_administrator_agrees(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    university = await make_organisation()
    admin = await make_member(university)
    fields = {"uscc": university.uscc, "role": "agent"} | person_fields()

    await post(client, "/register?kind=member", fields)
    await post(client, link_in(await last_mail(deps, "wei.min@example.test")))
    await sign_in(client, admin)
    page = await client.get("/account/members")
    membership = await Membership.get(user__email="wei.min@example.test")
    await post(
        client, "/account/members", {"member": str(membership.id), "act": "approve", "role": "finance"}
    )

    assert "韦敏" in page.text
    await membership.refresh_from_db()
    assert (membership.status, membership.role) == (MemberStatus.ACTIVE, MemberRole.FINANCE)


async def test_nobody_joins_an_organisation_that_is_not_there(client: httpx.AsyncClient) -> None:
    answer = await post(
        client, "/register?kind=member", {"uscc": make_uscc(99), "role": "agent"} | person_fields()
    )

    assert answer.status_code == 422
    assert not await User.exists(email="wei.min@example.test")


async def test_a_broker_registers_and_is_verified(client: httpx.AsyncClient, deps: Deps) -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    fields = {
        "certificate_level": "middle",
        "certificate_number": "GX-0099",
        "certificate_issuer": "广西技术经纪人培训基地",
        "fields_of_work": ["materials", "energy"],
    }

    await post(client, "/register?kind=broker", fields | person_fields())
    await post(client, link_in(await last_mail(deps, "wei.min@example.test")))
    profile = await BrokerProfile.get(user__email="wei.min@example.test")
    await sign_in(client, operator)
    listed = await client.get("/backoffice/brokers")
    await post(client, f"/backoffice/brokers/{profile.id}", {"revision": "1", "decision": "verify"})

    assert "韦敏" in listed.text
    await profile.refresh_from_db()
    assert profile.is_verified


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "密码至少 10 个字符。"),
        ("x" * 129, "最多 128 个字，现在有 129 个。"),
        ("password123", "这个密码太容易被猜到，请换一个。"),
        ("aaaaaaaaaaaa", "这个密码太容易被猜到，请换一个。"),
    ],
)
async def test_a_weak_password_is_refused(client: httpx.AsyncClient, password: str, message: str) -> None:
    answer = await post(client, REGISTER, organisation_fields() | person_fields(password=password))

    assert (answer.status_code, errors(answer)) == (422, [message])
    assert password not in answer.text


async def test_a_weak_password_is_named_together_with_all_other_faults(client: httpx.AsyncClient) -> None:
    fields = organisation_fields() | person_fields(password="short", person_name="")

    answer = await post(client, REGISTER, fields)

    assert errors(answer) == ["请填写姓名。", "密码至少 10 个字符。"]


async def test_a_returned_organisation_is_corrected_and_handed_in_again(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    organisation = await make_organisation(status=OrganisationStatus.PENDING, verified_at=None)
    admin = await make_member(organisation)

    await sign_in(client, operator)
    await post(
        client,
        f"/backoffice/organisations/{organisation.id}",
        {"revision": "1", "decision": "return", "reason": "名称与执照不符"},
    )
    await sign_in(client, admin)
    page = await client.get("/account/organisation")
    fields = organisation_fields(uscc=organisation.uscc or "", name="更正后的有限公司")
    await post(client, "/account/organisation", fields | {"revision": "2"})

    assert "名称与执照不符" in page.text
    await organisation.refresh_from_db()
    assert (organisation.status, organisation.name, organisation.return_reason) == (
        OrganisationStatus.PENDING,
        "更正后的有限公司",
        "",
    )


async def test_returning_needs_a_reason(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation(status=OrganisationStatus.PENDING)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    answer = await post(
        client, f"/backoffice/organisations/{organisation.id}", {"revision": "1", "decision": "return"}
    )

    assert (answer.status_code, errors(answer)) == (422, ["退回时请写明理由，对方据此修改。"])


async def test_the_operator_does_not_verify_what_changed_meanwhile(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation(status=OrganisationStatus.PENDING, revision=2)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    answer = await post(
        client, f"/backoffice/organisations/{organisation.id}", {"revision": "1", "decision": "verify"}
    )

    assert answer.status_code == 409


async def test_what_the_operator_verified_the_organisation_cannot_change(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation()
    await sign_in(client, await make_member(organisation))

    await post(
        client,
        "/account/organisation",
        {
            "revision": "1",
            "name": "别的名称有限公司",
            "is_state_owned": "y",
            "contact_name": "新联系人",
            "contact_phone": "0771-5551111",
        },
    )

    was = organisation.name
    await organisation.refresh_from_db()
    assert (organisation.name, organisation.is_state_owned) == (was, False)
    assert organisation.contact_name == "新联系人"


async def test_who_never_confirms_is_forgotten_with_the_organisation(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await post(client, REGISTER, organisation_fields() | person_fields())
    deps.clock.move(days=31)  # type: ignore[attr-defined]

    await sweep(deps)

    assert not await User.exists(email="wei.min@example.test")
    assert not await Organisation.exists(uscc=make_uscc(77_001))


async def test_too_many_registrations_from_one_place_are_slowed_down(client: httpx.AsyncClient) -> None:
    fields = {"uscc": make_uscc(99), "role": "agent"} | person_fields()

    assert (await post(client, "/register?kind=member", fields)).status_code == 422
    await set_attempts(299)
    assert (await post(client, "/register?kind=member", fields)).status_code == 422

    await set_attempts(300)
    assert (await post(client, "/register?kind=member", fields)).status_code == 429


async def test_outside_the_demo_a_sent_mails_words_are_not_kept(
    deps: Deps, client: httpx.AsyncClient
) -> None:
    from dataclasses import replace

    await post(client, REGISTER, organisation_fields() | person_fields())
    real = replace(deps, settings=replace(deps.settings, is_demo=False))

    mail = await last_mail(real, "wei.min@example.test")

    assert "http://market.test/confirm/" in mail.text
    stored = await OutgoingMail.get(recipient="wei.min@example.test")
    assert (stored.text, stored.sent_at is not None) == ("", True)


async def test_a_mail_waits_while_the_mail_server_is_down(deps: Deps, client: httpx.AsyncClient) -> None:
    await post(client, REGISTER, organisation_fields() | person_fields())
    deps.mailer.down = True  # type: ignore[attr-defined]

    with pytest.raises(OSError, match="no mail server"):
        await last_mail(deps, "wei.min@example.test")

    assert (await OutgoingMail.get(recipient="wei.min@example.test")).sent_at is None


async def test_unconfirmed_people_do_not_use_up_real_time(deps: Deps) -> None:
    fresh = await make_user(email_confirmed_at=None, created_at=deps.clock() - timedelta(days=5))

    await sweep(deps)

    assert await User.exists(id=fresh.id)
