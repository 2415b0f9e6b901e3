"""Messages and mails keep the ids of people: a new name and an erasure reach what was sent before."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import load_actor
from market.accounts.jobs import send_mail
from market.accounts.memberships import notify_admins_of_application
from market.accounts.messages import list_latest_messages, list_messages, notify
from market.accounts.models import Message, User
from market.accounts.personal_data import export_data
from market.accounts.registration import send_confirmation
from market.deps import Deps
from market.kit.mail import queue_mail
from market.kit.models import OutgoingMail
from market.kit.person_marks import person_mark, put_names, shorten
from tests.accounts.registration_data import make_user_with_password
from tests.factories import PASSWORD, make_member, make_organisation, make_user
from tests.fakes import FakeMailer
from tests.fixtures import NOW
from tests.visitor import post, sign_in

ID = uuid4()
MARK = person_mark(ID)
GONE = "已注销用户"


def test_a_mark_gives_way_to_a_name_only_where_the_writer_stated_the_person() -> None:
    text = f"{MARK} 申请加入，备注：{person_mark(uuid4())}"

    assert put_names(text, [str(ID)], {str(ID): "韦明"}, "已注销用户").startswith(
        "韦明 申请加入，备注：{person:"
    )
    assert put_names(text, [str(ID)], {}, "已注销用户").startswith("已注销用户 申请")
    assert put_names(text, [], {str(ID): "韦明"}, "已注销用户") == text


@pytest.mark.parametrize("most", range(40, 56))
def test_a_text_that_is_cut_holds_no_half_mark(most: int) -> None:
    text = f"新成员 {MARK} 申请加入，请审核"
    short = shorten(text, most)

    assert short in ("新成员 …", f"{text[: most - 1]}…")
    assert len(short) <= most
    assert ("{person:" in short) == (MARK in short)
    assert text == shorten(text, len(text))


def test_the_subject_of_a_mail_counts_a_name_as_it_is_read() -> None:
    text = f"{MARK} 申请加入 南宁青屿铝缆股份有限公司，请审核。"

    assert shorten(text, 60, mark_length=4) == text
    assert shorten(text, 20, mark_length=4) == f"{MARK} 申请加入 南宁青屿铝缆股份有…"


async def test_a_new_name_and_an_erasure_reach_messages_and_mails_of_others(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    organisation = await make_organisation()
    admin = await make_member(organisation)
    applicant = await make_user_with_password(name="欧阳初名")
    await notify_admins_of_application(organisation, applicant.id, now=NOW)
    stored = await Message.get(user_id=admin.user_id)
    mail = await OutgoingMail.get(recipient=admin.email)
    assert "欧阳" not in stored.text + mail.subject + mail.text
    assert admin.name not in mail.text

    await User.filter(id=applicant.id).update(name="欧阳改名")
    assert "欧阳改名 申请加入" in (await list_latest_messages(admin.user_id, 1))[0].text
    await sign_in(client, admin)
    assert "欧阳改名 申请加入" in (await client.get("/account/messages")).text
    assert "欧阳改名 申请加入" in str((await export_data(admin))["messages"])
    mailer = FakeMailer()
    await send_mail.handler(replace(deps, mailer=mailer), mail.id)
    assert "欧阳改名 申请加入" in mailer.sent[0].text
    assert mailer.sent[0].text.startswith(f"{admin.name}，您好")
    assert "欧阳改名" in mailer.sent[0].subject

    await sign_in(client, await load_actor(applicant.id))
    await post(client, "/account/erase", {"password": PASSWORD, "is_sure": "y"})
    shown, _count = await list_messages(admin.user_id, offset=0, limit=5)
    assert "已注销用户 申请加入" in shown[0].text
    await mail.refresh_from_db()
    assert "欧阳" not in mail.subject + mail.text


async def test_a_mark_that_somebody_typed_shows_nobodys_name() -> None:
    member, victim = await make_member(), await make_user(name="欧阳受害")
    await notify(f"退回，理由：{person_mark(victim.id)}", user_ids=[member.user_id], now=NOW)

    assert "欧阳受害" not in (await list_latest_messages(member.user_id, 1))[0].text


async def test_an_address_that_nobody_confirmed_is_sent_nothing_that_was_typed(deps: Deps) -> None:
    typed = "您中奖了请点 http://evil.test"
    user = await make_user(name=typed, email_confirmed_at=None)

    await send_confirmation(user, now=NOW)
    await notify(f"{typed}，请审核", user_ids=[user.id], now=NOW)

    mails = await OutgoingMail.filter(recipient=user.email)
    assert len(mails) == 1
    assert "evil.test" not in mails[0].subject + mails[0].text
    await queue_mail("a@b.cn", "s", "t", now=NOW)
    assert (await OutgoingMail.get(recipient="a@b.cn")).people is None
