"""Files of a deal by tier: who opens which, the undertaking, who opened what."""

from __future__ import annotations

from itertools import count

import httpx

from market.accounts.actors import Actor, load_actor
from market.deals.files import add_file
from market.deals.models import Deal, Side
from market.deals.openings import agree_introduction, introduce
from market.deps import Deps
from market.files.attachments import store_blob
from market.files.models import StoredFile, Tier, Undertaking
from market.files.uploads import Upload
from market.records.by import By
from tests.deals.factories import Parties, make_agreed, make_match, make_parties
from tests.factories import NOW, make_broker, make_member, make_user
from tests.visitor import post, sign_in

_numbers = count(1)


async def make_file(
    parties: Parties, deal: Deal, tier: Tier, deps: Deps, uploader: Actor | None = None
) -> StoredFile:
    content = b"%PDF-1.7\n" + str(next(_numbers)).encode()
    kept = await store_blob(Upload(f"{tier}.pdf", content, "application/pdf"), deps.store)
    return await add_file(deal.number, kept, "attachment", tier=tier, by=By(uploader or parties.seller, NOW))


async def test_each_tier_opens_to_its_own_circle(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    files = {tier: await make_file(parties, deal, tier, deps) for tier in Tier}
    unnamed = await load_actor((await make_user()).id)
    circles = {
        Tier.PUBLIC: {"guest": 200, "unnamed": 200, "stranger": 200, "buyer": 200},
        Tier.VERIFIED: {"guest": 404, "unnamed": 404, "stranger": 200, "buyer": 200},
        Tier.UNDERTAKING: {"guest": 404, "unnamed": 404, "stranger": 404, "buyer": 303},
        Tier.PARTIES: {"guest": 404, "unnamed": 404, "stranger": 404, "buyer": 200},
    }
    people = {"guest": None, "unnamed": unnamed, "stranger": await make_member(), "buyer": parties.buyer}

    answers: dict[Tier, dict[str, int]] = {tier: {} for tier in Tier}
    for name, actor in people.items():
        await sign_in(client, actor)
        for tier, file in files.items():
            answers[tier][name] = (await client.get(f"/files/{file.id}")).status_code

    assert answers == circles


async def test_an_undertaking_is_accepted_in_the_page_and_recorded(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    file = await make_file(parties, deal, Tier.UNDERTAKING, deps)
    await sign_in(client, parties.buyer)
    page = await client.get(f"/files/{file.id}", follow_redirects=True)

    unticked = await post(client, f"/files/{file.id}/undertake", {})
    done = await post(client, f"/files/{file.id}/undertake", {"agreed": "y"})
    got = await client.get(f"/files/{file.id}")

    kept = await Undertaking.get(subject_id=deal.id)
    assert "保密义务" in page.text
    assert unticked.status_code == 422
    assert "下载文件" in done.text
    assert got.content.startswith(b"%PDF")
    assert (kept.user_id, kept.organisation_id) == (parties.buyer.user_id, parties.enterprise.id)
    await sign_in(client, parties.seller)
    seen = await client.get(f"/files/{file.id}/openings")
    assert seen.text.count(parties.buyer.name) == 2
    await sign_in(client, parties.buyer)
    assert (await client.get(f"/files/{file.id}/openings")).status_code == 404


async def test_a_file_under_an_undertaking_stays_shut_until_both_have_agreed(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    deal = await introduce(match.id, 0, "吻合", by=By(broker, NOW))
    file = await make_file(parties, deal, Tier.UNDERTAKING, deps, broker)
    await sign_in(client, parties.buyer)

    before = await client.get(f"/files/{file.id}")
    for side in Side:
        await agree_introduction(deal.number, by=By(parties.on(side), NOW))
    after = await client.get(f"/files/{file.id}")

    assert (before.status_code, after.status_code) == (404, 303)


async def test_a_side_hands_in_no_file_before_both_have_agreed(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    deal = await introduce(match.id, 0, "吻合", by=By(broker, NOW))
    paper = {"file": ("陈工13800000000.pdf", b"%PDF-1.7\nx", "application/pdf")}
    await sign_in(client, parties.seller)

    room = await client.get(f"/deals/{deal.number}")
    refused = await post(client, f"/deals/{deal.number}/files", {"kind": "other"}, files=paper)
    for side in Side:
        await agree_introduction(deal.number, by=By(parties.on(side), NOW))
    taken = await post(client, f"/deals/{deal.number}/files", {"kind": "other"}, files=paper)

    assert "upload-file" not in room.text
    assert (refused.status_code, "双方同意对接以后才能上传文件" in refused.text) == (409, True)
    assert "陈工13800000000.pdf" in taken.text
    assert await StoredFile.all().count() == 1
