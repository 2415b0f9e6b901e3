"""Which open payable a line of a bank statement is offered, where a person decides."""

from __future__ import annotations

from uuid import UUID

from market.kit.money import Money
from market.payments.line_matching import (
    LineFacts,
    LineMatcher,
    OpenPayable,
    RecordedRemittance,
    payment_reference,
    references_in,
)
from market.payments.states import RemittanceStatus


def payable(number: int, *, left: int = 100, currency: str = "CNY", payer: str = "南南线缆") -> OpenPayable:
    return OpenPayable(
        UUID(int=number),
        f"HT-2026-{number:06d}",
        1,
        Money(500, currency),
        Money(left, currency),
        payer,
        f"4500{number}",
    )


def line(amount: int, text: str = "", payer: str = "", account: str = "", reference: str = "") -> LineFacts:
    return LineFacts(Money(amount), text, payer, account, reference)


def test_a_payer_is_asked_for_the_reference_that_is_recognised_later() -> None:
    assert references_in(f"货款 {payment_reference('HT-2026-000001', 12)}") == [("HT-2026-000001", 12)]


def test_the_payable_named_comes_first_then_the_payers_then_the_same_amount() -> None:
    named, of_payer, same_amount, other = (
        payable(4, payer="甲"),
        payable(3, payer="乙"),
        payable(2, left=77, payer="丙"),
        payable(1, payer="丁"),
    )
    matcher = LineMatcher([other, same_amount, of_payer, named], [])

    listed = matcher.candidates(line(77, text="HT-2026-000004", payer="乙"))

    assert listed == [named, of_payer, same_amount, other]


def test_what_is_paid_or_in_another_currency_is_not_offered() -> None:
    paid, foreign, by_account = payable(1, left=0), payable(2, currency="USD"), payable(3)
    matcher = LineMatcher([paid, foreign, by_account], [])

    assert matcher.candidates(line(100, account="45003")) == [by_account]


def test_what_a_line_took_is_no_longer_left() -> None:
    matcher = LineMatcher([payable(1)], [])

    matcher.match(line(60, text="HT-2026-000001-1"))
    matcher.match(line(60, text="HT-2026-000001-1"))

    assert matcher.left(UUID(int=1)) == Money(-20)


def test_a_transfer_recorded_by_two_payables_is_told_apart_by_the_banks_number() -> None:
    first = RecordedRemittance(
        UUID(int=8), UUID(int=1), Money(100), RemittanceStatus.RECORDED, "A", UUID(int=7)
    )
    second = RecordedRemittance(
        UUID(int=9), UUID(int=1), Money(100), RemittanceStatus.RECORDED, "B", UUID(int=7)
    )
    matcher = LineMatcher([payable(1)], [first, second])

    matched = matcher.match(line(100, text="HT-2026-000001-1", reference="B"))

    assert matched is not None
    assert matched.remittance is second


def test_a_number_of_the_bank_alone_pays_nothing_of_another_amount() -> None:
    recorded = RecordedRemittance(
        UUID(int=8), UUID(int=1), Money(100), RemittanceStatus.RECORDED, "A", UUID(int=7)
    )
    matcher = LineMatcher([payable(1)], [recorded])

    assert matcher.match(line(99, reference="A")) is None


def test_a_payers_line_of_the_recorded_amount_bears_out_what_was_recorded() -> None:
    recorded = RecordedRemittance(
        UUID(int=8), UUID(int=1), Money(60), RemittanceStatus.RECORDED, "", UUID(int=7)
    )
    matcher = LineMatcher([payable(1)], [recorded])

    matched = matcher.match(line(60, payer="南南线缆", reference="Z"))

    assert matched is not None
    assert (matched.basis, matched.remittance) == ("recorded", recorded)
