"""Publicity of an agreed price, and deals that need none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from market.deals.models import ContractKind, Deal
from market.deals.publicity import PUBLICITY, skip_publicity, start_publicity
from market.deals.states import DealStatus
from market.kit.errors import Conflict, Forbidden
from market.kit.workflow import ActionNotAllowed
from market.notices.models import Notice
from market.notices.states import NoticeStatus
from market.records.by import By
from tests.deals.factories import (
    STATEMENT,
    make_parties,
    make_priced,
    make_published,
    make_to_sign,
)
from tests.factories import HOLIDAYS, NOW


async def test_the_price_of_a_state_university_is_published_for_fifteen_days() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    notice = await start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW))

    assert str(notice.ends_at) == "2026-03-17 16:00:00+00:00"
    assert dict(notice.body)["拟交易价格"] == "￥1,150,000.00"
    assert dict(notice.body)["受让方（被许可方）"] == "南南线缆"
    assert (await Deal.get(id=deal.id)).status is DealStatus.PUBLICITY


async def test_the_buyer_does_not_publish() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    with pytest.raises(Forbidden):
        await start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.buyer, NOW))


async def test_publicity_cannot_be_skipped_where_the_law_asks_for_it() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    with pytest.raises(Conflict, match="第十八条"):
        await skip_publicity(deal.number, by=By(parties.seller, NOW))


@pytest.mark.parametrize(
    ("kind", "university"),
    [
        (ContractKind.DEVELOPMENT, {}),
        (ContractKind.SERVICE, {}),
        (ContractKind.CONSULTING, {}),
        (ContractKind.LICENCE, {"kind": "enterprise"}),
        (ContractKind.ASSIGNMENT, {"is_state_owned": False, "nature_code": "170"}),
    ],
)
async def test_where_the_law_knows_no_publicity_the_reason_is_recorded(
    kind: ContractKind, university: dict[str, Any]
) -> None:
    parties = await make_parties(**university)
    deal = await make_priced(parties, kind=kind)

    await skip_publicity(deal.number, by=By(parties.buyer, NOW))

    deal = await Deal.get(id=deal.id)
    assert deal.status is DealStatus.TO_SIGN
    assert deal.skip_reason
    with pytest.raises(ActionNotAllowed):
        await start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW))


async def test_a_clear_publicity_lets_the_deal_be_signed() -> None:
    parties = await make_parties()

    deal = await make_to_sign(parties)

    assert deal.status is DealStatus.TO_SIGN
    assert (await Notice.get(subject_id=deal.id)).status is NoticeStatus.CLEAR


async def test_before_the_period_is_over_nothing_moves() -> None:
    parties = await make_parties()
    deal = await make_published(parties)

    assert await PUBLICITY.sweep(NOW + timedelta(days=15)) == 0

    assert (await Deal.get(id=deal.id)).status is DealStatus.PUBLICITY
