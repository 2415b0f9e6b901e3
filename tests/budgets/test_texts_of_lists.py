"""Public texts of a list follow the facts: outcome of objections, totals, pot, end of the period."""

from __future__ import annotations

import httpx
import pytest

from market.budgets.batches import approve_batch
from market.budgets.list_publicity import PUBLICITY, list_outcome
from market.claims.claim_page import claim_page
from market.claims.models import Claim
from market.claims.queries import get_claim_at_desk
from market.deps import Deps
from market.documents.models import IssuedDocument
from market.documents.states import DocumentKind
from market.kit.letterhead import Letterhead, use_letterhead
from market.notices import objections
from market.notices.models import Notice
from market.notices.queries import get_notice
from market.notices.texts import print_of
from market.records.by import By
from tests.claims.factories import LATER, WAN, Desk, make_applicant, make_desk, make_published, make_rechecked
from tests.factories import NOW, make_member
from tests.moments import end_notices
from tests.notices.rulings import rule_on
from tests.visitor import sign_in


async def make_contested(
    desk: Desk, *, is_upheld: bool | None, is_whole: bool = False
) -> tuple[str, list[Claim]]:
    """Publish two claims of 600,000 and 250,000, and object to the second or the whole; None: undecided."""
    claims = [
        await make_rechecked(desk, contract_amount=120 * WAN),
        await make_rechecked(desk, contract_amount=50 * WAN, trade_amount=50 * WAN),
    ]
    number = await make_published(desk, *claims)
    notice = await Notice.get(subject_kind="batch")
    objection = await objections.object_to(
        notice.number,
        reason="关联方",
        entry_id=None if is_whole else claims[1].id,
        by=By(await make_member(), NOW),
    )
    if is_upheld is not None:
        await rule_on(objection.id, is_upheld=is_upheld, text="查明")
    return number, claims


async def sweep() -> None:
    await end_notices(LATER)
    for publicity in PUBLICITY:
        await publicity.sweep(LATER)


async def shown_notice() -> Notice:
    return await get_notice((await Notice.get(subject_kind="batch")).number)


@pytest.mark.parametrize(
    ("is_upheld", "is_whole", "is_over", "words"),
    [
        (None, False, False, "部分项目异议处理中"),
        (None, True, False, "异议处理中，程序中止"),
        (False, False, True, "公示期满，异议不成立"),
        (True, False, True, "公示期满，异议成立的已移出"),
        (True, True, True, "异议成立"),
    ],
)
async def test_a_notice_says_what_became_of_its_objections(
    client: httpx.AsyncClient, *, is_upheld: bool | None, is_whole: bool, is_over: bool, words: str
) -> None:
    desk = await make_desk()
    await make_contested(desk, is_upheld=is_upheld, is_whole=is_whole)
    if is_over:
        await sweep()

    notice = await shown_notice()

    assert str(notice.shown_status.label) == words
    assert ["状态", words] in print_of(notice)["facts"]
    page = (await client.get(f"/notices/{notice.number}")).text
    assert words in page
    assert ("公示无异议" in page) is False
    assert words in (await client.get("/notices")).text


async def test_a_notice_nobody_objected_to_says_so() -> None:
    desk = await make_desk()
    await make_published(desk, await make_rechecked(desk))
    await sweep()

    assert str((await shown_notice()).shown_status.label) == "公示无异议"


