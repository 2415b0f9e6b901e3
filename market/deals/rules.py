"""What holds in a deal room: whose side somebody is on, what is revealed, what the law asks."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationKind
from market.accounts.permissions import Role
from market.deals.models import ContractKind, Deal, Pricing, Side
from market.kit.i18n import gettext as _

PUBLICITY_DAYS = 15
"""Calendar days at least, 促进科技成果转化法 art. 18 with 国发〔2016〕16号."""
_STATE_UNITS = (OrganisationKind.UNIVERSITY, OrganisationKind.INSTITUTE)
_PUBLISHED_KINDS = (ContractKind.ASSIGNMENT, ContractKind.LICENCE, ContractKind.EQUITY)
_PRIVATE_NATURES = ("03", "1", "2", "3")
"""Nature codes of associations and companies; those of public institutions begin with 01 or 02."""


def side_of(deal: Deal, actor: Actor) -> Side | None:
    """Return the side the person acts for; None for its broker, an auditor and everybody else."""
    if actor.acts_for(deal.seller_id):
        return Side.SELLER
    return Side.BUYER if actor.acts_for(deal.buyer_id) else None


def may_see(deal: Deal, actor: Actor) -> bool:
    """Tell whether the person may open the deal room: both sides, the deal's broker, auditors."""
    if side_of(deal, actor) is not None or Role.AUDITOR in actor.roles:
        return True
    return deal.broker_id == actor.user_id and Role.BROKER in actor.roles


def other(side: Side) -> Side:
    return Side.BUYER if side is Side.SELLER else Side.SELLER


def organisation_of(deal: Deal, side: Side) -> Organisation:
    """Return the organisation on a side, which must be fetched."""
    return deal.seller if side is Side.SELLER else deal.buyer


def has_agreed(deal: Deal, side: Side) -> bool:
    """Tell whether the side has agreed to be introduced."""
    return (deal.seller_agreed_at if side is Side.SELLER else deal.buyer_agreed_at) is not None


def contacts_visible(deal: Deal) -> bool:
    """Tell whether the sides see each other's contacts: both have agreed to be introduced."""
    return has_agreed(deal, Side.SELLER) and has_agreed(deal, Side.BUYER)


def is_buyer_masked(deal: Deal, actor: Actor) -> bool:
    """Tell whether the buyer stands as 某企业 before this person. The need must be fetched.

    Only the seller's people are kept in the dark, and only until both sides have agreed.
    """
    if deal.need is None or not deal.need.is_masked or contacts_visible(deal):
        return False
    return side_of(deal, actor) is Side.SELLER


def buyer_name(deal: Deal, actor: Actor) -> str:
    """Return the buyer's name as this person may know it."""
    return _("某企业") if is_buyer_masked(deal, actor) else deal.buyer.name


def is_state_unit(seller: Organisation) -> bool:
    """Tell whether the seller is a state university or institute; when in doubt, it is."""
    if seller.kind not in _STATE_UNITS:
        return False
    return seller.is_state_owned or not seller.nature_code.startswith(_PRIVATE_NATURES)


def needs_publicity(pricing: Pricing, kind: ContractKind | None, seller: Organisation) -> tuple[bool, str]:
    """Tell whether the law asks for publicity of an agreed price, and why or why not."""
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
