"""Changes to published listings: what waits for review, what goes live at once, and what becomes of both."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, Organisation, OrganisationKind, StaffRole
from market.accounts.permissions import NotYours
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.pagination import PageRequest
from market.listings import authoring, change_queries, changes, lifecycle, submission
from market.listings.change_rules import REVIEWED_FIELDS
from market.listings.differences import Piece, differences, form_of, pieces
from market.listings.kinds import KINDS, NEED, OUTCOME, Kind, Listing
from market.listings.models import ListingChange, Need, Outcome, PriceKind
from market.listings.review_digest import CHECKS, mark_reviewed, published_fields_are_reviewed
from market.listings.rules import Points
from market.listings.search import build_outcomes
from market.listings.states import CHANGE_WORKFLOW, ChangeStatus, NeedStatus, OutcomeStatus
from market.pages.workbench import build_board
from market.records.by import By
from tests.browser_forms import shown_forms
from tests.factories import (
    NOW,
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.listings.forms import need_form, need_values, outcome_form, outcome_values
from tests.visitor import post, sign_in


async def make_published(**fields: Any) -> tuple[Actor, Outcome]:
    """Return an author with a published outcome of their university."""
    author = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY), MemberRole.AGENT)
    values = outcome_values(verified_on=NOW.date(), expires_on=date(2027, 3, 2), **fields)
    return author, await make_outcome(await Organisation.get(id=author.organisation_id), **values)


async def pending_of(listing: Outcome | Need) -> ListingChange:
    return await ListingChange.get(subject_id=listing.id, status=ChangeStatus.PENDING)


async def propose(author: Actor, outcome: Outcome, **values: Any) -> ListingChange:
    await authoring.update_outcome(outcome.number, values, by=By(author, NOW))
    return await pending_of(outcome)


async def test_a_new_title_waits_while_everybody_reads_the_old_one() -> None:
    author, outcome = await make_published()
    operator = await make_staff(StaffRole.OPERATOR)

    change = await propose(author, outcome, title="全新的名称", solution="改用连铸连轧。")

    live = await Outcome.get(id=outcome.id).select_related("organisation")
    document = (await build_outcomes([outcome.id]))[outcome.id]
    assert (live.title, live.solution) == (outcome.title, "改用连铸连轧。")
    assert document is not None
    assert document["title"] == outcome.title
    assert (change.values, change.before) == ({"title": "全新的名称"}, {"title": outcome.title})
    small = await ListingChange.get(status=ChangeStatus.APPLIED)
    assert small.values == {"solution": "改用连铸连轧。"}
    assert await Message.filter(user_id=operator.user_id, text__contains="变更待审核").exists()
    assert await published_fields_are_reviewed() == []


async def test_every_reviewed_field_of_a_form_waits_and_every_other_one_goes_live() -> None:
    author, outcome = await make_published()
    samples: dict[str, Any] = {
        "trl": 8,
        "comparison": [{"indicator": "强度", "current": "1", "ours": "2", "change": "", "evidence": ""}],
        "rights": [{"kind": "software", "number": "2026SR1", "name": "控制软件", "status": "granted"}],
        "price_kind": PriceKind.NEGOTIABLE,
        "price_amount": 99,
        "is_publicly_funded": True,
        "is_exclusive_possible": False,
        "modes": ["licence"],
        "industries": [],
        "team": [{"name": "李二", "title": "", "direction": ""}],
        "keywords": ["铝"],
        "field": "energy",
        "region": "450200",
        "contact_email": "lab@example.test",
    }
    names = [name for name in form_of("outcome")._fields if name != "revision"]

    for name in names:
        before = await ListingChange.filter(status=ChangeStatus.PENDING).count()
        await authoring.update_outcome(
            outcome.number, {name: samples.get(name, "改过的字")}, by=By(author, NOW)
        )
        live = await Outcome.get(id=outcome.id)
        is_live = getattr(live, name) == samples.get(name, "改过的字")
        assert is_live is (name not in REVIEWED_FIELDS["outcome"]), name
        assert before or not is_live or not await ListingChange.exists(status=ChangeStatus.PENDING)

    assert set((await pending_of(outcome)).values) == set(REVIEWED_FIELDS["outcome"])


async def test_opening_the_form_and_saving_changes_nothing_and_asks_for_no_review(
    client: httpx.AsyncClient,
) -> None:
    author, outcome = await make_published(
        industries=["machinery", "aluminium"], modes=["licence", "assignment"], price_amount=12_345_600
    )
    await Outcome.filter(id=outcome.id).update(
        rights=[
            {"kind": "invention", "number": "201810861934.2", "name": "一种导线", "expires_on": "2038-07-31"}
        ]
    )
    await mark_reviewed(OUTCOME, [outcome.id])
    await sign_in(client, author)
    page = await client.get(f"/my/outcomes/{outcome.number}")
    pairs = next(form.pairs for form in shown_forms(page.text) if "title" in dict(form.pairs))
    sent = {name: [value for key, value in pairs if key == name] for name, _value in pairs}

    await post(client, f"/my/outcomes/{outcome.number}", sent | {"act": "save"})

    assert (await Outcome.get(id=outcome.id)).revision == outcome.revision
    assert not await ListingChange.exists()


async def test_an_accepted_change_is_shown_indexed_and_told_to_the_author() -> None:
    author, outcome = await make_published()
    operator = await make_staff(StaffRole.OPERATOR)
    change = await propose(author, outcome, title="全新的名称", price_amount=50_000_000)

    await changes.accept(change.id, seen_revision=change.base_revision, by=By(operator, NOW))

    live, decided = await Outcome.get(id=outcome.id), await ListingChange.get(id=change.id)
    assert (live.title, live.price_amount, live.status) == ("全新的名称", 50_000_000, OutcomeStatus.PUBLISHED)
    assert (decided.status, decided.decided_by_id) == (ChangeStatus.ACCEPTED, operator.user_id)
    assert decided.before == {"title": outcome.title, "price_amount": outcome.price_amount}
    assert await Message.filter(user_id=author.user_id, text__contains="已通过").exists()
    assert await published_fields_are_reviewed() == []
    with pytest.raises(Conflict):
        await changes.accept(change.id, seen_revision=change.base_revision, by=By(operator, NOW))


async def test_a_rejected_change_leaves_the_page_and_tells_why() -> None:
    author, outcome = await make_published()
    operator = await make_staff(StaffRole.OPERATOR)
    change = await propose(author, outcome, title="全新的名称")

    with pytest.raises(Invalid) as refused:
        await changes.reject(change.id, " ", seen_revision=change.base_revision, by=By(operator, NOW))
    await changes.reject(
        change.id, "名称与方案不符", seen_revision=change.base_revision, by=By(operator, NOW)
    )

    assert refused.value.field == "reason"
    assert (await Outcome.get(id=outcome.id)).title == outcome.title
    assert await Message.filter(user_id=author.user_id, text__contains="名称与方案不符").exists()
    last = await change_queries.find_last_refusal(OUTCOME, outcome)
    assert last is not None
    assert last.change.id == change.id


async def test_a_further_edit_replaces_what_waits_and_the_operator_must_have_seen_it() -> None:
    author, outcome = await make_published()
    operator = await make_staff(StaffRole.OPERATOR)
    first = await propose(author, outcome, title="全新的名称")

    second = await propose(author, outcome, highlight="导电率提高 3 %IACS")

    assert second.id == first.id
    assert set(second.values) == {"title", "highlight"}
    with pytest.raises(Conflict):
        await changes.accept(first.id, seen_revision=first.base_revision, by=By(operator, NOW))
    await changes.accept(first.id, seen_revision=second.base_revision, by=By(operator, NOW))
    assert (await Outcome.get(id=outcome.id)).highlight == "导电率提高 3 %IACS"


async def test_typing_the_old_text_back_withdraws_the_change_and_so_does_the_button() -> None:
    author, outcome = await make_published()
    first = await propose(author, outcome, title="全新的名称")

    await authoring.update_outcome(outcome.number, {"title": outcome.title}, by=By(author, NOW))
    second = await propose(author, outcome, title="另一个名称")
    await changes.withdraw(OUTCOME, outcome.number, by=By(author, NOW))

    assert (await ListingChange.get(id=first.id)).status is ChangeStatus.WITHDRAWN
    assert (await ListingChange.get(id=second.id)).status is ChangeStatus.WITHDRAWN
    with pytest.raises(Conflict):
        await changes.withdraw(OUTCOME, outcome.number, by=By(author, NOW))


@pytest.mark.parametrize("way", ["unlist", "expire", "sell"])
async def test_a_listing_that_leaves_the_market_closes_its_change(way: str) -> None:
    author, outcome = await make_published()
    change = await propose(author, outcome, title="全新的名称")

    if way == "unlist":
        await authoring.unlist(OUTCOME, outcome.number, by=By(author, NOW))
    elif way == "expire":
        await lifecycle.expire(OUTCOME, outcome.id, now=NOW + timedelta(days=400))
    else:
        await lifecycle.mark_licensed(outcome.id, is_sold=True, by=By(author, NOW))

    assert (await ListingChange.get(id=change.id)).status is ChangeStatus.CLOSED
    assert (await Outcome.get(id=outcome.id)).title == outcome.title
    for check in CHECKS.values():
        assert await check.check() == []


async def test_an_expired_listing_is_not_rewritten_by_renewing_it() -> None:
    author, outcome = await make_published()
    await lifecycle.expire(OUTCOME, outcome.id, now=NOW + timedelta(days=400))

    await propose(author, outcome, title="全新的名称")
    await authoring.renew(OUTCOME, outcome.number, by=By(author, NOW + timedelta(days=401)))

    assert (await Outcome.get(id=outcome.id)).title == outcome.title
    assert await published_fields_are_reviewed() == []


@pytest.mark.parametrize("field", ["title", "solution"])
@pytest.mark.parametrize(("is_sold", "shown"), [(False, OutcomeStatus.LICENSED), (True, OutcomeStatus.SOLD)])
async def test_an_outcome_rewritten_while_unlisted_is_shown_after_a_contract_only_when_reviewed(
    field: str, is_sold: bool, shown: OutcomeStatus
) -> None:
    author, outcome = await make_published()
    await authoring.unlist(OUTCOME, outcome.number, by=By(author, NOW))
    await authoring.update_outcome(outcome.number, {field: "全新的说法"}, by=By(author, NOW))

    for _again in range(2):
        await lifecycle.mark_licensed(outcome.id, is_sold=is_sold, by=By(author, NOW))

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.UNLISTED
    await submit_and_publish(OUTCOME, outcome, author)
    assert (await Outcome.get(id=outcome.id)).status is shown
    assert await published_fields_are_reviewed() == []


async def test_a_need_rewritten_while_closed_is_shown_as_solved_only_when_reviewed() -> None:
    buyer = await make_member()
    need = await make_need(await Organisation.get(id=buyer.organisation_id), **need_values())
    await authoring.unlist(NEED, need.number, by=By(buyer, NOW))
    await authoring.update_need(need.number, {"title": "全新的名称"}, by=By(buyer, NOW))

    await lifecycle.mark_solved(need.id, by=By(buyer, NOW))

    assert (await Need.get(id=need.id)).status is NeedStatus.CLOSED
    await submit_and_publish(NEED, need, buyer)
    assert (await Need.get(id=need.id)).status is NeedStatus.SOLVED


async def test_an_outcome_sold_while_it_waits_for_review_does_not_come_back_on_offer() -> None:
    author, outcome = await make_published()
    await authoring.unlist(OUTCOME, outcome.number, by=By(author, NOW))
    await authoring.submit_outcome(outcome.number, by=By(author, NOW))

    await lifecycle.mark_licensed(outcome.id, is_sold=True, by=By(author, NOW))
    await publish(OUTCOME, outcome)

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.SOLD


async def test_what_was_taken_down_as_it_was_is_sold_at_once() -> None:
    author, outcome = await make_published()
    await authoring.unlist(OUTCOME, outcome.number, by=By(author, NOW))

    await lifecycle.mark_licensed(outcome.id, is_sold=True, by=By(author, NOW))

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.SOLD


async def submit_and_publish(kind: Kind, listing: Listing, author: Actor) -> None:
    await authoring.save(kind, listing.number, {}, is_submitted=True, by=By(author, NOW))
    await publish(kind, listing)


async def publish(kind: Kind, listing: Listing) -> None:
    await authoring.review(
        kind.key,
        listing.number,
        points=Points(3, 3, 3, 3),
        is_published=True,
        comment="",
        by=By(await make_staff(StaffRole.OPERATOR), NOW),
    )


async def test_the_check_names_a_title_that_changed_behind_the_review() -> None:
    _author, outcome = await make_published()

    await Outcome.filter(id=outcome.id).update(title="悄悄改过")

    (finding,) = await published_fields_are_reviewed()
    assert outcome.number in str(finding)
    assert "未经审核就变了" in str(finding)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"highlight": "全国第一！加微信 abc123 立即购买"}, "highlight"),
        ({"solution": "详询 13807710000"}, "solution"),
        ({"comparison": [{"indicator": "价格", "ours": "见 www.example.com"}]}, "comparison"),
        ({"title": ""}, "title"),
    ],
)
async def test_a_contact_or_an_empty_field_is_refused_at_its_field(
    values: dict[str, Any], field: str
) -> None:
    author, outcome = await make_published()

    with pytest.raises(submission.Incomplete) as refused:
        await authoring.update_outcome(outcome.number, values, by=By(author, NOW))

    assert {name for name, _sentence in refused.value.faults} == {field}
    assert not await ListingChange.exists()
    assert (await Outcome.get(id=outcome.id)).revision == outcome.revision


async def test_an_old_text_with_a_phone_number_does_not_hold_up_an_edit_of_another_field() -> None:
    author, outcome = await make_published(problem="旧文里有电话 0771-5550000")

    await authoring.update_outcome(outcome.number, {"economics": "两年回本。"}, by=By(author, NOW))

    assert (await Outcome.get(id=outcome.id)).economics == "两年回本。"


async def test_a_small_change_is_seen_or_restored_by_the_operator() -> None:
    author, outcome = await make_published()
    operator = await make_staff(StaffRole.OPERATOR)
    for text in ("第一次改", "第二次改"):
        await authoring.update_outcome(outcome.number, {"solution": text}, by=By(author, NOW))
    first, second = await ListingChange.all().order_by("base_revision")

    with pytest.raises(Conflict):
        await changes.revert(first.id, "看不懂", by=By(operator, NOW))
    await changes.revert(second.id, "看不懂", by=By(operator, NOW))
    assert await changes.mark_seen([first.id, second.id], by=By(operator, NOW)) == 1

    assert (await Outcome.get(id=outcome.id)).solution == "第一次改"
    assert await Message.filter(user_id=author.user_id, text__contains="看不懂").exists()


async def test_who_may_decide_and_who_may_withdraw() -> None:
    author, outcome = await make_published()
    change = await propose(author, outcome, title="全新的名称")
    stranger = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    seen = change.base_revision

    for actor in (author, stranger, await make_broker(), await make_staff(StaffRole.OFFICER)):
        with pytest.raises(NotYours):
            await changes.accept(change.id, seen_revision=seen, by=By(actor, NOW))
        with pytest.raises(NotYours):
            await changes.mark_seen([change.id], by=By(actor, NOW))
    with pytest.raises(NotFound):
        await changes.withdraw(OUTCOME, outcome.number, by=By(stranger, NOW))
    colleague = await make_member(
        await Organisation.get(id=author.organisation_id), staff_role=StaffRole.OPERATOR
    )
    with pytest.raises(Forbidden):
        await changes.reject(change.id, "不行", seen_revision=seen, by=By(colleague, NOW))


async def test_the_owner_and_the_operator_read_the_new_version_with_a_diff_and_nobody_else(
    client: httpx.AsyncClient,
) -> None:
    author, outcome = await make_published()
    await sign_in(client, author)
    form = await post(
        client, f"/my/outcomes/{outcome.number}", outcome_form(title="全新的名称", price_amount="90")
    )
    page, address = f"/outcomes/{outcome.number}", f"/my/outcomes/{outcome.number}"

    assert "待审核的改动通过后才公开" in form.text
    assert 'value="全新的名称"' in (await client.get(address)).text
    assert "变更待审核" in (await client.get(page)).text
    for reader in (None, await make_member()):
        await sign_in(client, reader)
        text = (await client.get(page)).text
        assert "全新的名称" not in text
        assert "变更待审核" not in text
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    assert "去审核" in (await client.get(page)).text
    change = await pending_of(outcome)
    queue = await client.get("/backoffice/changes")
    shown = await client.get(f"/backoffice/changes/{change.id}")
    refused = await post(client, f"/backoffice/changes/{change.id}", {"decision": "reject", "revision": "2"})
    done = await post(client, f"/backoffice/changes/{change.id}", {"decision": "accept", "revision": "2"})
    assert outcome.number in queue.text
    assert "已等 0 天" in queue.text
    assert "<del>" in shown.text
    assert "<ins>" in shown.text
    assert "90.00 万元" in shown.text
    assert (refused.status_code, "请写明理由" in refused.text) == (422, True)
    assert "已通过，公开页面已更新" in done.text


async def test_an_author_goes_on_from_a_rejected_change(client: httpx.AsyncClient) -> None:
    author, outcome = await make_published()
    operator = await make_staff(StaffRole.OPERATOR)
    change = await propose(author, outcome, title="全新的名称")
    await changes.reject(
        change.id, "名称与方案不符", seen_revision=change.base_revision, by=By(operator, NOW)
    )
    await sign_in(client, author)

    plain = await client.get(f"/my/outcomes/{outcome.number}")
    again = await client.get(f"/my/outcomes/{outcome.number}?from=change")

    assert "名称与方案不符" in plain.text
    assert 'value="全新的名称"' not in plain.text
    assert 'value="全新的名称"' in again.text


async def test_a_need_changes_its_budget_and_its_mask_by_review(client: httpx.AsyncClient) -> None:
    buyer = await make_member()
    need = await make_need(
        await Organisation.get(id=buyer.organisation_id), contact_name="技术部", contact_phone="0771-5550002"
    )
    await sign_in(client, buyer)

    await post(
        client,
        f"/my/needs/{need.number}",
        need_form(title=need.title, is_masked="y", budget_max_amount="300"),
    )
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    change = await pending_of(need)
    await post(client, f"/backoffice/changes/{change.id}", {"decision": "accept", "revision": "2"})

    live = await Need.get(id=need.id)
    assert (live.is_masked, live.budget_max_amount) == (True, 300_000_000)


async def test_the_operator_sees_small_changes_with_their_diff_and_takes_them_as_seen(
    client: httpx.AsyncClient,
) -> None:
    author, outcome = await make_published()
    await authoring.update_outcome(outcome.number, {"solution": "改用连铸连轧。"}, by=By(author, NOW))
    operator = await make_staff(StaffRole.OPERATOR)
    await sign_in(client, operator)

    page = await client.get("/backoffice/changes?show=applied")
    change = await ListingChange.get()
    done = await post(client, "/backoffice/changes", {"change": str(change.id)})

    assert "连铸连轧" in page.text
    assert "已过目 1 项" in done.text
    board = await build_board(operator, NOW)
    assert [todo for todo in board.todos if "change" in todo.kind] == []
    assert "已生效的修改待过目" not in [figure.label for figure in board.figures]
    decided = await change_queries.list_changes(list(ChangeStatus), PageRequest(1))
    assert decided.total == 1


def test_a_difference_is_told_by_its_label_and_in_the_words_of_the_page() -> None:
    before = {
        "price_kind": "fixed",
        "price_amount": 120_000_000,
        "rights": [],
        "trl": 5,
        "modes": ["licence"],
    }
    after = {
        "price_kind": "negotiable",
        "price_amount": None,
        "rights": [{"kind": "software", "number": "2026SR1", "name": ""}],
        "trl": 6,
        "modes": ["licence"],
        "is_publicly_funded": True,
    }

    rows = {row.label: (row.before, row.after) for row in differences("outcome", before, after)}

    pieces_of = {row.label: list(row.pieces) for row in differences("outcome", before, after)}
    assert pieces_of["价格方式"] == [Piece("挂牌价", is_old=True), Piece("面议", is_new=True)]
    assert pieces_of["挂牌价"] == [Piece("120.00 万元", is_old=True)]
    assert rows["价格方式"] == ("挂牌价", "面议")
    assert rows["挂牌价"] == ("120.00 万元", "")
    assert rows["知识产权"] == ("", "类型 软件著作权 · 专利号或登记号 2026SR1")
    assert rows["由财政资金资助形成"] == ("否", "是")
    assert "合作方式" not in rows


def test_a_short_text_is_compared_by_character_and_a_long_one_by_clause() -> None:
    assert list(pieces("导电率 52", "导电率 54")) == [
        Piece("导电率 5"),
        Piece("2", is_old=True),
        Piece("4", is_new=True),
    ]
    assert list(pieces("甲醛释放量低", "强度提高 3 倍")) == [
        Piece("甲醛释放量低", is_old=True),
        Piece("强度提高 3 倍", is_new=True),
    ]
    long = "一句话。" * 200
    assert [piece.text for piece in pieces(long + "旧的一句。", long + "新的一句。")][1:] == [
        "旧的一句。",
        "新的一句。",
    ]


def test_a_decided_change_stays_decided() -> None:
    decided = set(ChangeStatus) - {ChangeStatus.PENDING, ChangeStatus.APPLIED}
    assert all(not CHANGE_WORKFLOW.actions(status) for status in decided)
    assert set(KINDS) == {OUTCOME.key, NEED.key} == set(REVIEWED_FIELDS)