async def test_what_was_objected_to_with_success_is_marked_and_all_totals_follow(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    number, claims = await make_contested(desk, is_upheld=True)
    for is_swept in (False, True):
        if is_swept:
            await sweep()
        notice = await shown_notice()
        outcome = await list_outcome(notice)
        assert outcome == [
            [dict(notice.entries)[str(claims[1].id)], "异议成立，已移出"],
            ["移出后拟支持", "1 项，合计 ￥600,000.00"],
        ]
        assert print_of(notice, outcome)["outcome"] == outcome
        public = (await client.get(f"/notices/{notice.number}")).text
        assert "异议成立，已移出" in public
        assert "1 项，合计 ￥600,000.00" in public
        await sign_in(client, desk.approver)
        page = (await client.get(f"/desk/batches/{number}")).text
        assert "合计 1 项" in page
        assert "异议成立，已移出" in page
        assert "850,000.00" not in page
        await sign_in(client, None)
    await sign_in(client, desk.approver)
    assert "850,000.00" not in (await client.get("/desk/batches")).text
    await approve_batch(number, by=By(desk.approver, LATER))
    approved = await IssuedDocument.get(kind=DocumentKind.LIST)
    assert approved.content["total"] == "￥600,000.00"
    assert len(approved.content["rows"]) == 1


async def test_a_claim_whose_objection_was_upheld_waits_for_no_ruling() -> None:
    desk = await make_desk()
    _number, claims = await make_contested(desk, is_upheld=True)
    claim = await get_claim_at_desk(desk.officer, claims[1].number)

    assert (await claim_page(desk.officer, claim, NOW)).next_step == "异议成立，即将移出名单"


async def test_an_objection_to_one_entry_says_that_the_others_go_on(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_contested(desk, is_upheld=None)
    notice = await shown_notice()

    page = (await client.get(f"/notices/{notice.number}")).text

    assert "裁定以前，只有这些项目中止，其他各项照常办理。" in page
    assert "与本公示有关的事项不能继续" not in page
    assert dict(notice.body)["异议渠道"] == (
        "公示期内可在本页实名提出异议。"
        "针对其中一项的异议，裁定以前只中止该项，其他各项照常办理；针对整份名单的，全部中止。"
    )


async def test_any_citizen_can_compute_the_awards_of_a_short_pot_from_the_notice(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    claims = [
        await make_rechecked(desk, contract_amount=62 * WAN, trade_amount=62 * WAN),
        await make_rechecked(desk, contract_amount=4_666_2000, trade_amount=4_666_2000),
    ]
    number = await make_published(desk, *claims, budget=40_000_001)
    await sign_in(client, desk.approver)

    page = (await client.get(f"/desk/batches/{number}")).text
    text = dict((await Notice.get(subject_kind="batch")).body)

    assert text["预算折算"] == (
        "本批核算合计 ￥543,310.00，年度预算可用余额 ￥400,000.01，"
        "折算系数＝可用余额÷核算合计＝0.7362279545（截取十位小数）。\n"
        "每项补助＝核算金额×可用余额÷核算合计，不足一分的舍去；"
        "舍去的余数合计按各项舍去部分从大到小逐项加一分，直到合计等于可用余额。"
    )
    assert all(words in page for words in text["预算折算"].splitlines())
    awards = [(await Claim.get(id=claim.id)).award_amount for claim in claims]
    assert awards == [22_823_067, 17_176_934]
    shares = [words.splitlines()[-1] for label, words in text.items() if label[:2] in ("1.", "2.")]
    assert shares == [
        "核算补助 ￥310,000.00，折算 228,230.665918 元，舍去余数后 ￥228,230.66，"
        "余数分配 1 分，补助 ￥228,230.67。",
        "核算补助 ￥233,310.00，折算 171,769.344081 元，舍去余数后 ￥171,769.34，"
        "余数分配 0 分，补助 ￥171,769.34。",
    ]


async def test_the_end_of_the_period_is_24_00_of_its_last_day_on_every_page_and_paper(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    notice = await shown_notice()
    await sign_in(client, desk.approver)

    texts = [
        (await client.get(f"/notices/{notice.number}")).text,
        (await client.get("/notices.atom")).text,
        (await client.get(f"/desk/batches/{number}")).text,
        (await client.get(f"/desk/{claim.number}")).text,
        str(print_of(notice)),
        str((await IssuedDocument.get(kind=DocumentKind.NOTICE)).content),
    ]

    for text in texts:
        assert "2026-03-09 24:00" in text
        assert "2026-03-10 00:00" not in text


async def test_a_notice_names_the_office_and_where_objections_on_paper_go(client: httpx.AsyncClient) -> None:
    use_letterhead(Letterhead("某科技局", "某路 1 号", "0771-1"))
    try:
        desk = await make_desk()
        await make_published(desk, await make_rechecked(desk, await make_applicant()))
        notice = await shown_notice()
        assert print_of(notice)["facts"][:3] == [
            ["发布单位", "某科技局"],
            ["地址", "某路 1 号"],
            ["电话", "0771-1"],
        ]
        page = (await client.get(f"/notices/{notice.number}")).text
    finally:
        use_letterhead(Letterhead())

    assert "也可在公示期内书面提出：某科技局，地址：某路 1 号，电话：0771-1。" in page
