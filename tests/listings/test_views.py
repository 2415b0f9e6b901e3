"""Writing, submitting and judging listings through the pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation, OrganisationKind, StaffRole
from market.listings.models import Need, Outcome, Review
from market.listings.states import NeedStatus, OutcomeStatus
from tests.factories import (
    NOW,
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.listings.forms import need_form, outcome_form, outcome_values
from tests.malicious_input import MALICIOUS_INPUT
from tests.visitor import faults_on, post, sign_in

TEXTS = ("title", "highlight", "problem", "solution", "keywords", "contact_name", "contact_email", "title_en")


async def make_author(role: MemberRole = MemberRole.AGENT) -> Actor:
    return await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY), role)


async def organisation_of(actor: Actor) -> Organisation:
    return await Organisation.get(id=actor.organisation_id)


async def test_an_author_saves_a_draft_sees_what_is_missing_and_submits(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())

    page = await post(client, "/my/outcomes/new", {"title": "耐热铝合金导线", "act": "save"})
    assert "草稿已保存" in page.text
    assert "一句话亮点" in page.text

    outcome = await Outcome.get(title="耐热铝合金导线")
    page = await post(client, f"/my/outcomes/{outcome.number}", outcome_form(act="submit", revision="1"))

    outcome = await Outcome.get(id=outcome.id)
    assert "已提交审核" in page.text
    assert outcome.status is OutcomeStatus.PENDING
    assert outcome.price_amount == 120_000_000
    assert outcome.keywords == ["铝合金", "导线", "架空线路"]
    assert outcome.rights[0]["number"] == "201810861934.2"
    assert outcome.comparison[0]["ours"] == "54.6"


async def test_nothing_is_chosen_for_the_owner_of_a_new_listing(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())

    page = (await client.get("/my/outcomes/new")).text

    assert " checked" not in page
    await post(client, "/my/outcomes/new", {"title": "耐热铝合金导线", "act": "save"})
    assert (await Outcome.get()).is_exclusive_possible is False


async def test_submitting_an_incomplete_outcome_says_so_at_each_field_and_keeps_what_was_typed(
    client: httpx.AsyncClient,
) -> None:
    await sign_in(client, await make_author())

    page = await post(
        client, "/my/outcomes/new", outcome_form(act="submit", problem="", trl="", **{"team-0-name": ""})
    )

    assert page.status_code == 422
    for sentence in ("请说明要解决的问题。", "请选择成熟度。"):
        assert sentence in page.text
    assert "在线淬火与微合金化。" in page.text
    assert not await Outcome.exists()


LIST = "请从列表中选择"
UNKEEPABLE: tuple[dict[str, tuple[Any, str]], ...] = (
    {
        "price_amount": ("很多", "请填金额"),
        "trl": ("10", LIST),
        "field": ("alchemy", LIST),
        "region": ("999999", LIST),
        "modes": (["theft"], LIST),
        "industries": (["none"], LIST),
        "title": ("长" * 81, "最多 80 个字"),
        "highlight": ("长" * 61, "最多 60 个字"),
        "rights-0-number": ("201810861934.3", "校验位不对"),
        "rights-0-expires_on": ("2026-02-30", "2026-05-01 的样子"),
        "rights-1-number": ("201810861934.3", "校验位不对"),
        "rights-2-number": ("ZL201810861934", "少了最后的校验位"),
        "rights-3-open_licence": ("yes", "只有已授权的专利"),
        "rights-4-kind": ("spell", LIST),
        "revision": ("x", "请填整数"),
    },
    {
        "price_amount": ("-3", "金额应大于零"),
        "trl": ("x", LIST),
        "rights-0-expires_on": ("0001-01-01", "1900 到 2200"),
    },
    {"price_amount": ("0.0000001", "请填金额")},
    {"price_amount": ("9" * 40, "请填金额")},
    {"price_amount": ("9999999999999", "金额过大")},
    {"price_amount": ("", "请填挂牌价")},
)
"""What is typed at once, by field, with what is said there."""


async def test_what_cannot_be_kept_is_refused_at_its_field(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())

    for typed in UNKEEPABLE:
        values = {name: value for name, (value, _message) in typed.items()}
        page = await post(client, "/my/outcomes/new", outcome_form(act="save", **values))

        assert page.status_code == 422
        faults = faults_on(page)
        assert faults.keys() == typed.keys()
        assert all(message in faults[name] for name, (_value, message) in typed.items()), faults
        assert "在线淬火与微合金化。" in page.text
    assert not await Outcome.exists()


async def test_malicious_texts_are_kept_harmless_or_refused_but_never_break_the_page(
    client: httpx.AsyncClient,
) -> None:
    await sign_in(client, await make_author())

    for kind, typed in MALICIOUS_INPUT.items():
        # 100 kB in one field are as much as a form takes.
        names = TEXTS if len(typed) < 10_000 else TEXTS[:1]
        first = await post(
            client, "/my/outcomes/new", outcome_form(act="save", **dict.fromkeys(names, typed))
        )
        # What is refused at other fields hides how a field is kept.
        kept = dict.fromkeys(set(names) - faults_on(first).keys(), typed)
        for page in (first, await post(client, "/my/outcomes/new", outcome_form(act="save", **kept))):
            assert page.status_code in (200, 422), kind
            assert "<script>alert" not in page.text
        assert page.status_code == 200, kind


ODD_NAMES: dict[str, dict[str, str]] = {
    "far": {"comparison-99999-indicator": "远"},
    "odd digit": {"comparison-²-indicator": "怪"},
    "many": {f"comparison-{n}-indicator": "多" for n in range(200)},
    "no row": {"comparison": "没有行"},
    "no column": {"rights-0": "没有列"},
}


async def test_odd_names_of_rows_never_break_the_page(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())

    for kind, names in ODD_NAMES.items():
        page = await post(client, "/my/outcomes/new", outcome_form(act="save", **names))

        assert page.status_code in (200, 422), kind


async def test_a_file_where_a_text_belongs_never_breaks_the_page(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())

    page = await post(
        client, "/my/outcomes/new", {"act": "save"}, files={"title": ("a.svg", b"<svg/>", "image/svg+xml")}
    )

    assert page.status_code in (200, 422)


async def test_the_completeness_panel_answers_while_typing_and_saves_nothing(
    client: httpx.AsyncClient,
) -> None:
    await sign_in(client, await make_author())
    client.headers["hx-request"] = "true"

    panel = await post(client, "/my/outcomes/new", {"title": "导线", "trl": "x", "price_amount": "?"})

    assert panel.status_code == 200
    assert "<html" not in panel.text
    assert "一句话亮点" in panel.text
    assert not await Outcome.exists()


async def test_a_colleagues_revision_is_not_lost_and_the_second_press_overwrites(
    client: httpx.AsyncClient,
) -> None:
    author = await make_author()
    outcome = await make_outcome(
        await organisation_of(author), **outcome_values(), revision=2, status=OutcomeStatus.DRAFT
    )
    await sign_in(client, author)

    page = await post(
        client, f"/my/outcomes/{outcome.number}", outcome_form(act="save", title="我的稿", revision="1")
    )
    assert page.status_code == 422
    assert "同事" in page.text
    assert 'name="revision" value="2"' in page.text

    await post(
        client, f"/my/outcomes/{outcome.number}", outcome_form(act="save", title="我的稿", revision="2")
    )
    assert (await Outcome.get(id=outcome.id)).title == "我的稿"


async def test_every_row_of_an_outcome_survives_being_edited(client: httpx.AsyncClient) -> None:
    author = await make_author()
    rows = [
        {"indicator": f"指标{n}", "current": "1", "ours": "2", "change": "", "evidence": ""} for n in range(6)
    ]
    outcome = await make_outcome(await organisation_of(author), **outcome_values(), comparison=rows)
    await sign_in(client, author)

    page = await client.get(f"/my/outcomes/{outcome.number}")

    assert all(f'value="指标{n}"' in page.text for n in range(6))
    assert 'name="comparison-7-indicator"' in page.text


async def test_a_stranger_is_told_that_there_is_no_such_draft(client: httpx.AsyncClient) -> None:
    outcome = await make_outcome(status=OutcomeStatus.DRAFT)
    need = await make_need(status=NeedStatus.DRAFT)

    for person in (await make_author(), await make_member()):
        await sign_in(client, person)
        for address in (f"/my/outcomes/{outcome.number}", f"/my/needs/{need.number}"):
            for act in ("", "/submit", "/unlist", "/renew"):
                assert (await post(client, address + act)).status_code == 404, address + act


async def test_who_may_write_listings(client: httpx.AsyncClient) -> None:
    expected = {"agent": 200, "admin": 200, "finance": 403, "broker": 403, "operator": 403, "guest": 303}
    for role, status in expected.items():
        await sign_in(client, await make_person(role))
        for address in ("/my/outcomes", "/my/outcomes/new", "/my/needs", "/my/needs/new"):
            assert (await client.get(address)).status_code == status, (role, address)


async def make_person(role: str) -> Actor | None:
    if role == "guest":
        return None
    if role == "broker":
        return await make_broker()
    if role in set(StaffRole):
        return await make_staff(StaffRole(role))
    return await make_member(role=MemberRole(role))


async def test_who_may_judge_listings(client: httpx.AsyncClient) -> None:
    outcome = await make_outcome(status=OutcomeStatus.PENDING)
    expected = {"operator": 200, "auditor": 403, "officer": 403, "agent": 403, "broker": 403, "guest": 303}
    for role, status in expected.items():
        await sign_in(client, await make_person(role))
        for address in ("/backoffice/listings", f"/backoffice/listings/outcome/{outcome.number}"):
            assert (await client.get(address)).status_code == status, (role, address)


async def test_the_operator_returns_with_reasons_and_the_author_reads_points_and_reasons(
    client: httpx.AsyncClient,
) -> None:
    author = await make_author()
    outcome = await make_outcome(
        await organisation_of(author),
        **outcome_values(),
        status=OutcomeStatus.PENDING,
        submitted_at=NOW,
    )
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    await post(
        client,
        f"/backoffice/listings/outcome/{outcome.number}",
        {
            "advantage": "1",
            "clarity": "3",
            "cooperation": "2",
            "language": "3",
            "decision": "returned",
            "comment": "请补上与现有方案的对比",
        },
    )
    await sign_in(client, author)
    page = await client.get(f"/my/outcomes/{outcome.number}")

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.RETURNED
    assert "请补上与现有方案的对比" in page.text
    assert "退回修改" in page.text


OUTSIDE_THE_RUBRIC: tuple[dict[str, tuple[str, str]], ...] = (
    dict.fromkeys(("advantage", "clarity", "cooperation", "language"), ("", "请打分")),
    {
        "advantage": ("6", "0 到 5"),
        "clarity": ("-1", "0 到 5"),
        "cooperation": ("一", "请填整数"),
        "decision": ("eaten", LIST),
        "comment": ("零\x00", "不能保存"),
    },
    {"decision": ("", "请选择发布或退回"), "comment": ("长" * 2001, "最多 2000")},
)
"""What is typed at once, by field, with what is said there."""


async def test_a_judgement_outside_the_rubric_is_refused_at_its_field(client: httpx.AsyncClient) -> None:
    outcome = await make_outcome(status=OutcomeStatus.PENDING)
    address = f"/backoffice/listings/outcome/{outcome.number}"
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    whole = {"advantage": "4", "clarity": "4", "cooperation": "4", "language": "4", "decision": "published"}

    for typed in OUTSIDE_THE_RUBRIC:
        page = await post(client, address, whole | {name: value for name, (value, _message) in typed.items()})
        faults = faults_on(page)
        assert page.status_code == 422
        assert faults.keys() == typed.keys()
        assert all(message in faults[name] for name, (_value, message) in typed.items()), faults
    for change, message in (({"advantage": "0"}, "满 10 分"), ({"decision": "returned"}, "请写明理由")):
        page = await post(client, address, whole | change)
        assert (page.status_code, message in page.text) == (422, True)
    assert not await Review.exists()


async def test_a_need_is_posted_judged_and_renewed(client: httpx.AsyncClient) -> None:
    buyer = await make_member()
    await sign_in(client, buyer)
    await post(client, "/my/needs/new", need_form(act="submit", is_masked="y"))
    need = await Need.get(title="提高架空导线导电率")
    assert (need.status, need.is_masked, need.budget_max_amount) == (NeedStatus.PENDING, True, 150_500_000)

    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    points = {"advantage": "3", "clarity": "4", "cooperation": "4", "language": "4"}
    await post(client, f"/backoffice/listings/need/{need.number}", points | {"decision": "published"})
    await sign_in(client, buyer)
    page = await post(client, f"/my/needs/{need.number}/renew")

    assert (await Need.get(id=need.id)).status is NeedStatus.PUBLISHED
    assert "已核实并续期" in page.text


WRONG_NEEDS: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    (
        {"budget_min_amount": "200", "deadline_on": "2026-13-01", "kind": "wish", "trl_min": "0"},
        {
            "budget_max_amount": "预算上限不应小于下限",
            "deadline_on": "2026-05-01 的样子",
            "kind": LIST,
            "trl_min": LIST,
        },
    ),
    ({"budget_max_amount": ""}, {"budget_min_amount": "只填了下限"}),
    (
        {
            "deadline_on": "2026-03-02",
            "targets-0-indicator": "",
            "targets-0-present": "",
            "targets-0-target": "",
        },
        {"deadline_on": "截止日期应在今天之后", "targets-0-indicator": "请至少填一行指标"},
    ),
    ({"targets-1-target": "≤ 200 MPa"}, {"targets-0-indicator": "第 2 行没有写是什么指标"}),
)
"""What is typed at once, and what is said at which field."""


async def test_a_need_that_is_wrong_is_refused_at_its_field(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_member())

    for typed, messages in WRONG_NEEDS:
        page = await post(client, "/my/needs/new", need_form(act="submit", **typed))

        faults = faults_on(page)
        assert page.status_code == 422
        assert all(message in faults[name] for name, message in messages.items()), faults
    assert not await Need.exists()


async def test_an_upper_budget_that_cannot_be_read_is_not_called_missing(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_member())

    page = await post(client, "/my/needs/new", need_form(budget_min_amount="30", budget_max_amount="3,5"))

    assert page.status_code == 422
    assert "3.5 还是 35" in page.text
    assert "只填了下限" not in page.text


async def test_a_masked_need_may_not_name_its_enterprise_in_the_text(client: httpx.AsyncClient) -> None:
    buyer = await make_member()
    await sign_in(client, buyer)
    told = f"{buyer.organisation_name}的导线导电率不足。"

    page = await post(client, "/my/needs/new", need_form(act="submit", is_masked="y", description=told))

    assert page.status_code == 422
    assert "这里写了单位名称" in page.text


async def test_the_tabs_count_exactly_the_rows_they_lead_to(client: httpx.AsyncClient) -> None:
    author = await make_author()
    owner = await organisation_of(author)
    for status in (OutcomeStatus.DRAFT, OutcomeStatus.DRAFT, OutcomeStatus.PUBLISHED):
        await make_outcome(owner, status=status)
    await make_outcome(status=OutcomeStatus.DRAFT)
    await sign_in(client, author)

    page = await client.get("/my/outcomes?status=draft")

    assert page.text.count("<tr>") == 1 + 2
    assert '全部 <span class="amount">3</span>' in page.text


@pytest.mark.parametrize("kind", ["outcomes", "needs"])
async def test_the_template_for_many_is_a_workbook_to_download(client: httpx.AsyncClient, kind: str) -> None:
    await sign_in(client, await make_member())

    answer = await client.get(f"/my/{kind}/template.xlsx")

    assert answer.headers["content-disposition"] == f'attachment; filename="{kind}-template.xlsx"'
    assert answer.content.startswith(b"PK")


async def test_a_university_is_told_at_the_door_that_it_posts_no_needs(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())

    page = await client.get("/my/needs/new")

    assert page.status_code == 403
    assert "不能发布这类信息" in page.text
