"""A price found by an exchange's listing: the seller shows the certificate, the operator confirms it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.models import Message, StaffRole
from market.audit.models import AuditEvent
from market.claims.claim_facts import pricing_of
from market.deals.certificates import CertificateEntry, decide_certificate, submit_certificate
from market.deals.files import may_open_deal_file
from market.deals.models import Deal, ExchangeCertificate, Pricing
from market.deals.publicity import skip_publicity, start_publicity
from market.deals.states import DealStatus
from market.files.attachments import StoredBlob
from market.files.models import StoredFile
from market.files.uploads import Upload
from market.kit.database import in_transaction
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.money import Money
from market.records.by import By
from market.records.decisions import AlreadyDecided, Verdict
from tests.databases import tampered
from tests.deals.factories import PRICE, STATEMENT, Parties, make_parties, make_priced, make_to_sign
from tests.factories import HOLIDAYS, NOW, make_staff
from tests.invariants import broken
from tests.visitor import post, sign_in

ENTRY = CertificateEntry("桂科技术产权交易所", "GK-2026-0117", NOW.date(), PRICE)
BLOB = StoredBlob(Upload("挂牌成交凭证.pdf", b"%PDF-1.4", "application/pdf"), "0" * 64)


async def submit(parties: Parties, deal: Deal, entry: CertificateEntry = ENTRY) -> ExchangeCertificate:
    return await submit_certificate(deal.number, entry, BLOB, by=By(parties.seller, NOW))


async def test_a_confirmed_certificate_makes_the_price_a_listed_one_without_publicity() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)
    operator = By(await make_staff(StaffRole.OPERATOR), NOW)
    with pytest.raises(Conflict):
        await skip_publicity(deal.number, by=By(parties.seller, NOW))
    for entry, field in (
        (replace(ENTRY, price=Money(PRICE.amount + 1)), "price"),
        (replace(ENTRY, dated_on=NOW.date() + timedelta(days=1)), "dated_on"),
    ):
        with pytest.raises(Invalid) as refused:
            await submit(parties, deal, entry)
        assert refused.value.field == field
    with pytest.raises(Forbidden, match="转让方"):
        await submit_certificate(deal.number, ENTRY, BLOB, by=By(parties.buyer, NOW))
    certificate = await submit(parties, deal)
    with pytest.raises(Conflict, match="已提交"):
        await submit(parties, deal)
    with pytest.raises(Forbidden):
        await decide_certificate(certificate.id, Verdict.CONFIRMED, by=By(parties.seller, NOW))
    assert (await Deal.get(id=deal.id)).pricing is Pricing.AGREED

    await decide_certificate(certificate.id, Verdict.CONFIRMED, by=operator)

    deal = await Deal.get(id=deal.id)
    assert (deal.pricing, pricing_of(deal, None)) == (Pricing.LISTED, "listed")
    with pytest.raises(AlreadyDecided):
        await decide_certificate(certificate.id, Verdict.REJECTED, reason="x", by=operator)
    with pytest.raises(Conflict, match="挂牌"):
        await start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW))
    await skip_publicity(deal.number, by=By(parties.seller, NOW))
    deal = await Deal.get(id=deal.id)
    assert (deal.status, "挂牌" in deal.skip_reason) == (DealStatus.TO_SIGN, True)
    with pytest.raises(Conflict):
        await submit(parties, deal)
    assert await Message.filter(text__contains="凭证已确认").count() >= 2
    verbs = await AuditEvent.filter(subject_id=deal.id).values_list("action", flat=True)
    assert {"submit_certificate", "decide_certificate"} <= set(verbs)
    assert await broken("deals", "records", "audit") == {}


async def test_a_rejected_certificate_is_submitted_anew_and_one_serves_one_deal() -> None:
    parties, others = await make_parties(), await make_parties()
    deal, other = await make_priced(parties), await make_priced(others)
    operator = By(await make_staff(StaffRole.OPERATOR), NOW)
    first = await submit(parties, deal)
    with pytest.raises(Invalid, match="理由"):
        await decide_certificate(first.id, Verdict.REJECTED, by=operator)
    await decide_certificate(first.id, Verdict.REJECTED, reason="编号查不到", by=operator)
    await submit(parties, deal)

    with pytest.raises(Invalid, match="另一笔"):
        await submit(others, other)
    assert (await Deal.get(id=deal.id)).pricing is Pricing.AGREED
    assert await broken("deals") == {}


async def test_a_price_that_was_published_as_agreed_stays_so() -> None:
    parties = await make_parties()
    with pytest.raises(Conflict, match="公示"):
        await submit(parties, await make_to_sign(parties))


async def test_only_the_sides_and_the_operator_open_the_certificate() -> None:
    parties = await make_parties()
    certificate = await submit(parties, await make_priced(parties))
    file = await StoredFile.get(id=certificate.file_id)

    viewers = [
        parties.buyer,
        await make_staff(StaffRole.OPERATOR),
        await make_staff(StaffRole.APPROVER),
        None,
    ]
    assert [await may_open_deal_file(viewer, file) for viewer in viewers] == [True, True, False, False]


TAMPERED = (
    "UPDATE deals SET pricing = 'agreed'",
    "UPDATE deals SET price_amount = price_amount + 1",
    "UPDATE exchange_certificates SET price_amount = price_amount - 1",
    "DELETE FROM exchange_certificates",
)


@pytest.mark.owner
async def test_what_was_tampered_with_is_found_and_the_certificate_is_kept() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)
    certificate = await submit(parties, deal)
    await decide_certificate(
        certificate.id, Verdict.CONFIRMED, by=By(await make_staff(StaffRole.OPERATOR), NOW)
    )

    assert await broken("deals") == {}
    for statement in TAMPERED:
        async with tampered(statement):
            assert await broken("deals"), statement
    for statement in TAMPERED[2:]:
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await Deal.raw(statement)


async def test_the_pages_of_the_seller_and_of_the_operator(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_priced(parties)
    page = f"/deals/{deal.number}/certificate"
    form = {"exchange": ENTRY.exchange, "number": ENTRY.number, "dated_on": "2026-03-02", "price": "1150000"}
    files = {"file": ("挂牌成交凭证.pdf", b"%PDF-1.4 certificate", "application/pdf")}
    await sign_in(client, parties.buyer)
    assert (await client.get(page)).status_code == 404
    await sign_in(client, parties.seller)
    assert "提交挂牌交易凭证" in (await client.get(f"/deals/{deal.number}")).text
    assert "应与双方约定的价格一致" in (await client.get(page)).text
    assert (await post(client, page, form)).status_code == 422
    assert "待平台管理员确认" in (await post(client, page, form, files=files)).text

    desk_address = "/backoffice/certificates"
    certificate = await ExchangeCertificate.get()
    address = f"{desk_address}/{certificate.id}"
    for other in (parties.seller, await make_staff(StaffRole.APPROVER), await make_staff(StaffRole.AUDITOR)):
        await sign_in(client, other)
        assert (await client.get(desk_address)).status_code == 403
        assert (await post(client, address, {"verdict": "confirmed"})).status_code == 403
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    assert "挂牌交易凭证待确认" in (await client.get("/dashboard")).text
    assert ENTRY.number in (await client.get(desk_address)).text
    assert "已确认" in (await post(client, address, {"verdict": "confirmed"})).text
    await sign_in(client, parties.buyer)
    shown = (await client.get(f"/deals/{deal.number}")).text
    assert "已确认" in shown
    assert "进入签约" in shown
