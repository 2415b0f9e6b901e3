"""Documents and outcomes: the exact sentences of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from market.accounts.models import Organisation
from market.budgets.batches import approve_batch
from market.budgets.list_publicity import PUBLICITY
from market.budgets.voided_awards import release_voided
from market.claims.desk_review import ask_supplement
from market.claims.models import Claim
from market.documents.models import IssuedDocument
from market.documents.sentences import fill
from market.documents.states import DocumentKind
from market.notices import objections
from market.notices.models import Notice
from market.records.by import By
from tests.budgets.factories import rescind
from tests.claims.factories import (
    LATER,
    WAN,
    Desk,
    make_accepted,
    make_desk,
    make_published,
    make_rechecked,
    refuse,
)
from tests.factories import NOW, make_member
from tests.notices.rulings import rule_on

Act = Callable[[Desk], Awaitable[Claim]]
REVIEW = "对本决定有异议的，可以自送达之日起 60 日内申请复查：登录科转，在申报页点“申请复查”并写明理由。"


async def supplemented(desk: Desk) -> Claim:
    claim = await make_accepted(desk)
    return await ask_supplement(
        claim.number, reason="缺第 2 期发票。", due_on=date(2026, 3, 20), by=By(desk.officer, NOW)
    )


async def refused(desk: Desk) -> Claim:
    claim = await make_accepted(desk)
    return await refuse(desk, claim, "不在 100% 支持范围。")


async def approved(desk: Desk) -> Claim:
    claim = await make_rechecked(desk)
    await approve_batch(await make_published(desk, claim), by=By(desk.approver, LATER))
    return claim


async def scaled(desk: Desk) -> Claim:
    claim = await make_rechecked(desk)
    await approve_batch(await make_published(desk, claim, budget=30 * WAN), by=By(desk.approver, LATER))
    return claim


async def objected_to(desk: Desk) -> Claim:
    claim = await make_rechecked(desk)
    await make_published(desk, claim)
    notice = await Notice.get(subject_kind="batch")
    by = By(await make_member(), NOW)
    objection = await objections.object_to(notice.number, reason="关联方", entry_id=claim.id, by=by)
    await rule_on(objection.id, is_upheld=True, text="成立")
    for publicity in PUBLICITY:
        await publicity.sweep(NOW)
    return claim


async def voided(desk: Desk) -> Claim:
    claim = await approved(desk)
    await rescind(claim)
    await release_voided(LATER)
    return claim


@pytest.mark.parametrize(
    ("act", "kind", "title", "paragraphs", "after"),
    [
        (
            supplemented,
            DocumentKind.SUPPLEMENT,
            "补正通知书",
            [
                "你单位 2026 年度“{programme}”的申报（{number}），需要补正下列内容：",
                "缺第 2 期发票。",
                "请在 2026-03-20 24:00 前补正；逾期未补正的，视为撤回申报。",
            ],
            [],
        ),
        (
            refused,
            DocumentKind.REFUSAL,
            "不予支持决定书",
            ["你单位 2026 年度“{programme}”的申报（{number}），经审核不予支持。", "{reason}"],
            [REVIEW, "合同可以重新申报。"],
        ),
        (
            approved,
            DocumentKind.DECISION,
            "补助决定书",
            [
                "你单位 2026 年度“{programme}”的申报（{number}），经核算、复核、公示，"
                "决定给予补助 ￥600,000.00（陆拾万元整）。"
            ],
            ["合同变更、解除或者撤销登记的，应当及时报告，并退回相应的补助。", REVIEW],
        ),
        (
            scaled,
            DocumentKind.DECISION,
            "补助决定书",
            [
                "你单位 2026 年度“{programme}”的申报（{number}），经核算、复核、公示，"
                "决定给予补助 ￥300,000.00（叁拾万元整）。",
                "本批核算合计 ￥600,000.00，年度预算可用余额 ￥300,000.00，"
                "折算系数＝可用余额÷核算合计＝0.5000000000（截取十位小数）。",
                "每项补助＝核算金额×可用余额÷核算合计，不足一分的舍去；"
                "舍去的余数合计按各项舍去部分从大到小逐项加一分，直到合计等于可用余额。",
                "核算补助 ￥600,000.00，折算 300,000.000000 元，舍去余数后 ￥300,000.00，"
                "余数分配 0 分，补助 ￥300,000.00。",
            ],
            ["合同变更、解除或者撤销登记的，应当及时报告，并退回相应的补助。", REVIEW],
        ),
        (
            objected_to,
            DocumentKind.REFUSAL,
            "不予支持决定书",
            [
                "你单位 2026 年度“{programme}”的申报（{number}），经审核不予支持。",
                "公示期间的异议成立。",
            ],
            [REVIEW, "合同可以重新申报。"],
        ),
        (
            voided,
            DocumentKind.REFUSAL,
            "不予支持决定书",
            ["你单位 2026 年度“{programme}”的申报（{number}），经审核不予支持。", "{reason}"],
            [REVIEW, "合同可以重新申报。"],
        ),
    ],
    ids=["supplement", "refused", "approved", "scaled", "objection upheld", "contract voided"],
)
async def test_each_document_says_exactly_what_happened(
    act: Act, kind: DocumentKind, title: str, paragraphs: list[str], after: list[str]
) -> None:
    claim = await Claim.get(id=(await act(await make_desk())).id).select_related("programme")

    document = await IssuedDocument.get(kind=kind)

    content = fill(document.content)
    names = {"programme": claim.programme.name, "number": claim.number, "reason": claim.reject_reason}
    assert content["title"] == title
    assert content["to"] == (await Organisation.get(id=claim.applicant_id)).name
    assert content["paragraphs"] == [words.format(**names) for words in paragraphs]
    assert content["after"] == after
    assert content["from"] == claim.programme.issuer


async def test_a_stored_document_keeps_sentences_and_arguments_apart() -> None:
    await refused(await make_desk())

    document = await IssuedDocument.get()

    first = document.content["paragraphs"][0]
    assert first["text"] == "你单位 %(year)s 年度“%(name)s”的申报（%(number)s），经审核不予支持。"
    assert first["values"]["year"] == 2026
