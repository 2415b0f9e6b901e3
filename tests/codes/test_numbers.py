from datetime import UTC, datetime

import pytest

from market.codes import numbers
from market.codes.models import Counter
from market.kit.database import in_transaction
from market.rooms import ROOMS

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


async def test_numbers_of_one_family_follow_each_other() -> None:
    first = await numbers.next_number("outcome", NOON)
    second = await numbers.next_number("outcome", NOON)

    assert (first, second) == ("CG-2026-000001", "CG-2026-000002")


async def test_each_family_counts_for_itself() -> None:
    await numbers.next_number("outcome", NOON)

    assert await numbers.next_number("need", NOON) == "XQ-2026-000001"


async def test_each_year_begins_at_one_when_it_begins_in_shanghai() -> None:
    last_second = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    await numbers.next_number("deal", NOON)

    before = await numbers.next_number("deal", last_second)
    after = await numbers.next_number("deal", midnight)

    assert (before, after) == ("JY-2026-000002", "JY-2027-000001")


async def test_a_number_of_an_act_that_is_undone_is_given_out_again() -> None:
    await numbers.next_number("claim", NOON)

    async with in_transaction() as transaction:
        await numbers.next_number("claim", NOON)
        await transaction.rollback()

    assert await numbers.next_number("claim", NOON) == "BZ-2026-000002"


async def test_an_import_takes_many_numbers_at_once() -> None:
    await numbers.next_number("outcome", NOON)

    taken = await numbers.next_numbers("outcome", 3, NOON)

    assert taken == ["CG-2026-000002", "CG-2026-000003", "CG-2026-000004"]
    assert (await Counter.get(family="CG", year=2026)).value == 4


async def test_an_import_of_nothing_takes_no_number() -> None:
    assert await numbers.next_numbers("outcome", 0, NOON) == []
    assert not await Counter.exists()


async def test_after_a_million_the_number_grows_longer() -> None:
    await Counter.create(family="CG", year=2026, value=999_999)

    assert await numbers.next_number("outcome", NOON) == "CG-2026-1000000"


async def test_a_family_that_nobody_knows_has_no_numbers() -> None:
    with pytest.raises(ValueError, match="letters"):
        await numbers.next_number("zz", NOON)


def test_no_two_kinds_of_record_share_their_letters() -> None:
    letters = [subject.number for subject in ROOMS.subjects.values() if subject.number]

    assert len(set(letters)) == len(letters)
