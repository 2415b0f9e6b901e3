"""Several people at the same moment, on real connections: one effect, and a clear refusal for the rest."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from market.accounts.models import MemberRole
from market.audit.models import AuditEvent
from market.contracts import bank_statements, refunds, signing, statement_imports
from market.contracts.models import INSTALMENT, Contract, ContractDraft, Receipt
from market.contracts.remittances import confirm_remittance
from market.deals.brokerage import book_commission
from market.deals.models import Deal, Offer
from market.deals.offers import accept_offer, make_offer
from market.deals.openings import agree_introduction, introduce, open_interest
from market.deals.parties import other_side
from market.deals.publicity import start_publicity
from market.deals.states import DealStatus, OfferStatus
from market.kit.database import connection, dedicated_connection
from market.kit.errors import Conflict, Invalid
from market.kit.money import Money
from market.ledger import transfers as book
from market.ledger.models import Transfer
from market.notices import notice_acts as notices
from market.notices import objections
from market.notices.models import Notice, Objection
from market.notices.states import NoticeStatus
from market.payments import connected_accounts, gateway_events, remittances
from market.payments.models import Payment, Refund
from market.payments.payables import PaidPayment
from market.payments.payables import book as book_update
from market.payments.refunds import send_refund
from market.payments.standin_gateway import StandInGateway
from market.records.by import By
from market.search.embedded import EmbeddedSearch
from market.search.health import WATCH, watch
from market.search.relay import unless_held
from tests.contracts.bank_statements import kept, lines_of, take_over
from tests.contracts.factories import (
    KEPT,
    LATER,
    TODAY,
    contract_terms,
    instalments_of,
    make_contract,
    make_registered,
    make_remittance,
)
from tests.contracts.online_payments import make_payable_contract
from tests.deals.factories import (
    STATEMENT,
    make_match,
    make_offered,
    make_parties,
    make_priced,
    make_published,
    make_to_sign,
    terms,
)
from tests.factories import HOLIDAYS, NOW, make_broker, make_member, make_organisation
from tests.payments.bank_statement_files import Row, icbc
from tests.payments.checkout_setup import URLS, checkout_setup
from tests.payments.test_remittances import voucher

pytestmark = [pytest.mark.committed, pytest.mark.long]


async def race(*acts: Coroutine[Any, Any, Any]) -> Counter[str]:
    """Run the acts at once; return how many were done, and how many refused by the kind of refusal."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    return Counter(
        type(result).__name__ if isinstance(result, BaseException) else "done" for result in results
    )


async def one_wins(*acts: Coroutine[Any, Any, Any]) -> None:
    results = await asyncio.gather(*acts, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(results) - len(refused) == 1
    assert all(isinstance(error, Conflict) for error in refused), refused


async def _granted(amount: int) -> None:
    await book.post("g", Money(amount), debit="granted:x", credit="budget:x", reference="g", at=NOW)


async def test_one_reference_is_booked_once() -> None:
    await _granted(100)

    transfers = await asyncio.gather(
        *[
            book.post("t", Money(60), debit="budget:x", credit="disbursed:1", reference="r", at=NOW)
            for _ in range(20)
        ]
    )

    assert len({transfer.id for transfer in transfers}) == 1


async def test_no_more_is_spent_than_the_budget_holds() -> None:
    await _granted(100)

    counts = await race(
        *[
            book.post("t", Money(30), debit="budget:x", credit=f"disbursed:{n}", reference=f"r{n}", at=NOW)
            for n in range(20)
        ]
    )

    assert counts == {"done": 3, "Overdrawn": 17}


async def test_accounts_are_opened_by_whoever_comes_first() -> None:
    ways = [("granted:y", "met:z"), ("met:z", "granted:y")] * 10

    counts = await race(
        *[
            book.post("t", Money(30), debit=debit, credit=credit, reference=f"r{n}", at=NOW)
            for n, (debit, credit) in enumerate(ways)
        ]
    )

    assert counts == {"done": 20}


async def test_what_was_set_aside_ends_once() -> None:
    await _granted(100)
    pending = await book.post(
        "t", Money(60), debit="budget:x", credit="disbursed:1", reference="r", at=NOW, pending=True
    )

    counts = await race(
        *[
            (book.post_pending if n % 2 else book.void_pending)(pending.id, reference=f"e{n}", at=NOW)
            for n in range(20)
        ]
    )

    assert counts == {"done": 1, "AlreadyEnded": 19}


async def test_a_booking_is_reversed_once() -> None:
    transfer = await book.post("t", Money(10), debit="granted:x", credit="met:1", reference="r", at=NOW)

    counts = await race(*[book.reverse(transfer.id, reference=f"v{n}", at=NOW) for n in range(20)])

    assert counts == {"done": 1, "NotReversible": 19}


async def test_one_offer_is_accepted_once() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)

    await one_wins(
        *[
            accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.seller, NOW))
            for _ in range(50)
        ]
    )


