"""Kinds, statuses, workflows, audit verbs and permissions of auctions (网络竞价). Pure."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class Format(LabelEnum):
    """How prices are offered."""

    ASCENDING = "ascending", lazy("多次报价")
    SEALED = "sealed", lazy("一次性报价")


class BidKind(LabelEnum):
    BID = "bid", lazy("报价")
    EQUAL = "equal", lazy("同价优先")
    """At the present price, by who has a confirmed priority."""
    SEALED = "sealed", lazy("一次性报价")


class Refusal(LabelEnum):
    """Why an offered price does not count."""

    NOT_ENROLLED = "not_enrolled", lazy("未取得竞价资格")
    SUSPENDED = "suspended", lazy("竞价已暂停")
    NOT_OPEN = "not_open", lazy("尚未开始")
    CLOSED = "closed", lazy("竞价已结束")
    LEADER = "leader", lazy("已是当前最高价")
    PRIORITY = "priority", lazy("同价优先权仅限已确认的优先权人")
    REPEATED = "repeated", lazy("一次性报价只能报一次")
    LOW = "low", lazy("报价低于最低可报价")
    TOO_HIGH = "too_high", lazy("报价超过十倍")
    STEP = "step", lazy("不是加价幅度的整数倍")


class DefaultRule(LabelEnum):
    """What becomes of the deposit of a winner who does not sign (悔约)."""

    ALL = "all", lazy("保证金全部不予退还")
    DAMAGE = "damage", lazy("抵扣差价和费用后退还余额")
