"""A list is previewed before it is confirmed, and confirmed as it was previewed."""

from __future__ import annotations

import re

import httpx
import pytest

from market.accounts.models import Message
from market.budgets.batches import make_batch, return_batch
from market.budgets.list_confirmation import PreviewOutdated, confirm_batch, preview_batch
from market.budgets.models import Batch
from market.budgets.states import BatchStatus, PotMode
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.integrity.models import IntegrityCheck
from market.kit.errors import Conflict, Invalid
from market.kit.workflow import ActionNotAllowed
from market.ledger.transfers import available
from market.records.by import By
from market.records.transitions import history
from tests.claims.factories import WAN, Desk, make_budget, make_desk, make_rechecked, status_of
from tests.factories import HOLIDAYS, NOW
from tests.visitor import post, sign_in


async def make_list(
    desk: Desk, *claims: Claim, mode: PotMode | None = None, reason: str | None = None
) -> Batch:
    if reason is None:
        reason = "额度有限，先支持先报的。" if mode not in {None, PotMode.PRO_RATA} else ""
    return await make_batch(
        "guangxi",
        year=2026,
        claim_numbers=[claim.number for claim in claims],
        title="",
        pot_mode=mode,
        pot_mode_reason=reason,
        by=By(desk.officer, NOW),
    )


async def make_three(desk: Desk) -> list[Claim]:
    return [await make_rechecked(desk) for _ in range(3)]


async def test_the_preview_of_a_short_pot_tells_factor_remainder_and_what_each_would_get() -> None:
    desk = await make_desk()
    claims = await make_three(desk)
    await make_budget(desk, 100 * WAN)
    batch = await make_list(desk, *claims)

    preview = await preview_batch(batch, now=NOW)

    assert preview.mode is PotMode.PRO_RATA
    assert (preview.pot, preview.wanted, preview.awarded) == (100 * WAN, 180 * WAN, 100 * WAN)
    assert [line.award for line in preview.lines] == [33_333_334, 33_333_333, 33_333_333]
    assert (str(preview.factor), preview.remainder, preview.remaining) == ("0.5555555555", 1, 0)


@pytest.mark.parametrize(
    ("mode", "awards"),
    [
        (PotMode.PRO_RATA, [33_333_334, 33_333_333, 33_333_333]),
        (PotMode.RANKED, [60 * WAN, 40 * WAN, 0]),
        (PotMode.HARD_STOP, [60 * WAN, 0, 0]),
    ],
)
async def test_what_is_confirmed_is_what_was_previewed_in_each_way_of_sharing(
    mode: PotMode, awards: list[int]
) -> None:
    desk = await make_desk()
    claims = await make_three(desk)
    await make_budget(desk, 100 * WAN)
    batch = await make_list(desk, *claims, mode=mode)
    preview = await preview_batch(batch, now=NOW)

    assert preview.mode is mode
    assert [line.award for line in preview.lines] == awards
    done = await confirm_batch(
        batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW), seen=preview.digest
    )

    listed = await Claim.filter(batch_id=batch.id).order_by("number")
    assert [claim.award_amount for claim in listed] == [award for award in awards if award]
    assert done.left_out == [(line.claim.number, line.reason) for line in preview.left_out]
    assert (await available("budget:guangxi:2026")).amount == preview.remaining


@pytest.mark.parametrize(
    ("budget", "words"), [(59 * WAN, "可用余额 ￥590,000.00 不足以足额支持名次第一"), (0, "没有余额")]
)
async def test_a_list_of_which_nobody_gets_anything_is_not_confirmed_and_says_why(
    budget: int, words: str
) -> None:
    desk = await make_desk()
    claims = await make_three(desk)
    await make_budget(desk, 60 * WAN + budget)
    spent = await make_list(desk, await make_rechecked(desk))
    await confirm_batch(spent.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    batch = await make_list(desk, *claims, mode=PotMode.HARD_STOP)

    with pytest.raises(Conflict, match=words):
        await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    assert words in (await preview_batch(batch, now=NOW)).refusal


async def test_a_list_whose_budget_moved_meanwhile_is_shown_again_instead_of_confirmed() -> None:
    desk = await make_desk()
    first, second = await make_rechecked(desk), await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    batch, other = await make_list(desk, first), await make_list(desk, second)
    seen = (await preview_batch(batch, now=NOW)).digest
    await confirm_batch(other.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    with pytest.raises(PreviewOutdated):
        await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW), seen=seen)

    assert await status_of(first) is ClaimStatus.RECHECKED
    again = await preview_batch(batch, now=NOW)
    assert again.pot == 40 * WAN
    await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW), seen=again.digest)
    assert await status_of(first) is ClaimStatus.PUBLICITY