async def test_of_two_counter_offers_one_stands() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)

    await one_wins(
        *[
            make_offer(
                deal.number,
                terms(Money(100_000_000 + n)),
                base_offer_id=offer.id,
                valid_days=5,
                by=By(actor, NOW),
            )
            for n, actor in enumerate([parties.seller, parties.buyer] * 4)
        ]
    )

    assert await Offer.filter(deal_id=deal.id, status=OfferStatus.OPEN).count() == 1


async def test_an_offer_is_either_accepted_or_replaced() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)

    await one_wins(
        accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.seller, NOW)),
        make_offer(
            deal.number, terms(Money(1_00)), base_offer_id=offer.id, valid_days=5, by=By(parties.buyer, NOW)
        ),
    )


async def test_a_buyer_opens_one_deal_about_an_outcome() -> None:
    parties = await make_parties()

    await one_wins(
        *[open_interest(parties.outcome.number, "想用", by=By(parties.buyer, NOW)) for _ in range(5)]
    )


async def test_a_broker_introduces_a_match_once() -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)

    await one_wins(*[introduce(match.id, 100, "引荐", by=By(broker, NOW)) for _ in range(5)])


async def test_a_price_is_published_once() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    await one_wins(
        *[
            start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW))
            for _ in range(5)
        ]
    )

    assert await Notice.all().count() == 1


async def test_a_notice_is_never_clear_with_an_open_objection() -> None:
    deal = await make_published(await make_parties())
    notice, objector = await Notice.get(subject_id=deal.id), await make_member()
    assert notice.ends_at is not None

    refused = await race(
        objections.object_to(
            notice.number, reason="价格偏低", by=By(objector, notice.ends_at - timedelta(seconds=1))
        ),
        notices.end_period(notice.id, HOLIDAYS, now=notice.ends_at),
    )

    status = (await Notice.get(id=notice.id)).status
    is_objected = await Objection.filter(notice_id=notice.id).exists()
    assert refused.total() == 2
    assert status is (NoticeStatus.OBJECTED if is_objected else NoticeStatus.CLEAR)


async def test_a_contract_is_entered_once_and_confirmed_once() -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)

    await one_wins(
        *[
            signing.enter_draft(deal.number, contract_terms(), KEPT, draft_hash="", by=By(actor, LATER))
            for actor in [parties.seller, parties.buyer] * 3
        ]
    )
    draft = await ContractDraft.get()
    await one_wins(
        *[
            signing.confirm_draft(
                deal.number, draft.content_hash, by=By(parties.on(other_side(draft.side)), LATER)
            )
            for _ in range(6)
        ]
    )

    assert await Contract.all().count() == 1


async def test_money_that_came_is_counted_once() -> None:
    parties = await make_parties()
    first, second = await instalments_of(await make_registered(parties))
    remittance = await make_remittance(parties, first, first.amount)
    paid = PaidPayment(uuid4(), INSTALMENT, second.id, Money(second.amount), Money(0), LATER)

    await one_wins(
        *[confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER)) for _ in range(8)]
    )
    counts = await race(*[book_update(paid, by=By.job(LATER)) for _ in range(50)])

    assert counts == {"done": 50}
    assert await Receipt.all().count() == 2
    assert (await Deal.get()).status is DealStatus.COMPLETED


