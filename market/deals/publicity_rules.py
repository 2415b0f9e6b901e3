"""Whether the law requires publicity of a deal's price. Pure."""

from __future__ import annotations

from market.accounts.models import Organisation, OrganisationKind
from market.deals.models import ContractKind, Pricing
from market.kit.i18n import gettext as _

PUBLICITY_DAYS = 15
"""Calendar days at least, 促进科技成果转化法 art. 18 with 国发〔2016〕16号."""
_STATE_UNITS = (OrganisationKind.UNIVERSITY, OrganisationKind.INSTITUTE)
_PUBLISHED_KINDS = (ContractKind.ASSIGNMENT, ContractKind.LICENCE, ContractKind.EQUITY)
_PRIVATE_NATURES = ("03", "1", "2", "3")
"""Nature codes of associations and companies; those of public institutions begin with 01 or 02."""


def is_state_unit(seller: Organisation) -> bool:
    """Return whether the seller is a state university or institute; when in doubt, it is."""
    if seller.kind not in _STATE_UNITS:
        return False
    return seller.is_state_owned or not seller.nature_code.startswith(_PRIVATE_NATURES)


def needs_publicity(pricing: Pricing, kind: ContractKind | None, seller: Organisation) -> tuple[bool, str]:
    """Return whether the law requires publicity of the agreed price, and why or why not."""
    if pricing is Pricing.LISTED:
        return False, _("价格在技术交易市场挂牌形成，以交易机构的证明为准，法律没有规定协议定价公示。")
    if pricing is Pricing.AUCTION:
        return False, _("价格由网络竞价形成，以竞价结果公示为准，不另作协议定价公示。")
    if not is_state_unit(seller):
        return False, _("转让方不是国家设立的研究开发机构或高等院校，法律没有规定协议定价公示。")
    if kind not in _PUBLISHED_KINDS:
        return False, _(
            "技术开发、咨询、服务合同不属于科技成果的转让、许可或作价投资，法律没有规定协议定价公示。"
        )
    return True, _(
        "国家设立的研究开发机构、高等院校协议定价转让、许可或作价投资，"
        "应公示成果名称和拟交易价格不少于 15 日。依据：促进科技成果转化法第十八条。"
    )
