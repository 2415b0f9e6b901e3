"""The demo's library of policies and calls: one programme takes applications now, one did a while ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from market.kit.clock import end_of_day
from market.policies.library import PolicyDraft, draft_policy, release_policy
from market.policies.models import Policy
from market.policies.states import Effect, Level
from market.programmes import calls
from market.programmes.call_models import Call
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story, at

OPEN_PROGRAMME, CLOSED_PROGRAMME = "nanning-voucher", "chongzuo"
"""Neither is of the stories or of the year run: those stay without a call."""
CHANNEL = "本平台网上申报，不收纸质材料"
USUAL: dict[str, Any] = {"source_url": "", "text": "", "ends_on": None, "effect": None, "audience": []}
TEXT = "符合条件的单位请在受理期内提交申报，材料以系统带入的合同、登记和到账记录为准，缺的在系统里补。"


def policy_stories(cast: Cast, calendar: Calendar) -> Iterator[Story]:
    """Yield how the library and the calls came about."""
    yield _replaced_policy(cast, calendar)
    yield _waiting_policy(cast, calendar)
    yield _open_call(cast, calendar)
    yield _closed_call(cast, calendar)


async def _replaced_policy(cast: Cast, calendar: Calendar) -> Story:
    """Release rules on subsidies, then those that replace them."""
    now = yield calendar.ago(118, 9, 30)
    year = calendar.round_year
    old = await _draft(
        {
            "title": "企业购买科技成果转化后补助实施细则（试行）",
            "document_number": f"桂科演〔{year - 3}〕6号",
            "issuer": "自治区科技厅（演示）",
            "level": Level.PROVINCE,
            "region": "450000",
            "issued_on": date(year - 3, 3, 10),
            "effective_on": date(year - 3, 4, 1),
            "topics": ["subsidy", "transfer"],
            "audience": ["enterprise"],
            "summary": "企业买成果、用起来、见到新增销售以后，按技术交易额给予后补助；试行三年。",
            "points": [{"clause": "第四条", "words": "先买、先用、后补，补助在产生新增销售以后申报。"}],
        },
        cast,
        now,
        programmes=("guangxi",),
    )
    now = yield calendar.ago(117, 15)
    await release_policy(old.number, by=By(await cast.actor("approver"), now))
    now = yield calendar.ago(96, 10)
    new = await _draft(
        {
            "title": "企业购买科技成果转化后补助实施细则",
            "document_number": f"桂科演〔{year}〕2号",
            "issuer": "自治区科技厅（演示）",
            "level": Level.PROVINCE,
            "region": "450000",
            "issued_on": date(year, 1, 15),
            "effective_on": date(year, 2, 1),
            "topics": ["subsidy", "transfer", "contracts"],
            "audience": ["enterprise"],
            "summary": "在试行细则的基础上写明技术交易额怎样核定、到账凭证怎样提交，比例上限不变。",
            "points": [
                {"clause": "第五条", "words": "技术交易额不含仪器、设备和软件；以登记证明为准。"},
                {"clause": "第九条", "words": "拟补助名单公示 7 天；有异议的中止办理，查清以后再定。"},
                {"clause": "第十二条", "words": "合同解除或撤销登记的，停止拨付，已拨的追回。"},
            ],
            "effect": Effect.REPEALS,
        },
        cast,
        now,
        programmes=("guangxi",),
        affects=old.number,
    )
    now = yield calendar.ago(95, 16)
    await release_policy(new.number, by=By(await cast.actor("approver"), now))


async def _waiting_policy(cast: Cast, calendar: Calendar) -> Story:
    """Release a city's rules on vouchers; rules on rewards wait for the approver."""
    now = yield calendar.ago(40, 10, 10)
    year = calendar.round_year
    voucher = await _draft(
        {
            "title": "科技创新券使用说明",
            "document_number": f"南科演〔{year}〕4号",
            "issuer": "南宁市科技局（演示）",
            "level": Level.CITY,
            "region": "450100",
            "issued_on": date(year, 5, 6),
            "effective_on": date(year, 5, 6),
            "topics": ["subsidy", "services"],
            "audience": ["enterprise"],
            "summary": "本市企业买技术服务、做检验检测，按当年支付的服务费分档补助，每家每年有上限。",
            "points": [{"clause": "第三条", "words": "只算当年实际支付的服务费，分档累进。"}],
        },
        cast,
        now,
        programmes=(OPEN_PROGRAMME,),
    )
    now = yield calendar.ago(39, 15, 10)
    await release_policy(voucher.number, by=By(await cast.actor("approver"), now))
    now = yield calendar.ago(2, 11)
    await _draft(
        {
            "title": "职务科技成果收益分配公示办法",
            "document_number": f"桂科演〔{calendar.today.year}〕1号",
            "issuer": "自治区科技厅（演示）",
            "level": Level.PROVINCE,
            "region": "450000",
            "issued_on": calendar.today - timedelta(days=9),
            "effective_on": calendar.today + timedelta(days=21),
            "topics": ["rewards"],
            "audience": ["university", "institute"],
            "summary": "收益分配方案在单位内公示，写明贡献和比例；主要贡献人的份额有下限。",
            "points": [],
        },
        cast,
        now,
    )


async def _open_call(cast: Cast, calendar: Calendar) -> Story:
    """Call for applications until some weeks ahead; the closing was put off once."""
    now = yield calendar.ago(16, 9, 50)
    call = await _call(
        OPEN_PROGRAMME,
        calendar.today.year,
        at(calendar.today - timedelta(days=12), 9),
        at(calendar.today + timedelta(days=12), 17),
        cast,
        now,
    )
    now = yield calendar.ago(14, 15, 20)
    await calls.release_call(call.number, by=By(await cast.actor("approver"), now))
    now = yield calendar.ago(4, 10, 40)
    closing = await calls.propose_closing(
        call.number,
        end_of_day(calendar.today + timedelta(days=26)),
        "年底结算的服务费到账较晚，多留两周。",
        by=By(await cast.actor("finance"), now),
    )
    now = yield calendar.ago(3, 16, 30)
    await calls.decide_closing(
        call.number, closing.id, Verdict.CONFIRMED, by=By(await cast.actor("approver"), now)
    )


async def _closed_call(cast: Cast, calendar: Calendar) -> Story:
    now = yield calendar.ago(84, 10)
    call = await _call(
        CLOSED_PROGRAMME,
        calendar.round_year,
        at(calendar.today - timedelta(days=78), 9),
        end_of_day(calendar.today - timedelta(days=45)),
        cast,
        now,
    )
    now = yield calendar.ago(82, 16)
    await calls.release_call(call.number, by=By(await cast.actor("approver"), now))


async def _call(
    slug: str, year: int, opens_at: datetime, closes_at: datetime, cast: Cast, now: datetime
) -> Call:
    values = {
        "year": year,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "channel": CHANNEL,
        "address": "",
        "contact": "成果转化处",
        "phone": "0771-5550166",
        "papers": ["技术合同及登记证明", "银行付款凭证", "卖方开具的发票"],
        "text": TEXT,
    }
    return await calls.draft_call(slug, values, by=By(await cast.actor("finance"), now))


async def _draft(
    values: dict[str, Any],
    cast: Cast,
    now: datetime,
    *,
    programmes: tuple[str, ...] = (),
    affects: str = "",
) -> Policy:
    draft = PolicyDraft(USUAL | values, affects, programmes)
    return await draft_policy(draft, by=By(await cast.actor("finance"), now))