async def test_one_line_of_a_bank_statement_is_booked_once() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    row = Row("805,000.00", f"{contract.number}-1")

    matches = await race(
        *[
            statement_imports.import_statement(kept(icbc(row)), by=By(parties.seller, LATER))
            for _ in range(10)
        ]
    )
    statement = await take_over(parties, row)
    [line] = await lines_of(statement)
    counts = await race(
        *[bank_statements.confirm_line(line.id, by=By(parties.seller_finance, LATER)) for _ in range(50)]
    )

    assert matches == {"done": 10}
    assert counts == {"done": 1, "ActionNotAllowed": 49}
    assert await Receipt.all().count() == 1


async def test_a_commission_is_booked_once_and_comes_down_once() -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    deal = await introduce(match.id, 300, "引荐", by=By(broker, NOW))
    for actor in (parties.seller, parties.buyer):
        await agree_introduction(deal.number, by=By(actor, NOW))

    for arrived, times in ((1_000_000, 50), (400_000, 10)):
        counts = await race(*[book_commission(deal.id, Money(arrived), at=NOW) for _ in range(times)])
        assert counts == {"done": times}

    booked = await Transfer.filter(subject_id=deal.id).order_by("reference")
    assert [(transfer.kind, transfer.amount) for transfer in booked] == [
        ("commission", 30_000),
        ("commission_back", 18_000),
    ]


async def test_a_payment_goes_back_once() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()

    counts = await race(
        *[
            refunds.request_refund(
                payment.id, payment.amount, "退回", by=By(payable.parties.seller_finance, LATER)
            )
            for _ in range(50)
        ]
    )
    refund = await Refund.get()
    sent = await race(
        *[send_refund(refund.id, gateway=payable.gateway, now=LATER) for _ in range(10)],
        *[payable.settle_all_again() for _ in range(2)],
    )

    assert counts["done"] == 1
    assert sent == {"done": 12}
    assert len(payable.standin.all("refund")) == 1
    assert await Receipt.filter(amount__lt=0).count() == 1


async def test_a_refund_by_bank_is_confirmed_once() -> None:
    parties = await make_parties()
    [line] = await lines_of(await take_over(parties, Row("8.00", payer="某厂")))
    other = await make_member(parties.university, MemberRole.FINANCE)

    recorded = await race(
        *[
            refunds.record_refund(
                line,
                800,
                "付错",
                refunded_on=TODAY,
                bank_reference="",
                blob=None,
                by=By(parties.seller_finance, LATER),
            )
            for _ in range(20)
        ]
    )
    refund = await Refund.get()
    confirmed = await race(*[refunds.confirm_refund(refund.id, by=By(other, LATER)) for _ in range(50)])

    assert recorded == {"done": 1, "ActionNotAllowed": 19}
    assert confirmed == {"done": 1, "ActionNotAllowed": 49}


async def test_no_more_is_recorded_than_is_left_of_an_instalment() -> None:
    parties = await make_parties()
    first, _second = await instalments_of(await make_registered(parties))

    counts = await race(*[make_remittance(parties, first, 60_000_000) for _ in range(4)])

    assert counts["done"] == 1


async def test_one_registration_number_names_one_contract() -> None:
    sides = [await make_parties(), await make_parties()]
    signed = [await make_contract(side) for side in sides]

    counts = await race(
        *[
            signing.register_contract(
                contract.number,
                "4526010300000117",
                registered_on=TODAY,
                registry="南宁市技术合同登记站",
                by=By(parties.seller, LATER),
            )
            for contract, parties in zip(signed, sides, strict=True)
        ]
    )

    assert counts["done"] == 1


async def test_paying_online_is_begun_once() -> None:
    async with checkout_setup(await make_member()) as checkout:
        counts = await race(*[checkout.start() for _ in range(20)])

    assert counts == {"done": 20}
    assert await Payment.filter(payable_id=checkout.toy.id).count() == 1
    assert len(checkout.standin.all("checkout.session")) == 1


