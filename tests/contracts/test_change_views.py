"""Pages after signing: changes and royalties."""

from __future__ import annotations

from typing import Any

import httpx

from market.contracts.queries import get_contract_for
from tests.contracts.factories import LATER, make_royalty_contract
from tests.deals.factories import make_parties
from tests.visitor import post, sign_in


async def test_the_pages_of_what_happens_later(client: httpx.AsyncClient, deps: Any) -> None:
    from tests.deals.factories import move_clock

    parties = await make_parties()
    contract = await make_royalty_contract(parties)
    address = f"/contracts/{contract.number}"
    move_clock(deps, LATER)
    await sign_in(client, parties.buyer)

    stated = await post(
        client,
        f"{address}/royalties",
        {"starts_on": "2026-03-21", "ends_on": "2026-03-21", "base": "1000000"},
    )
    wrong = await post(client, f"{address}/royalties", {"starts_on": "2026-03-21"})
    changed = await post(
        client, f"{address}/change", {"kind": "change", "agreed_on": "2026-03-21", "reason": "联系人变更"}
    )
    whole = await get_contract_for(parties.buyer, contract.number)
    await sign_in(client, parties.seller)
    room = await client.get(f"/deals/{whole.deal.number}")
    (statement,), (change,) = list(whole.royalty_statements), list(whole.changes)
    unexplained = [
        await post(client, f"{address}/royalties/{statement.id}/reject", {"reason": ""}),
        await post(client, f"{address}/changes/{change.id}/reject", {"reason": ""}),
    ]
    done = await post(client, f"{address}/royalties/{statement.id}/confirm")
    agreed = await post(client, f"{address}/changes/{change.id}/confirm")

    assert wrong.status_code == 422
    assert "待转让方核对" in stated.text
    assert "联系人变更" in changed.text
    assert "核对提成结算" in room.text
    assert [(page.status_code, "请写明哪里不符" in page.text) for page in unexplained] == [(422, True)] * 2
    assert "联系人变更" in unexplained[1].text
    assert "30,000.00" in done.text
    assert "已成立" in agreed.text
