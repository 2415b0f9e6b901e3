"""How a line is parted over instalments, and what the text may say against the amount: nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from market.kit.money import Money
from market.payments.line_matching import LineFacts, LineMatcher, Match, OpenPayable, instalments_in

PAYER = "南宁铝业有限公司"


def instalment(contract: int, sequence: int, owed: int, *, left: int | None = None) -> OpenPayable:
    return OpenPayable(
        UUID(int=contract * 100 + sequence),
        f"HT-2026-{contract:06d}",
        sequence,
        Money(owed),
        Money(owed if left is None else left),
        PAYER,
        "4500",
    )


def line(amount: int, text: str = "", payer: str = "") -> LineFacts:
    return LineFacts(Money(amount), text, payer, "", "")


def parts_of(match: Match | None) -> list[tuple[int, int]]:
    assert match is not None
    return [(part.payable_id.int, part.money.amount) for part in match.parts]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("货款第2期", {2}),
        ("第二期", {2}),
        ("第 十二 期", {12}),
        ("第二十三期款", {23}),
        ("第三笔、第4笔", {3, 4}),
        ("货款", set()),
        ("第十十期", set()),
    ],
)
def test_an_instalment_is_named_as_people_do(text: str, numbers: set[int]) -> None:
    assert instalments_in(text) == numbers


def test_a_transfer_that_names_two_contracts_is_offered_in_two_parts() -> None:
    matcher = LineMatcher([instalment(1, 3, 284_000_00), instalment(4, 3, 300_000_00)], [])

    match = matcher.match(line(584_000_00, "HT-2026-000001-3 和 HT-2026-000004-3"))

    assert parts_of(match) == [(103, 284_000_00), (403, 300_000_00)]
    assert match is not None
    assert not match.exceeds


def test_what_exceeds_or_misses_the_named_instalments_falls_to_the_last() -> None:
    payables = [instalment(1, 1, 100), instalment(2, 1, 100)]
    text = "HT-2026-000001-1 HT-2026-000002-1"

    too_much = LineMatcher(payables, []).match(line(250, text))
    too_little = LineMatcher(payables, []).match(line(150, text))

    assert parts_of(too_much) == [(101, 100), (201, 150)]
    assert parts_of(too_little) == [(101, 100), (201, 50)]
    assert too_much is not None
    assert too_little is not None
    assert (too_much.exceeds, too_little.exceeds) == (True, False)


def test_a_named_contract_for_which_nothing_is_left_of_the_transfer_has_no_part() -> None:
    payables = [instalment(1, 1, 100), instalment(2, 1, 100), instalment(3, 1, 100)]

    match = LineMatcher(payables, []).match(line(150, "HT-2026-000001-1 HT-2026-000002-1 HT-2026-000003-1"))

    assert parts_of(match) == [(101, 100), (201, 50)]


@pytest.mark.parametrize("facts", [line(1_050, "HT-2026-000001"), line(1_050, payer=PAYER)])
def test_a_transfer_of_the_next_two_instalments_pays_both(facts: LineFacts) -> None:
    matcher = LineMatcher([instalment(1, 1, 750), instalment(1, 2, 300), instalment(1, 3, 500)], [])

    assert parts_of(matcher.match(facts)) == [(101, 750), (102, 300)]


def test_the_text_decides_between_instalments_of_one_amount() -> None:
    matcher = LineMatcher([instalment(1, 1, 560), instalment(1, 2, 560)], [])

    assert parts_of(matcher.match(line(560, "第2期", PAYER))) == [(102, 560)]


def test_the_text_never_decides_against_the_amount() -> None:
    matcher = LineMatcher([instalment(1, 2, 750), instalment(1, 3, 560)], [])

    assert parts_of(matcher.match(line(560, "HT-2026-000001 第2期"))) == [(103, 560)]


def test_a_second_payment_of_one_instalment_is_not_taken_for_the_next() -> None:
    matcher = LineMatcher([instalment(1, 2, 560, left=0), instalment(1, 3, 700)], [])

    match = matcher.match(line(560, "HT-2026-000001 第2期"))

    assert parts_of(match) == [(102, 560)]
    assert match is not None
    assert match.exceeds


def test_two_contracts_that_could_be_meant_are_left_to_a_person() -> None:
    matcher = LineMatcher([instalment(1, 1, 560), instalment(2, 1, 560)], [])

    assert matcher.match(line(560, payer=PAYER)) is None
