"""What a row of the audit log says besides its act, in words; an old value beside the new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from market.audit.export_format import NONCE
from market.kit.formats import percent
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import Money

OLD = "old_"
"""Prefix of the key under which an act keeps what stood before."""
PAIRS = {"after": "before"}
"""Other keys of a new value, with that of the old one."""
AMOUNTS = frozenset(
    {"amount", "contract_amount", "trade_amount", "received", "income", "pot", "surplus", "paid_in_equity"}
)
"""Keys whose values are fen."""
LABELS = {
    "account": lazy("账户"),
    "account_hash": lazy("账号校验值"),
    "after": lazy("内容"),
    "amount": lazy("金额"),
    "amounts": lazy("列入金额（分）"),
    "batch": lazy("批次"),
    "capacity": lazy("每月最多项数"),
    "change": lazy("变更编号"),
    "claim": lazy("申报"),
    "claims": lazy("申报"),
    "clause": lazy("条款"),
    "clawback": lazy("追回"),
    "commission_basis_points": lazy("约定佣金"),
    "contract": lazy("合同"),
    "contract_amount": lazy("合同成交额"),
    "contracts": lazy("合同"),
    "days": lazy("天数"),
    "deal": lazy("交易"),
    "decision": lazy("决定"),
    "digest": lazy("签署内容的校验值"),
    "document": lazy("依据文号"),
    "due_on": lazy("期限"),
    "economic_code": lazy("经济分类科目"),
    "ends_at": lazy("截止"),
    "evidence": lazy("佐证"),
    "experts": lazy("专家人数"),
    "factor": lazy("折算系数"),
    "fields": lazy("修改的栏目"),
    "fiscal_year": lazy("预算年度"),
    "functional_code": lazy("功能分类科目"),
    "handover": lazy("移送"),
    "hash": lazy("正文校验值"),
    "instalment": lazy("分期"),
    "interest": lazy("计息"),
    "interest_after": lazy("起息日的前一日"),
    "is_upheld": lazy("是否成立"),
    "kind": lazy("种类"),
    "left_out": lazy("不列入"),
    "mode": lazy("预算不足时"),
    "months": lazy("分月用款计划（分）"),
    "name": lazy("名称"),
    "notice": lazy("公示"),
    "number": lazy("编号"),
    "pot": lazy("预算"),
    "preview": lazy("预览校验值"),
    "programme": lazy("政策"),
    "rate_basis_points": lazy("比例"),
    "reason": lazy("理由"),
    "papers": lazy("证据文件校验值"),
    "received_on": lazy("到账日期"),
    "refusal": lazy("不予支持"),
    "region": lazy("地区"),
    "registration_number": lazy("登记编号"),
    "remainder": lazy("舍入余数（分）"),
    "replaces": lazy("替换"),
    "respond_by": lazy("答复期限"),
    "role": lazy("身份"),
    "ruling": lazy("裁定"),
    "run": lazy("年度核算"),
    "sample": lazy("样本"),
    "scopes": lazy("限制范围"),
    "scores": lazy("评分"),
    "seed": lazy("抽样种子"),
    "sha256": lazy("文件校验值"),
    "side": lazy("哪一方"),
    "statement": lazy("答复或补充"),
    "sheets": lazy("核算表份数"),
    "source": lazy("资金来源"),
    "status": lazy("状态"),
    "tie": lazy("关联关系"),
    "title_rank": lazy("职称等级"),
    "trade_amount": lazy("技术交易额"),
    "unit": lazy("任职单位"),
    "until": lazy("截止"),
    "uscc": lazy("统一社会信用代码"),
    "version": lazy("版本"),
    "weights": lazy("领域权重"),
    "year": lazy("年度"),
}
"""Keys of the log in words; any other is shown as it is."""


@dataclass(frozen=True)
class LoggedValue:
    """One value of a row of the log."""

    label: str
    new: str
    old: str = ""
    is_change: bool = False
    """The act kept what stood before."""


def changes_of(data: Mapping[str, Any] | None) -> list[LoggedValue]:
    """Return the values of a row in words, an old one beside its new one."""
    values = []
    data = data or {}
    for key, new in data.items():
        if key == NONCE:
            continue
        old_key = PAIRS.get(key, f"{OLD}{key}")
        if key in PAIRS.values() and _new_of(key) in data:
            continue
        if key.startswith(OLD) and key.removeprefix(OLD) in data:
            continue
        label = LABELS.get(key)
        values.append(
            LoggedValue(
                label=str(label) if label else key,
                new=_words(key, new),
                old=_words(key, data.get(old_key)),
                is_change=old_key in data,
            )
        )
    return values


def _new_of(old_key: str) -> str:
    return next(new for new, old in PAIRS.items() if old == old_key)


def _words(key: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if key in AMOUNTS and isinstance(value, int):
        return f"￥{Money(value).decimal}"
    if key.endswith("basis_points") and isinstance(value, int):
        return percent(value)
    if isinstance(value, list):
        return "、".join(_words("", part) for part in value)
    if isinstance(value, dict):
        return "，".join(f"{name} {_words(name, part)}" for name, part in value.items())
    return str(value)
