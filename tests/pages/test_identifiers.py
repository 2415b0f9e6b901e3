"""What the search box finds by number, code and exact name, and what it says of what it repaired."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from market.accounts.models import OrganisationKind
from market.codes.numbers import record_number
from market.deps import Deps
from market.documents.models import IssuedDocument
from market.documents.states import DocumentKind
from market.listings.models import Outcome
from market.rooms import ROOMS
from market.search.highlight import mark
from market.search.normalise import fold, query_words
from market.search.query_planner import is_foreign
from market.search.spelling import Vocabulary, corrected, speller_of
from tests.contracts.factories import make_registered
from tests.deals.factories import make_agreed, make_parties
from tests.factories import NOW, make_member, make_need, make_organisation, make_outcome
from tests.pages.search_index import index_listings
from tests.visitor import sign_in

RIGHT = {
    "kind": "invention",
    "number": "202310587216.1",
    "name": "一种免烧砖",
    "status": "granted",
    "holder": "",
    "expires_on": "",
    "pledged": "no",
}


@pytest.mark.parametrize(
    "typed", ["CG-2026-000071", "cg2026000071", "ＣＧ－２０２６－０００７１", "CG 2026 71", " cg-2026-71 "]
)
def test_a_record_number_is_read_in_any_spelling(typed: str) -> None:
    assert record_number(typed) == "CG-2026-000071"


@pytest.mark.parametrize("typed", ["", "赤泥", "CG-1999-000071", "CG-2026", "CGX-2026-000071", "2026-000071"])
def test_what_is_no_record_number_is_none(typed: str) -> None:
    assert record_number(typed) is None


async def coded(deps: Deps) -> Outcome:
    outcome = await make_outcome(
        title="赤泥免烧路面砖",
        rights=[RIGHT],
        references="广西重点研发计划 AB23026045",
        evidence="检测报告 GDNUT-ZS-2025-03",
        solution="采用6061-T6铝合金模具与GX-BR600压机，Poincaré 映射",
    )
    await index_listings(deps, outcome, await make_outcome(title="甘蔗收割机"))
    return outcome


CODES = (
    *("202310587216.1", "2023105872161", "ZL202310587216.1", "zl 2023 1 0587216.1", "CN202310587216.1"),
    *("专利号：ZL202310587216.1", "第202310587216.1号", "202310587216.9", "202310587216"),
    *("AB23026045", "ab 23026045", "GDNUT-ZS-2025-03", "GDNUTZS202503"),
    *("6061", "6061-T6", "BR600", "GX BR600"),
    *("poincare", "Poincaré"),
)


async def test_an_outcome_is_found_by_patent_project_report_and_parts_of_codes(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await coded(deps)

    for typed in CODES:
        page = (await client.get("/outcomes", params={"q": typed})).text

        assert "路面砖" in page, typed
        assert "甘蔗收割机" not in page, typed


async def test_a_listing_is_found_by_its_number_and_named_above_the_list(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcome, need = await coded(deps), await make_need(title="找免烧砖")
    await index_listings(deps, need)

    own = (await client.get("/outcomes", params={"q": outcome.number.lower().replace("-", " ")})).text
    other = (await client.get("/outcomes", params={"q": need.number})).text
    needs = (await client.get("/needs", params={"q": need.number})).text

    assert '<strong class="amount">1</strong>' in own
    assert f'href="/outcomes/{outcome.number}"' in own
    assert f'href="/needs/{need.number}">找免烧砖' in other
    assert "找免烧砖" in needs


async def test_records_of_others_are_not_found_by_their_number(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    found = f'href="/deals/{deal.number}"'

    guest = (await client.get("/outcomes", params={"q": deal.number})).text
    await sign_in(client, await make_member())
    stranger = (await client.get("/outcomes", params={"q": deal.number})).text
    await sign_in(client, parties.buyer)
    party = (await client.get("/outcomes", params={"q": deal.number})).text

    assert found not in guest + stranger
    assert found in party


async def test_an_organisations_exact_name_brings_its_page_and_its_own_listings_first(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    university = await make_organisation(name="桂东南理工大学", kind=OrganisationKind.UNIVERSITY)
    own = await make_outcome(university, title="桉木胶合板")
    about = await make_outcome(title="桂东南理工大学与企业共建的中试线", keywords=["桂东南", "理工大学"])
    await index_listings(deps, own, about)

    by_name = (await client.get("/outcomes", params={"q": "桂东南理工大学"})).text
    by_code = (await client.get("/outcomes", params={"q": university.uscc})).text

    assert f'href="/organisations/{university.id}">桂东南理工大学' in by_name
    assert by_name.index("桉木胶合板") < by_name.index("共建的")
    assert f'href="/organisations/{university.id}">桂东南理工大学' in by_code


async def test_the_box_at_the_head_leads_straight_to_what_is_named(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcome, need = await coded(deps), await make_need()
    parties = await make_parties()
    deal = await make_agreed(parties)

    async def lead(typed: str) -> str:
        answer = await client.get("/find", params={"q": typed}, follow_redirects=False)
        assert answer.status_code == 303
        return answer.headers["location"]

    head = (await client.get("/policies")).text
    as_guest = [await lead(typed) for typed in (outcome.number, need.number.lower(), deal.number)]
    by_code = [await lead(typed) for typed in ("zl 2023 1 0587216.1", str(parties.university.uscc))]
    await sign_in(client, parties.buyer)

    assert 'action="/find"' in head
    assert as_guest[:2] == [f"/outcomes/{outcome.number}", f"/needs/{need.number}"]
    assert as_guest[2] == f"/outcomes?q={deal.number}"
    assert by_code == [f"/outcomes/{outcome.number}", f"/organisations/{parties.university.id}"]
    assert await lead(deal.number) == f"/deals/{deal.number}"
    assert await lead("赤泥") == "/outcomes?q=%E8%B5%A4%E6%B3%A5"
    assert await lead("XQ-2026-999999") == "/needs?q=XQ-2026-999999"
    assert await lead("") == "/outcomes"


async def test_the_box_at_the_head_knows_the_numbers_on_papers_for_those_who_may_see_them(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    public, other = [
        await IssuedDocument.create(
            id=uuid4(),
            number=number,
            kind=kind,
            subject_kind="contract",
            subject_id=contract.id,
            addressee_id=parties.buyer.organisation_id,
            template="notice",
            content={},
            text_sha256="0" * 64,
            issued_at=NOW,
        )
        for number, kind in (
            ("补告〔2026〕7号", DocumentKind.NOTICE),
            ("补决〔2026〕3号", DocumentKind.DECISION),
        )
    ]
    typed = (
        *("4526010300000117", "4526 0103 0000 0117", "合同登记编号：4526010300000117"),
        *(f"{contract.number}-2", "补决[2026]3号", "补告（2026）7号", "补决〔2026〕4号"),
    )

    async def leads() -> list[str]:
        answers = [await client.get("/find", params={"q": text}, follow_redirects=False) for text in typed]
        return [answer.headers["location"].split("?")[0] for answer in answers]

    page, unknown = f"/contracts/{contract.number}", "/outcomes"
    assert await leads() == [*[unknown] * 5, f"/documents/{public.id}", unknown]
    await sign_in(client, await make_member(await make_organisation()))
    assert await leads() == [*[unknown] * 5, f"/documents/{public.id}", unknown]
    await sign_in(client, parties.buyer)
    assert await leads() == [*[page] * 4, f"/documents/{other.id}", f"/documents/{public.id}", unknown]


@pytest.mark.parametrize("family", ["CG", "XQ", "JY", "HT", "GS", "BZ", "PC", "JL", "BF", "ZL", "ZH", "PL"])
def test_every_kind_of_record_with_a_page_and_a_number_is_found_by_it(family: str) -> None:
    kinds = [subject for subject in ROOMS.subjects.values() if subject.number == family]

    assert [subject.find is not None for subject in kinds] == [True]


SOUNDS = Vocabulary.of({"赤泥": 9, "赤泥砖": 2, "铝合金": 7, "石墨": 3})


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("赤尼", "赤泥"),
        ("赤泥", None),
        ("泥砖", None),
        ("吃你", None),
        ("施工组织", None),
        ("铝和金", "铝合金"),
    ],
)
def test_a_word_that_nothing_has_is_read_as_the_one_that_sounds_like_it(
    typed: str, expected: str | None
) -> None:
    assert corrected(typed, SOUNDS) == expected


async def test_what_was_repaired_is_said_and_can_be_undone(client: httpx.AsyncClient, deps: Deps) -> None:
    await index_listings(deps, await make_outcome(title="赤泥路基填料", keywords=["赤泥"]))
    await speller_of(deps.search).refresh("outcomes")

    repaired = (await client.get("/outcomes", params={"q": "赤尼"})).text
    exact = (await client.get("/outcomes", params={"q": "赤尼", "exact": "1"})).text

    assert "已按“赤泥”查找" in repaired
    assert "<mark>赤泥</mark>路基填料" in repaired
    assert "exact=1" in repaired
    assert "已按" not in exact


async def test_pinyin_is_completed_to_words(client: httpx.AsyncClient, deps: Deps) -> None:
    await index_listings(deps, await make_outcome(title="赤泥路基填料", keywords=["赤泥"]))
    await speller_of(deps.search).refresh("outcomes")

    assert "赤泥" in (await client.get("/suggest?q=chi")).json()
    assert "赤泥" in (await client.get("/suggest?q=chi ni")).json()


async def test_related_results_share_a_word_or_there_are_none(client: httpx.AsyncClient, deps: Deps) -> None:
    await index_listings(
        deps,
        await make_outcome(title="赤泥路基填料", field="environment", keywords=["赤泥"], solution="高温处理"),
        await make_outcome(
            title="钠离子电池", field="materials", keywords=["电池"], solution="高温处理赤泥外的材料"
        ),
        await make_outcome(
            title="罗汉果甜苷", field="food", keywords=["甜苷"], solution="路基外的填料与高温处理"
        ),
    )

    page = (await client.get("/outcomes?q=赤泥 路基")).text

    assert "钠离子电池" not in page.partition("相关结果")[2]
    assert "罗汉果甜苷" not in page.partition("相关结果")[2]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("烧砖", "免烧砖与烧砖", "免烧砖与<mark>烧砖</mark>"),
        ("免烧砖", "免烧砖与烧砖", "<mark>免烧砖</mark>与烧砖"),
        ("无氟餐具", "无氟餐具，含氟餐具", "<mark>无氟</mark><mark>餐具</mark>，含氟<mark>餐具</mark>"),
        ("赤泥", "赤泥", "<mark>赤泥</mark>"),
        ("非", "是非", "是<mark>非</mark>"),
    ],
)
def test_no_mark_cuts_a_word_into_its_opposite(query: str, text: str, expected: str) -> None:
    assert mark(text, query_words(fold(query))) == expected


async def test_what_is_unfired_does_not_find_what_is_fired_or_free_of_something_else(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await index_listings(
        deps,
        await make_outcome(title="锰渣免烧砖", keywords=["免烧砖"]),
        await make_outcome(title="页岩烧砖窑", keywords=["烧砖"], highlight="", problem="", solution="烧砖"),
        await make_outcome(
            title="免热处理合金", keywords=["免热处理"], highlight="", problem="", solution="合金"
        ),
    )

    page = (await client.get("/outcomes?q=免烧砖")).text

    assert "<mark>免烧砖</mark>" in page
    assert "页岩" not in page
    assert "免热处理" not in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [("sugarcane", True), ("red mud", True), ("cn", False), ("赤泥 mud", False), ("6061", False)],
)
def test_foreign_words_are_those_of_letters_alone(text: str, expected: bool) -> None:
    assert is_foreign(text) is expected


def test_accents_and_strokes_are_folded_and_other_scripts_are_kept() -> None:
    assert fold("Poincaré Đà Nẵng") == "poincare đa nang"
    assert fold("เทคโนโลยี") == "เทคโนโลยี"
