from typing import Any
from uuid import UUID, uuid4

import pytest
from tortoise.models import Model
from tortoise.transactions import in_transaction

from market.accounts.models import Organisation
from market.kit.statements import OverviewStatement, Statement, TablesStatement
from market.listings.models import Outcome
from tests.factories import make_organisation, make_outcome

BY_TITLE = Statement(
    lambda title, organisation_id: (
        Outcome.filter(title=title, organisation_id=organisation_id)
        .select_related("organisation", "created_by")
        .order_by("number")
        .limit(2)
    ),
    "a title",
    UUID(int=1),
)


async def test_a_statement_reads_what_its_queryset_reads_for_each_value() -> None:
    owner, other = await make_organisation(), await make_organisation()
    for title in ("铝合金", "铝合金", "铝合金", "赤泥"):
        await make_outcome(owner, title=title)

    for title, organisation in (("铝合金", owner), ("赤泥", owner), ("赤泥", other)):
        plain = await (
            Outcome.filter(title=title, organisation_id=organisation.id)
            .select_related("organisation", "created_by")
            .order_by("number")
            .limit(2)
        )
        records = await BY_TITLE.all(title, organisation.id)
        assert [_columns(record) for record in records] == [_columns(record) for record in plain]
        assert [_columns(record.organisation) for record in records] == [
            _columns(record.organisation) for record in plain
        ]
        assert [record.created_by for record in records] == [None] * len(plain)
        assert await BY_TITLE.first(title, str(organisation.id)) == (plain[0] if plain else None)


async def test_records_of_several_tables_come_by_one_statement_as_their_querysets_read_them() -> None:
    owner, other = await make_organisation(), await make_organisation()
    for title in ("铝合金", "赤泥"):
        await make_outcome(owner, title=title, comparison=[{"indicator": "强度", "ours": "500"}])
    tables = TablesStatement(
        {
            "owners": (Organisation, "WHERE id = $1"),
            "outcomes": (Outcome, "WHERE organisation_id = $1 ORDER BY title"),
        }
    )

    for organisation in (owner, other):
        records = await tables.read(organisation.id)
        outcomes = await Outcome.filter(organisation_id=organisation.id).order_by("title")
        assert [_columns(record) for record in records["outcomes"]] == [_columns(row) for row in outcomes]
        fresh = await Organisation.get(id=organisation.id)
        assert [_columns(record) for record in records["owners"]] == [_columns(fresh)]


def _columns(record: Model) -> dict[str, Any]:
    """Return the columns of a record and its marks, without the records that it is joined to."""
    return {
        name: value
        for name, value in vars(record).items()
        if name in record._meta.fields_map or name in ("_partial", "_saved_in_db", "_custom_generated_pk")
    }


async def test_a_statement_sees_what_its_transaction_wrote() -> None:
    owner = await make_organisation()
    async with in_transaction():
        await make_outcome(owner, title="镁合金")
        assert len(await BY_TITLE.all("镁合金", owner.id)) == 1


async def test_one_statement_tells_of_which_kinds_there_are_rows_and_reads_short_lists() -> None:
    owner, other = await make_organisation(), await make_organisation()
    for number, title in enumerate(("赤泥", "铝合金")):
        await make_outcome(owner, title=title, trl=number or None)
    overview = OverviewStatement(
        {"outcomes": "outcomes WHERE organisation_id = $1", "needs": "needs WHERE organisation_id = $1"},
        {"titles": "SELECT (title, trl, created_at) FROM outcomes WHERE organisation_id = $1 ORDER BY trl"},
    )

    seen, unseen = await overview.read(owner.id), await overview.read(other.id)

    assert seen.parts == {"outcomes"}
    assert [tuple(row)[:2] for row in seen.rows["titles"]] == [("铝合金", 1), ("赤泥", None)]
    assert unseen.parts == frozenset()
    assert unseen.rows == {"titles": []}


async def test_values_are_bound_and_never_part_of_the_text() -> None:
    assert await BY_TITLE.all("' OR 1 = 1 --", uuid4()) == []


@pytest.mark.parametrize(
    "statement",
    [
        Statement(lambda name: Organisation.filter(name=name).prefetch_related("memberships"), "a name"),
        Statement(lambda name, region: Organisation.filter(name=name), "a name", "a region"),
    ],
    ids=["prefetches", "does not bind all"],
)
async def test_what_cannot_be_composed_once_is_refused(statement: Statement[Organisation]) -> None:
    with pytest.raises(TypeError):
        await statement.all("名称", "450000")