async def test_a_list_shares_otherwise_than_its_rules_only_with_a_reason() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)

    with pytest.raises(Invalid, match="不按规则"):
        await make_list(desk, claim, mode=PotMode.RANKED, reason=" ")
    with pytest.raises(Invalid, match="却按规则分配"):
        await make_list(desk, claim, mode=PotMode.PRO_RATA, reason="先报先得")
    batch = await make_list(desk, claim, mode=PotMode.PRO_RATA)

    assert batch.pot_mode is None
    assert batch.pot_mode_reason == ""


async def test_a_draft_is_put_back_with_a_reason_and_its_claims_wait_for_another_list() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_list(desk, claim)

    with pytest.raises(Invalid):
        await return_batch(batch.number, reason=" ", by=By(desk.rechecker, NOW))
    await return_batch(batch.number, reason="等追加预算", by=By(desk.rechecker, NOW))

    batch = await Batch.get(id=batch.id)
    assert batch.status is BatchStatus.RETURNED
    assert (await Claim.get(id=claim.id)).batch_id is None
    assert await status_of(claim) is ClaimStatus.RECHECKED
    assert (await history("batch", batch.id))[-1].note == "等追加预算"
    assert await Message.filter(user_id=desk.officer.user_id, text__contains="等追加预算").exists()
    await make_list(desk, claim)
    with pytest.raises(ActionNotAllowed):
        await return_batch(batch.number, reason="再退", by=By(desk.rechecker, NOW))


async def test_a_confirmed_list_is_not_put_back() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    batch = await make_list(desk, claim)
    await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    with pytest.raises(ActionNotAllowed):
        await return_batch(batch.number, reason="等", by=By(desk.rechecker, NOW))

    assert await status_of(claim) is ClaimStatus.PUBLICITY


async def test_the_page_shows_the_preview_and_confirms_only_what_it_showed(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claims = await make_three(desk)
    await make_budget(desk, 100 * WAN)
    batch = await make_list(desk, *claims, mode=PotMode.RANKED)
    await sign_in(client, desk.rechecker)
    address = f"/desk/batches/{batch.number}"

    page = (await client.get(address)).text

    for words in ("1,000,000.00", "400,000.00", "不列入 1 项", "预算余额不足", "按排名支持"):
        assert words in page
    assert not await IntegrityCheck.filter(occasion="list_confirmation").exists()
    blind = await post(client, f"{address}/confirm", {})
    assert "请看过新的预览再确认" in blind.text
    assert (await Batch.get(id=batch.id)).status is BatchStatus.DRAFT

    match = re.search(r'name="seen"\s+value="([0-9a-f]{64})"', page)
    assert match
    await post(client, f"{address}/confirm", {"seen": match[1]})
    assert (await Batch.get(id=batch.id)).status is BatchStatus.PUBLICITY
    assert "按排名支持" in (await client.get(address)).text


async def test_the_page_of_a_list_that_was_put_back_says_why(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_list(desk, claim)
    await sign_in(client, desk.rechecker)
    address = f"/desk/batches/{batch.number}"

    assert "退回时请写明理由" in (await post(client, f"{address}/return", {"reason": ""})).text
    page = (await post(client, f"{address}/return", {"reason": "缺一家的原件"})).text

    assert "缺一家的原件" in page
    assert "确认名单并公示" not in page
    assert claim.number in (await client.get("/desk/batches")).text


async def test_a_preview_of_many_claims_is_read_page_by_page_with_the_sums_of_all(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    claims = await make_three(desk)
    await make_budget(desk, 100 * WAN)
    batch = await make_list(desk, *claims)
    await sign_in(client, desk.rechecker)

    first, beyond = [await client.get(f"/desk/batches/{batch.number}?page={page}") for page in (1, 2)]

    assert [claim.number in first.text for claim in claims] == [True, True, True]
    assert [claim.number in beyond.text for claim in claims] == [False, False, False]
    assert beyond.status_code == 200
    assert "1,000,000.00" in beyond.text
