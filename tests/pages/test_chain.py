"""链条: from the payout to the listing and back, for those who may see it; kept words in one language."""

from __future__ import annotations

import re

import httpx

from market.accounts.models import Message
from market.claims.models import Claim
from market.deals.publicity import start_publicity
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, set_locale, source_text
from market.notices.models import Notice
from market.records.by import By
from tests.claims.factories import make_desk, make_rechecked
from tests.deals.factories import STATEMENT, make_agreed, make_parties, make_priced
from tests.factories import HOLIDAYS, NOW, make_member
from tests.visitor import sign_in


async def _strip(client: httpx.AsyncClient, address: str) -> list[str]:
    """Return the addresses that the page's strip leads to."""
    page = (await client.get(address)).text
    nav = re.search(r'<nav class="linked".*?</nav>', page, re.S)
    return re.findall(r'href="([^"]+)"', nav[0]) if nav else []


async def test_a_party_goes_from_the_deal_to_the_listing_and_back(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    outcome = f"/outcomes/{parties.outcome.number}"
    await sign_in(client, parties.seller)

    assert outcome in await _strip(client, f"/deals/{deal.number}")
    assert f"/deals/{deal.number}" in await _strip(client, outcome)


async def test_nobody_else_learns_of_a_deal_from_the_listing(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    outcome = f"/outcomes/{parties.outcome.number}"

    for_guests = (await client.get(outcome)).text
    await sign_in(client, await make_member())
    for_strangers = (await client.get(outcome)).text

    assert deal.number not in for_guests + for_strangers


async def test_the_desk_goes_from_amake_claim_to_the_listing_and_back(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    claim = await Claim.get(id=claim.id).prefetch_related("contracts__contract__deal__outcome")
    sold = claim.contracts[0].contract.deal.outcome
    assert sold is not None
    outcome = f"/outcomes/{sold.number}"
    await sign_in(client, desk.officer)

    assert outcome in await _strip(client, f"/desk/{claim.number}")
    assert f"/desk/{claim.number}" in await _strip(client, outcome)


async def test_finance_people_are_not_told_to_publish_or_sign(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    await make_priced(parties)
    await sign_in(client, parties.seller_finance)

    page = (await client.get("/dashboard")).text

    assert "todo=publish" not in page
    assert "todo=sign" not in page


async def test_what_is_published_and_told_does_not_depend_on_the_readers_language() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    set_locale("zh-Hant")
    try:
        await start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW))
    finally:
        set_locale("zh-Hans")

    notice = await Notice.get(subject_id=deal.id)
    message = await Message.filter(user_id=parties.buyer.user_id).order_by("-id").first()
    assert notice.title.startswith("协议定价公示：")
    assert [row[0] for row in notice.body][:2] == ["成果名称", "权利人"]
    assert message is not None
    assert message.text.startswith("协议定价已公示：")


def test_a_translated_sentence_knows_its_source() -> None:
    set_locale("zh-Hant")
    try:
        shown = _("诚信记录 %(no)s", no=_("待认证"))
        with in_source_language():
            inside = _("诚信记录")
    finally:
        set_locale("zh-Hans")

    assert (shown, source_text(shown), inside) == ("誠信記錄 待認證", "诚信记录 待认证", "诚信记录")
