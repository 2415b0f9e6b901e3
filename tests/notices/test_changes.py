"""A period made longer, a text that had to change, the feed and the print."""

from __future__ import annotations

from datetime import timedelta
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from market.kit.errors import Conflict, Invalid, NotFound
from market.notices import notice_acts, objections
from market.notices.queries import get_notice
from market.notices.states import NoticeStatus
from market.records.by import By
from tests.factories import HOLIDAYS, NOW, make_member
from tests.moments import end_notices
from tests.notices.test_notice_acts import make_notice, make_publisher
from tests.visitor import post, sign_in


async def test_a_period_is_made_longer_by_its_unit_and_never_shorter() -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)

    with pytest.raises(Invalid):
        await notice_acts.extend(notice.number, 15, "材料补充", calendar=HOLIDAYS, by=By(publisher, NOW))
    with pytest.raises(NotFound):
        await notice_acts.extend(
            notice.number, 20, "材料补充", calendar=HOLIDAYS, by=By(await make_publisher(), NOW)
        )
    longer = await notice_acts.extend(notice.number, 20, "材料补充", calendar=HOLIDAYS, by=By(publisher, NOW))

    assert notice.ends_at is not None
    assert longer.ends_at is not None
    assert longer.ends_at > notice.ends_at
    kept = list((await get_notice(notice.number)).extensions)
    assert [(each.days, each.ended_at, each.ends_at) for each in kept] == [
        (20, notice.ends_at, longer.ends_at)
    ]
    assert await end_notices(notice.ends_at) == 0
    with pytest.raises(Conflict):
        await notice_acts.extend(
            notice.number, 30, "太晚", calendar=HOLIDAYS, by=By(publisher, longer.ends_at)
        )


async def test_a_text_that_must_change_is_published_anew_and_the_old_one_stays() -> None:
    publisher = await make_publisher()
    first = await make_notice(publisher)
    later = NOW + timedelta(days=5)

    second = await make_notice(
        publisher, first.subject_id, title="协议定价公示（更正）", change_reason="受让方更名", now=later
    )

    old = await get_notice(first.number)
    assert (old.status, old.body_hash) == (NoticeStatus.ARCHIVED, first.body_hash)
    assert [each.number for each in old.replacements] == [second.number]
    assert first.ends_at is not None
    assert second.ends_at is not None
    assert second.ends_at > first.ends_at


async def test_a_text_under_objection_is_not_replaced() -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)
    await objections.object_to(notice.number, reason="价格偏低", by=By(await make_member(), NOW))

    with pytest.raises(Conflict, match="裁定以后"):
        await make_notice(publisher, notice.subject_id, change_reason="更正")


async def test_the_feed_renews_a_notice_that_was_objected_to(client: httpx.AsyncClient) -> None:
    notice = await make_notice(await make_publisher())
    later = NOW + timedelta(days=2)
    await objections.object_to(notice.number, reason="价格偏低", by=By(await make_member(), later))

    feed = await client.get("/notices.atom")

    assert feed.text.count(f"<updated>{later:%Y-%m-%dT%H:%M:%SZ}</updated>") == 2


async def test_the_feed_the_print_and_the_page_of_an_extension(client: httpx.AsyncClient) -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)

    feed = await client.get("/notices.atom")
    printed = await client.get(f"/notices/{notice.number}/print.pdf")
    await sign_in(client, publisher)
    wrong = await post(client, f"/notices/{notice.number}/extend", {"days": "3", "reason": "x"})
    done = await post(client, f"/notices/{notice.number}/extend", {"days": "20", "reason": "材料补充"})

    entries = fromstring(feed.content).findall("{http://www.w3.org/2005/Atom}entry")  # noqa: S314 -- our own
    assert [entry.findtext("{http://www.w3.org/2005/Atom}title") for entry in entries] == [notice.title]
    assert printed.content.startswith(b"%PDF")
    assert wrong.status_code == 422
    assert "材料补充" in done.text
    await sign_in(client, await make_member())
    assert (await client.get(f"/notices/{notice.number}/extend")).status_code == 404
