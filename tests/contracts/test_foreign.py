"""A contract in a currency without a minor unit, from the offer to the statement of both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import httpx

from market.contracts import contract_changes
from market.contracts.models import Contract, ContractDraft, Receipt
from market.contracts.prints import form_rows
from market.contracts.queries import get_contract_for, received_amount
from market.contracts.signing import confirm_draft
from market.contracts.states import ChangeKind
from market.contracts.terms import three_amounts
from market.deals.brokerage import owed_commission
from market.deals.models import Deal, Offer, Side
from market.deals.openings import agree_introduction, introduce
from market.deals.terms import PlanRow
from market.deps import Deps
from market.kit.formats import yuan
from market.kit.money import Money
from market.ledger.transfers import balance
from market.records.by import By
from market.records.figures import Period
from market.reports.statements import statement_lines, statement_scope
from tests.contracts.factories import LATER, TODAY, make_registered
from tests.contracts.online_payments import make_payable_contract
from tests.contracts.test_views import SCAN, SIGN
from tests.deals.factories import Parties, make_agreed, make_match, make_parties, make_to_sign, move_clock
from tests.deals.test_offer_pages import OFFER
from tests.factories import NOW, make_broker
from tests.invariants import OF_CONTRACTS, broken
from tests.visitor import post, sign_in

PRICE = Money(9_000_001, "JPY")
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


async def test_yen_go_through_the_whole_chain_without_hundredths() -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    deal = await introduce(match.id, 250, "引荐", payer=Side.SELLER, by=By(broker, NOW))
    for actor in (parties.seller, parties.buyer):
        deal = await agree_introduction(deal.number, by=By(actor, NOW))
    payable = await make_payable_contract(parties, await make_yen_contract(parties, deal))

    payment = await payable.pay()
    [page] = payable.standin.all("checkout.session")
    refund = await payable.refund(payment, 40)

    assert (page["currency"], page["amount_total"]) == ("jpy", 6_000_001)
    assert payment.money == Money(6_000_001, "JPY")
    assert refund.money == Money(40, "JPY")
    assert {receipt.currency for receipt in await Receipt.all()} == {"JPY"}
    got = three_amounts(payable.contract, await received_amount(payable.contract.id))
    assert (got.contract, got.received, got.left) == (
        PRICE,
        Money(5_999_961, "JPY"),
        Money(3_000_040, "JPY"),
    )
    assert yuan(got.received) == "JP¥5,999,961"
    assert await balance(f"met:online:{parties.university.id}:JPY") == Money(5_999_961, "JPY")
    # 2.5 % of what is left of the receipts, rounded once over the whole.
    assert await owed_commission(deal.id) == Money(149_999, "JPY")
    for side, organisation in ((Side.SELLER, parties.university), (Side.BUYER, parties.enterprise)):
        lines = await statement_lines(Period(*YEAR), statement_scope(organisation.id, side))
        values = [line.value for line in lines]
        figures = {value.figure.key: value.money for value in values}
        assert figures["agreed"] == PRICE
        assert figures["received"] == Money(6_000_001, "JPY")
        assert figures["refunded"] == Money(40, "JPY")
        owed = Money(149_999, "JPY") if side is Side.SELLER else Money(0)
        assert figures["commissioned"] == owed
    ending = await contract_changes.propose_change(
        payable.contract.number,
        ChangeKind.RESCISSION,
        "协商解除",
        agreed_on=TODAY,
        by=By(parties.buyer, LATER),
    )
    await contract_changes.confirm_change(ending.id, by=By(parties.seller, LATER))
    assert await balance(f"agreed:{parties.university.id}:JPY") == Money(-5_999_961, "JPY")
    assert await broken(*OF_CONTRACTS) == {}


async def test_the_pages_take_and_show_yen_as_yen(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)
    domestic = await post(
        client, f"/deals/{deal.number}/offer", OFFER | {"currency": "JPY", "price": "900.0001"}
    )
    abroad = OFFER | {"buyer_country": "392", "currency": "JPY"}
    finer = await post(client, f"/deals/{deal.number}/offer", abroad | {"price": "1.00005"})
    offered = await post(client, f"/deals/{deal.number}/offer", abroad | {"price": "900.0001"})
    deal = await make_to_sign(parties, deal=deal, offer=await Offer.get(deal_id=deal.id))
    move_clock(deps, LATER)
    await sign_in(client, parties.seller)
    signing = await client.get(f"/deals/{deal.number}/sign")
    fields = SIGN | {"buyer_country": "392", "exclusions-0-amount": "100", "plan-0-amount": "900.0001"}
    bare = await post(client, f"/deals/{deal.number}/sign", fields, files=SCAN)
    rate = {"original_amount": "439024.44", "exchange_rate": "20.5", "rate_on": "2026-03-21"}
    await post(client, f"/deals/{deal.number}/sign", fields | rate, files=SCAN)
    draft = await ContractDraft.get()

    contract = await confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))
    page = await client.get(f"/contracts/{contract.number}")
    form = dict(form_rows(await get_contract_for(parties.seller, contract.number)))

    assert domestic.status_code == 422
    assert "不能用外币计价" in domestic.text
    assert 'value="900.0001"' in domestic.text
    assert "没有小数" in finer.text
    assert "JP¥9,000,001" in offered.text
    assert "日本" in offered.text
    assert [
        option for option in signing.text.split("<option") if 'value="392"' in option and "selected" in option
    ]
    assert "折合人民币" in bare.text
    assert contract.trade_money == Money(8_000_001, "JPY")
    assert "JP¥8,000,001" in page.text
    assert "1 CNY = 20.5 JPY" in page.text
    assert (form["合同成交额（元）"], form["其中技术交易额（元）"]) == (
        Decimal("439024.44"),
        Decimal("390243.95"),
    )
    assert (form["外币币种"], form["外币金额"]) == ("JPY", Decimal(9_000_001))


async def make_yen_contract(parties: Parties, deal: Deal) -> Contract:
    """Signed and registered at a price in yen, paid in two parts."""
    plan = (PlanRow("合同生效后 10 日", date(2026, 3, 31), 6_000_001), PlanRow("首批合格", None, 3_000_000))
    return await make_registered(
        parties,
        deal=await make_to_sign(parties, deal=deal, price=PRICE),
        price=PRICE,
        exclusions=(),
        instalments=plan,
        buyer_country="392",
        original=Money(439_024_44),
        exchange_rate=20_500_000,
        rate_on=TODAY,
    )
