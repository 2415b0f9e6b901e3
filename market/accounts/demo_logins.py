"""The demo's logins: people with a published password, who exist in demo mode only."""

from __future__ import annotations

from market.kit.i18n import lazy

DOMAIN = "@demo.kezhuan.test"
PASSWORD = "kezhuan-demo"  # noqa: S105 -- printed at the start of every demo
LOGINS = {
    "university": lazy("高校院所"),
    "university2": lazy("高校院所（财务）"),
    "enterprise": lazy("企业"),
    "broker": lazy("技术经纪人"),
    "finance": lazy("核算人"),
    "finance2": lazy("复核人"),
    "approver": lazy("批准人"),
    "reviewer": lazy("评审专家"),
    "operator": lazy("平台管理员"),
    "auditor": lazy("监督审计"),
    "officer2": lazy("核算人（第二位）"),
    "reviewer2": lazy("评审专家（第二位）"),
    "reviewer3": lazy("评审专家（第三位）"),
    "reviewer4": lazy("评审专家（第四位）"),
    "reviewer5": lazy("评审专家（第五位）"),
    "recommender": lazy("推荐单位"),
    "enterprise2": lazy("企业（另一家）"),
    "exchange": lazy("技术交易机构"),
    "exchange2": lazy("技术交易机构（复核）"),
    "city": lazy("市科技局"),
    "park": lazy("高新区"),
}
"""Label of each login, by the local part of its address."""
EMAILS = tuple(f"{key}{DOMAIN}" for key in LOGINS)


def role_of(email: str) -> str:
    """Return the label of a demo login."""
    return str(LOGINS[email.removesuffix(DOMAIN)])


def is_demo_address(email: str) -> bool:
    """Return whether an address belongs to the demo's domain."""
    return email.lower().endswith(DOMAIN)
