from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from market.accounts.actors import Actor
from market.audit.models import AuditEvent
from market.files.models import StoredFile
from market.kit.errors import Invalid, NotFound
from market.kit.money import Money
from market.kit.workflow import ActionNotAllowed
from market.payments import remittances
from market.payments.models import Remittance
from market.payments.states import RemittanceStatus
from market.records.by import By
from market.records.decisions import SamePerson
from tests.factories import make_member, make_organisation
from tests.payments.checkout_setup import NOW, PRICE
from tests.payments.toy_payable import TOY, ToyPayable, toy_room

PAYABLE = uuid4()


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    with toy_room(ToyPayable(PRICE, "")):
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def people() -> tuple[Actor, Actor]:
    """Two colleagues of one university's office."""
    organisation = await make_organisation()
    return await make_member(organisation), await make_member(organisation)


async def voucher(actor: Actor) -> UUID:
    file = await StoredFile.create(
        id=uuid4(),
        subject_kind=TOY,
        subject_id=PAYABLE,
        name="回单.pdf",
        media_type="application/pdf",
        size=10,
        sha256="0" * 64,
        uploaded_by_id=actor.user_id,
        uploaded_at=NOW,
    )
    return file.id


async def remit(actor: Actor, **changes: Any) -> Remittance:
    values: dict[str, Any] = {
        "received_on": date(2026, 3, 2),
        "voucher_id": await voucher(actor),
        "by": By(actor, NOW),
    }
    money = changes.pop("money", Money(50_000_00))
    payable = changes.pop("payable", PAYABLE)
    return await remittances.record_remittance(TOY, payable, money, **(values | changes))


async def test_a_remittance_counts_only_when_a_second_person_confirms(people: tuple[Actor, Actor]) -> None:
    recorder, colleague = people
    remittance = await remit(recorder)
    assert remittance.status is RemittanceStatus.RECORDED

    confirmed = await remittances.confirm_remittance(remittance.id, by=By(colleague, NOW))

    assert confirmed.status is RemittanceStatus.CONFIRMED
    assert (confirmed.proposed_by_id, confirmed.decided_by_id) == (recorder.user_id, colleague.user_id)


async def test_who_recorded_a_remittance_may_not_decide_on_it(people: tuple[Actor, Actor]) -> None:
    recorder, _colleague = people
    remittance = await remit(recorder)

    with pytest.raises(SamePerson, match="另一位同事"):
        await remittances.confirm_remittance(remittance.id, by=By(recorder, NOW))
    with pytest.raises(SamePerson):
        await remittances.reject_remittance(remittance.id, "看错了", by=By(recorder, NOW))

    assert (await Remittance.get(id=remittance.id)).status is RemittanceStatus.RECORDED


async def test_a_remittance_is_decided_once(people: tuple[Actor, Actor]) -> None:
    recorder, colleague = people
    remittance = await remit(recorder)
    await remittances.confirm_remittance(remittance.id, by=By(colleague, NOW))

    with pytest.raises(ActionNotAllowed, match="已经有人处理"):
        await remittances.confirm_remittance(remittance.id, by=By(colleague, NOW))
    with pytest.raises(ActionNotAllowed):
        await remittances.reject_remittance(remittance.id, "重复", by=By(colleague, NOW))


async def test_an_invoice_number_is_used_once_in_the_whole_system(people: tuple[Actor, Actor]) -> None:
    recorder, _colleague = people
    await remit(recorder, invoice_number="2645 0000 0001", invoice_amount=50_000_00)

    with pytest.raises(Invalid) as refusal:
        await remit(recorder, payable=uuid4(), invoice_number="２６４５-00000001", invoice_amount=50_000_00)

    assert refusal.value.field == "invoice_number"
    assert await Remittance.filter(invoice_number="264500000001").count() == 1


async def test_the_same_arrival_is_not_recorded_twice_for_one_instalment(
    people: tuple[Actor, Actor],
) -> None:
    recorder, _colleague = people
    await remit(recorder, bank_reference="B20260302-77")

    with pytest.raises(Invalid) as refusal:
        await remit(recorder, bank_reference="B20260302-77")

    assert refusal.value.field == "bank_reference"
    await remit(recorder, bank_reference="B20260302-77", payable=uuid4())


async def test_what_was_rejected_may_be_recorded_again_correctly(people: tuple[Actor, Actor]) -> None:
    recorder, colleague = people
    invoice = {"invoice_number": "264500000002", "invoice_amount": 50_000_00, "bank_reference": "B1"}
    wrong = await remit(recorder, **invoice)
    await remittances.reject_remittance(wrong.id, "金额与回单不符", by=By(colleague, NOW))

    right = await remit(recorder, money=Money(49_000_00), **invoice)

    assert right.status is RemittanceStatus.RECORDED
    assert (await Remittance.get(id=wrong.id)).reason == "金额与回单不符"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"money": Money(0)}, "amount"),
        ({"received_on": date(2026, 3, 3)}, "received_on"),
        ({"invoice_number": "26450001"}, "invoice_number"),
        ({"invoice_amount": 100}, "invoice_number"),
        ({"voucher_id": uuid4()}, "file"),
    ],
)
async def test_what_cannot_be_is_told_at_its_field(
    people: tuple[Actor, Actor], changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await remit(people[0], **changes)

    assert refusal.value.field == field
    assert not await Remittance.all().exists()


async def test_today_is_the_day_it_is_in_nanning(people: tuple[Actor, Actor]) -> None:
    late = NOW.replace(hour=17)

    remittance = await remit(people[0], received_on=date(2026, 3, 3), by=By(people[0], late))

    assert remittance.received_on == date(2026, 3, 3)


async def test_rejecting_needs_a_reason(people: tuple[Actor, Actor]) -> None:
    recorder, colleague = people
    remittance = await remit(recorder)

    with pytest.raises(Invalid):
        await remittances.reject_remittance(remittance.id, "  ", by=By(colleague, NOW))


async def test_a_remittance_that_does_not_exist_cannot_be_confirmed(people: tuple[Actor, Actor]) -> None:
    with pytest.raises(NotFound):
        await remittances.confirm_remittance(uuid4(), by=By(people[0], NOW))


async def test_remittances_are_found_only_through_what_they_pay_for(people: tuple[Actor, Actor]) -> None:
    recorder, _colleague = people
    remittance = await remit(recorder)

    assert [r.id for r in await remittances.list_remittances(TOY, [PAYABLE])] == [remittance.id]
    assert await remittances.list_remittances(TOY, [uuid4()]) == []


async def test_who_recorded_and_who_confirmed_stand_in_the_log(people: tuple[Actor, Actor]) -> None:
    recorder, colleague = people
    remittance = await remit(recorder)
    await remittances.confirm_remittance(remittance.id, by=By(colleague, NOW + timedelta(hours=1)))

    events = await AuditEvent.filter(subject_kind="remittance", subject_id=remittance.id).order_by("sequence")
    assert [event.action for event in events] == ["record", "confirm"]
    assert events[0].actor != events[1].actor
