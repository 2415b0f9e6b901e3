"""`search_config`, the documents and what we ask agree with each other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from market.listings.models import Need, Outcome
from market.listings.search import build_needs, build_outcomes, need_document, outcome_document
from market.search.documents import prepare
from market.search.indexes import CONFIG_DIRECTORY, INDEXES, fields_of, settings_of
from market.search.meili_requests import document_of
from tests.factories import make_need, make_outcome


def test_there_is_one_settings_file_for_each_index() -> None:
    assert {path.stem for path in CONFIG_DIRECTORY.glob("*.json")} == set(INDEXES)


@pytest.mark.parametrize("index", INDEXES)
def test_lists_are_ordered_and_whole(index: str) -> None:
    fields, body = fields_of(index), settings_of(index)

    assert fields.newest_first in fields.numbers
    assert fields.sortable <= fields.numbers
    assert not fields.exact & fields.numbers
    assert body["pagination"]["maxTotalHits"] >= 1_000_000
    assert body["rankingRules"][0] == "sort"


async def full_outcome() -> Outcome:
    rights = [{"kind": "invention", "status": "granted", "number": "ZL202010000000.0"}]
    comparison = [{"indicator": "导电率", "current": "52", "ours": "54"}]
    outcome = await make_outcome(rights=rights, comparison=comparison, title_en="Aluminium wire")
    return await Outcome.get(id=outcome.id).select_related("organisation")


async def full_need(**fields: Any) -> Need:
    need = await make_need(trl_min=5, region="450103", **fields)
    return await Need.get(id=need.id).select_related("organisation")


async def test_every_field_of_a_document_is_one_that_the_settings_know() -> None:
    outcome, need = await full_outcome(), await full_need()
    for index, document in (
        ("outcomes", (await build_outcomes([outcome.id]))[outcome.id]),
        ("needs", (await build_needs([need.id]))[need.id]),
    ):
        assert document is not None
        fields, body = fields_of(index), settings_of(index)
        body_sent = document_of(index, prepare(index, document))

        assert set(body_sent) <= {*body["displayedAttributes"], *body["searchableAttributes"]}
        assert fields.exact | fields.numbers <= set(body_sent), (
            "each facet and range stands in a full document"
        )
        assert set(body["searchableAttributes"]) <= set(body_sent)


async def test_a_masked_need_tells_neither_name_nor_county() -> None:
    need = await full_need(is_masked=True)

    document = need_document(need)

    assert document is not None
    assert document["names"] == []
    assert document["organisation_id"] is None
    assert document["regions"] == ["450000", "450100"]
    assert need.organisation.name not in json.dumps(document, default=str, ensure_ascii=False)
    assert str(need.organisation_id) not in json.dumps(document, default=str)


async def test_contacts_and_team_stand_in_no_document() -> None:
    secrets: dict[str, Any] = {
        "contact_name": "秘密人",
        "contact_phone": "0771-9998888",
        "contact_email": "hidden@example.test",
    }
    outcome = await make_outcome(**secrets, team=[{"name": "团队长", "title": "教授"}])
    need = await make_need(**secrets, payment_terms="分期", requirements="仅内部")

    texts = [
        json.dumps(
            outcome_document(await Outcome.get(id=outcome.id).select_related("organisation")),
            default=str,
            ensure_ascii=False,
        ),
        json.dumps(
            need_document(await Need.get(id=need.id).select_related("organisation")),
            default=str,
            ensure_ascii=False,
        ),
    ]

    for hidden in ("秘密人", "0771-9998888", "hidden@example.test", "团队长"):
        assert not any(hidden in text for text in texts)


@pytest.mark.parametrize("status", ["draft", "pending", "returned", "expired", "unlisted", "sold"])
async def test_an_outcome_that_is_not_on_offer_has_no_document(status: str) -> None:
    outcome = await make_outcome(status=status)

    assert outcome_document(await Outcome.get(id=outcome.id).select_related("organisation")) is None
