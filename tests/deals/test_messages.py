"""Messages of the deal room and the daily digest of unread ones."""

from __future__ import annotations

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import Message
from market.deals.jobs import write_digests
from market.deals.messages import mark_read, send_message, unread_counts
from market.deals.models import Deal, Side
from market.deals.openings import introduce
from market.kit.errors import Conflict, NotFound
from market.kit.models import OutgoingMail
from market.records.by import By
from tests.deals.factories import (
    Parties,
    make_agreed,
    make_match,
    make_parties,
)
from tests.factories import NOW, make_broker, make_member
from tests.visitor import post, sign_in


async def make_introduced(parties: Parties, broker: Actor, basis_points: int = 300) -> Deal:
    match = await make_match(parties, broker)
    return await introduce(
        match.id, basis_points, "指标吻合", payer=Side.BUYER, mandate="委托书 2026-3", by=By(broker, NOW)
    )


async def test_a_message_tells_each_person_once_until_they_have_read() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await Message.all().delete()

    for text in ("样品何时能寄？", "下周可以吗？"):
        await send_message(deal.number, text, by=By(parties.buyer, NOW))

    assert await Message.filter(user_id=parties.seller.user_id).count() == 1
    assert await unread_counts(parties.seller.user_id, [deal.id]) == {deal.id: 2}
    await mark_read(deal.number, by=By(parties.seller, NOW))
    assert await unread_counts(parties.seller.user_id, [deal.id]) == {}
    await send_message(deal.number, "可以。", by=By(parties.buyer, NOW))
    assert await Message.filter(user_id=parties.seller.user_id).count() == 2


async def test_the_sides_write_once_both_have_agreed_and_the_broker_at_any_time() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker)

    with pytest.raises(Conflict):
        await send_message(deal.number, "电话 139", by=By(parties.buyer, NOW))
    with pytest.raises(NotFound):
        await send_message(deal.number, "你好", by=By(await make_member(), NOW))
    message = await send_message(deal.number, "请先同意对接", by=By(broker, NOW))

    assert message.side is None


async def test_the_daily_digest_names_the_deals_with_unread_messages() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await send_message(deal.number, "样品何时能寄？", by=By(parties.buyer, NOW))
    await OutgoingMail.all().delete()

    written = await write_digests(NOW)

    mails = await OutgoingMail.all()
    assert written == len(mails) == 3
    assert all(deal.number in mail.text and "1 条未读" in mail.text for mail in mails)
    assert parties.buyer.email not in {mail.recipient for mail in mails}


async def test_a_message_is_written_read_and_refused_on_the_page(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)
    await post(client, f"/deals/{deal.number}/messages", {"text": "样品何时能寄？"})
    empty = await post(client, f"/deals/{deal.number}/messages", {"text": " "})
    await sign_in(client, parties.seller)

    room = await client.get(f"/deals/{deal.number}")
    listed = await client.get("/deals?todo=unread")
    read = await post(client, f"/deals/{deal.number}/read")

    assert empty.status_code == 422
    assert "样品何时能寄？" in room.text
    assert "1 条未读" in room.text
    assert "1 条未读留言" in listed.text
    assert "1 条未读" not in read.text
    assert not await Message.filter(
        user_id=parties.seller.user_id, read_at=None, address__contains="#messages"
    )
