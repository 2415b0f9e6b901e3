"""The pages on which a year of holidays is entered by one person and confirmed by another."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

import httpx
import pytest

from market.accounts.models import Message, StaffRole
from market.app import create_app
from market.budgets.models import Batch
from market.codes.holidays import NATIONAL, HolidayYear
from market.codes.regions import GUANGXI
from market.deps import Deps
from market.kit.clock import end_of_day
from market.notices.holiday_years import propose_year
from market.notices.models import HolidayYearVersion, Notice
from market.records.by import By
from market.records.decisions import Verdict
from tests.accounts.factor_data import switch_on_authenticator
from tests.claims.factories import make_applicant, make_desk, make_rechecked
from tests.claims.factories import make_published as make_published_list
from tests.deals.factories import make_parties, make_published, move_clock
from tests.factories import make_staff
from tests.fixtures import NOW
from tests.malicious_input import MALICIOUS_INPUT
from tests.notices.test_holiday_years import NEXT_YEAR
from tests.visitor import post, sign_in

AUTUMN = datetime.fromisoformat("2026-11-28T10:00+08:00")
TYPED = {
    "year": "2027",
    "region": NATIONAL,
    "rest_days": "1月1日（周五）至3日（周日）。2月5日（除夕、周五）至11日（周四）放假调休，共7天。\n"
    "5月1日至5日\n2027-10-01/2027-10-07",
    "make_up_days": "2月20日（周六）上班",
    "source": "国务院办公厅关于2027年部分节假日安排的通知",
}
PAGE = "/backoffice/holidays"


async def test_a_year_goes_from_the_alarm_to_its_confirmation(client: httpx.AsyncClient, deps: Deps) -> None:
    move_clock(deps, AUTUMN)
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    await sign_in(client, operator)
    board = (await client.get("/dashboard")).text
    assert "缺少的放假安排" in board
    page = await client.get(PAGE)
    assert re.search(r"缺</span> 2027 年全国\s*<a href=\"#enter\">现在录入", page.text)
    assert "暂估" in page.text

    entered = await post(client, PAGE, TYPED)

    assert entered.status_code == 200
    assert re.search(r"缺</span> 2027 年全国\s*已录入，待确认", entered.text)
    version = await HolidayYearVersion.get()
    assert version.rest_days[:3] == ["2027-01-01", "2027-01-02", "2027-01-03"]
    assert version.make_up_days == ["2027-02-20"]
    own = await client.get(f"{PAGE}/{version.id}")
    assert "由另一人核对文件后确认" in own.text
    assert 'value="confirmed"' not in own.text

    await sign_in(client, approver)
    assert "待确认的放假安排" in (await client.get("/dashboard")).text
    shown = await client.get(f"{PAGE}/{version.id}")
    assert "2027-02-05（周五）至 2027-02-11（周四）" in shown.text
    assert "与现行的相比（暂估）" in shown.text
    done = await post(client, f"{PAGE}/{version.id}", {"verdict": "confirmed"})

    assert "已确认" in done.text
    await version.refresh_from_db()
    assert (version.verdict, version.decided_by_id) == (Verdict.CONFIRMED, approver.user_id)
    await sign_in(client, operator)
    assert "缺少的放假安排" not in (await client.get("/dashboard")).text
    assert "缺</span>" not in (await client.get(PAGE)).text


async def test_a_year_is_rejected_with_a_reason_only(client: httpx.AsyncClient, deps: Deps) -> None:
    move_clock(deps, AUTUMN)
    version = await propose_year(NEXT_YEAR, by=By(await make_staff(StaffRole.OPERATOR), AUTUMN))
    await sign_in(client, await make_staff(StaffRole.APPROVER))

    without = await post(client, f"{PAGE}/{version.id}", {"verdict": "rejected"})
    nonsense = await post(client, f"{PAGE}/{version.id}", {"verdict": "perhaps"})
    done = await post(client, f"{PAGE}/{version.id}", {"verdict": "rejected", "reason": "2月12日也放假"})
    again = await post(client, f"{PAGE}/{version.id}", {"verdict": "confirmed"})

    assert (without.status_code, nonsense.status_code, again.status_code) == (422, 422, 409)
    assert "退回时请写明理由" in without.text
    assert "2月12日也放假" in done.text


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("year", "", "请填年度"),
        ("year", "99999", "2000 到 2200 之间"),
        ("year", "2010", "请录入去年到后年之间的年度"),
        ("region", "450100", "请从列表中选择"),
        ("rest_days", "", "请填放假的日期"),
        ("rest_days", "2月30日", "没有这一天"),
        ("rest_days", "1月1日 二十", "缺少法定节日"),
        ("rest_days", "1月1日放假，1月4日上班", "请填在另一栏"),
        ("make_up_days", "2月22日", "本来就是工作日"),
        ("make_up_days", "2月20日放假", "请填在另一栏"),
        ("source", "", "请填依据文件"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(
    client: httpx.AsyncClient, deps: Deps, field: str, typed: str, message: str
) -> None:
    move_clock(deps, AUTUMN)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    answer = await post(client, PAGE, TYPED | {field: typed})

    assert answer.status_code == 422
    assert message in answer.text
    error = re.search(rf'id="{field}-error">[^<]*{re.escape(message)}', answer.text)
    assert error, answer.text
    if field != "source":
        assert TYPED["source"] in answer.text
    assert not await HolidayYearVersion.exists()


async def test_every_field_of_the_form_has_its_label(client: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    page = (await client.get(f"{PAGE}?year=2026&region={GUANGXI}")).text

    for field in TYPED:
        assert f'<label for="{field}"' in page
    assert "2026-04-17\n2026-04-20" in page
    assert 'selected value="450000"' in page


async def test_all_whom_a_notice_concerns_are_told_of_its_new_end(client: httpx.AsyncClient) -> None:
    parties, desk, applicant = await make_parties(), await make_desk(), await make_applicant()
    deal = await make_published(parties)
    number = await make_published_list(desk, await make_rechecked(desk, applicant))
    days = frozenset({date(2026, 3, 9), date(2026, 3, 17)})
    year = HolidayYear(2026, GUANGXI, days, frozenset(), "通知")
    version = await propose_year(year, by=By(await make_staff(StaffRole.OPERATOR), NOW))
    await sign_in(client, await make_staff(StaffRole.APPROVER))

    shown = await client.get(f"{PAGE}/{version.id}")
    await post(client, f"{PAGE}/{version.id}", {"verdict": "confirmed"})

    price = await Notice.get(subject_id=deal.id)
    subsidies = await Notice.get(subject_id=(await Batch.get(number=number)).id)
    assert price.ends_at == end_of_day(date(2026, 3, 18))
    assert subsidies.ends_at == end_of_day(date(2026, 3, 10))
    assert f"{price.number}</a>\n              2026-03-17 24:00 → 2026-03-18 24:00" in shown.text
    recipients = {
        parties.seller: price,
        parties.buyer: price,
        applicant: subsidies,
        desk.officer: subsidies,
    }
    for person, notice in recipients.items():
        messages = await Message.filter(user_id=person.user_id, text__contains="重新计算")
        assert [message.address for message in messages] == [f"/notices/{notice.number}"]


async def test_outside_the_demo_a_provisional_year_gives_no_end(deps: Deps) -> None:
    real = replace(deps, settings=replace(deps.settings, is_demo=False))
    move_clock(deps, AUTUMN)
    operator = await make_staff(StaffRole.OPERATOR)
    await switch_on_authenticator(operator.user_id, deps)
    reach = {}

    for name, market in (("demo", deps), ("real", real)):
        transport = httpx.ASGITransport(app=create_app(market))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://market.test", trust_env=False
        ) as browser:
            await sign_in(browser, operator)
            reach[name] = (await browser.get(PAGE)).text

    assert "算得到 2027-12-31" in reach["demo"]
    assert "算得到 2026-12-31" in reach["real"]
    assert "算得到 2027-12-31" not in reach["real"]
    for page in reach.values():
        assert "缺</span> 2027 年全国" in page


async def test_the_auditor_finds_a_year_in_the_log_under_its_name(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    version = await propose_year(NEXT_YEAR, by=By(await make_staff(StaffRole.OPERATOR), AUTUMN))
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    log = (await client.get("/audit-log?kind=holiday_year")).text
    chain = (await client.get(f"/audit-log/holiday_year/{version.id}")).text

    assert "2027 年全国" in log
    assert "录入" in log
    assert f"{PAGE}/{version.id}" in chain


async def test_nothing_typed_breaks_the_forms(client: httpx.AsyncClient, deps: Deps) -> None:
    move_clock(deps, AUTUMN)
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    version = await propose_year(NEXT_YEAR, by=By(operator, AUTUMN))

    for actor, address, valid in (
        (operator, PAGE, TYPED | {"region": GUANGXI}),
        (approver, f"{PAGE}/{version.id}", {"verdict": "rejected", "reason": ""}),
    ):
        await sign_in(client, actor)
        for kind, typed in MALICIOUS_INPUT.items():
            for field in valid:
                answer = await post(client, address, valid | {field: typed}, follow=False)
                assert answer.status_code in (303, 409, 422), (address, kind, field, answer.status_code)
    await sign_in(client, operator)
    for kind, typed in MALICIOUS_INPUT.items():
        page = await client.get(PAGE, params={"year": typed[:2000], "region": typed[:2000]})
        assert page.status_code == 200, kind
