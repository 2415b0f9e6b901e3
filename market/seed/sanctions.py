"""Integrity records of the demo: two in force, one being heard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from market.codes.uscc import check_digit
from market.integrity import sanction_acts as integrity
from market.integrity.models import SanctionGrade, Scope
from market.integrity.sanction_decisions import decide_ruling, propose_ruling
from market.integrity.states import SanctionRuling
from market.kit.clock import local_date
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import load
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story

RECORDS: tuple[dict[str, Any], ...] = (
    {
        "organisation": "qiongling",
        "grade": SanctionGrade.GENERAL,
        "scopes": (Scope.SUBSIDY, Scope.PROJECT),
        "decision_number": "桂科诚信〔%(year)s〕7号",
        "source": "自治区科学技术主管部门",
        "basis": "科技计划项目验收材料中重复使用同一组试验数据，经调查认定为一般失信行为。",
        "days_ago": 140,
        "years": 1,
    },
    {
        "name": "百色坤域矿业技术有限公司",
        "body": "91451000MA5PK4TX2",
        "grade": SanctionGrade.SERIOUS,
        "scopes": (Scope.SUBSIDY, Scope.PROJECT, Scope.BROKERAGE),
        "decision_number": "桂科诚信〔%(year)s〕11号",
        "source": "自治区科学技术主管部门",
        "basis": "以虚假技术合同和循环转账骗取后补助资金，已追回，列入严重失信名单。",
        "days_ago": 95,
        "years": 5,
    },
    {
        "name": "南宁锐标检测技术服务有限公司",
        "body": "91450100MA5NQ8LR6",
        "grade": SanctionGrade.GENERAL,
        "scopes": (Scope.REVIEW,),
        "decision_number": "桂科诚信告〔%(year)s〕3号",
        "source": "自治区科学技术主管部门",
        "basis": "评审期间与被评审单位存在未披露的业务往来，已告知当事人申辩。",
        "days_ago": 5,
        "years": 2,
        "heard": True,
    },
)


async def file_sanctions(cast: Cast, calendar: Calendar) -> Story:
    """Create each record, mark its subject as heard, and confirm it unless the hearing still runs."""
    operator, approver = await cast.actor("operator"), await cast.actor("approver")
    for record in RECORDS:
        now = yield calendar.ago(record["days_ago"], 9, 40)
        starts_on = local_date(now) + timedelta(days=3)
        if key := record.get("organisation"):
            entry = load("organisations")[key]
            name, uscc = entry["name"], entry["uscc"]
        else:
            name, uscc = record["name"], record["body"] + check_digit(record["body"])
        sanction = await integrity.file_sanction(
            uscc=uscc,
            name=name,
            grade=record["grade"],
            scopes=record["scopes"],
            decision_number=record["decision_number"] % {"year": starts_on.year},
            source=record["source"],
            basis=record["basis"],
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=365 * record["years"]),
            by=By(operator, now),
        )
        now = yield calendar.ago(record["days_ago"] - 1, 9, 40)
        await integrity.hear_sanction(sanction.id, by=By(operator, now))
        if not record.get("heard"):
            now = yield calendar.ago(record["days_ago"] - 4, 9, 40)
            decision = await propose_ruling(sanction.id, SanctionRuling.CONFIRM, by=By(operator, now))
            now = yield now + timedelta(hours=5)
            await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(approver, now))