async def test_one_invoice_is_recorded_once_and_confirmed_once() -> None:
    office = await make_organisation()
    first, second, third = [await make_member(office) for _ in range(3)]
    file = await voucher(first)

    results = await asyncio.gather(
        *[
            remittances.record_remittance(
                INSTALMENT,
                uuid4(),
                Money(5),
                received_on=date(2026, 3, 1),
                voucher_id=file,
                invoice_number="1",
                invoice_amount=5,
                by=By(first, NOW),
            )
            for _ in range(10)
        ],
        return_exceptions=True,
    )
    recorded = [result for result in results if not isinstance(result, BaseException)]
    confirmed = await race(
        *[remittances.confirm_remittance(recorded[0].id, by=By(actor, NOW)) for actor in [second, third] * 10]
    )

    assert len(recorded) == 1
    assert {getattr(result, "field", result) for result in results if result not in recorded} == {
        "invoice_number"
    }
    assert confirmed == {"done": 1, "ActionNotAllowed": 19}
    assert await AuditEvent.filter(subject_kind="remittance").count() == 2


async def test_one_invoice_is_for_one_receipt_of_whatever_contract() -> None:
    sides = [await make_parties() for _ in range(4)]
    firsts = [(await instalments_of(await make_contract(side)))[0] for side in sides]

    results = await asyncio.gather(
        *[
            make_remittance(parties, first, 500, invoice_number="26450001", invoice_amount=500)
            for parties, first in list(zip(sides, firsts, strict=True)) * 3
        ],
        return_exceptions=True,
    )

    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 11
    assert {(type(error), getattr(error, "field", "")) for error in refused} == {(Invalid, "invoice_number")}


async def test_an_event_delivered_twenty_times_is_settled_once() -> None:
    async with checkout_setup(await make_member()) as checkout:
        page = await checkout.page()
        checkout.standin.hold = True
        await checkout.standin.pay(page)
        body = checkout.standin._state["waiting"][-1]
        event_id = json.loads(body)["id"]

        delivered = await race(
            *[checkout.deliver(body.encode(), checkout.standin.sign(body)) for _ in range(20)]
        )
        jobs = await connection().execute_query_dict(
            "SELECT count(*) AS n FROM procrastinate_jobs WHERE args->>'event_id' = $1", [event_id]
        )
        settled = await race(
            *[gateway_events.settle_event(event_id, gateway=checkout.gateway, now=NOW) for _ in range(10)],
            *[checkout.start() for _ in range(10)],
        )

    payment = await checkout.payment()
    assert delivered == {"done": 20}
    assert jobs[0]["n"] == 1
    assert settled == {"done": 10, "AlreadyPaid": 10}
    assert payment.status == "succeeded"
    assert (
        await AuditEvent.filter(subject_kind="payment", subject_id=payment.id, action="succeed").count() == 1
    )


async def test_an_account_at_the_gateway_is_opened_once() -> None:
    organisation, actor = await make_organisation(), await make_member()
    gateway = StandInGateway()

    counts = await race(
        *[
            connected_accounts.start_onboarding(organisation, gateway=gateway, by=By(actor, NOW), urls=URLS)
            for _ in range(10)
        ]
    )

    assert counts == {"done": 10}
    assert await AuditEvent.filter(subject_kind="organisation").count() == 1


async def test_an_index_is_mended_by_one_look_at_a_time(tmp_path: Path) -> None:
    """A rebuild may last longer than the minute after which the next look is due."""
    await make_organisation()
    search = EmbeddedSearch(tmp_path)

    async with unless_held(WATCH) as is_first:
        meanwhile = await watch(search=search, now=NOW, pause=0)

    assert (is_first, meanwhile) == (True, {})
    assert "organisations" in await watch(search=search, now=NOW, pause=0)
    assert await watch(search=search, now=NOW, pause=0) == {}


async def test_a_lock_that_somebody_left_behind_goes_with_their_connection() -> None:
    """Else the relay would find its index being written for ever."""
    async with dedicated_connection() as own:
        assert await own.fetchval("SELECT pg_try_advisory_lock(77)")
    locks = await connection().execute_query_dict("SELECT 1 FROM pg_locks WHERE objid = 77")
    assert locks == []
