"""The sides of a deal: who acts for which, and what each may see of the other."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.accounts.permissions import Role
from market.deals.models import Deal, Side
from market.kit.i18n import gettext as _


def side_of(deal: Deal, actor: Actor) -> Side | None:
    """Return the side the person acts for; None for its broker, an auditor and everybody else."""
    if actor.acts_for(deal.seller_id):
        return Side.SELLER
    return Side.BUYER if actor.acts_for(deal.buyer_id) else None


def may_see(deal: Deal, actor: Actor) -> bool:
    """Return whether the person may open the deal room: both sides, the deal's broker, auditors."""
    if side_of(deal, actor) is not None or Role.AUDITOR in actor.roles:
        return True
    return deal.broker_id == actor.user_id and Role.BROKER in actor.roles


def other_side(side: Side) -> Side:
    """Return the counterparty's side."""
    return Side.BUYER if side is Side.SELLER else Side.SELLER


def organisation_of(deal: Deal, side: Side) -> Organisation:
    """Return the organisation on a side, which must be fetched."""
    return deal.seller if side is Side.SELLER else deal.buyer


def has_agreed(deal: Deal, side: Side) -> bool:
    """Return whether the side has agreed to be introduced."""
    return (deal.seller_agreed_at if side is Side.SELLER else deal.buyer_agreed_at) is not None


def contacts_visible(deal: Deal) -> bool:
    """Return whether the sides see each other's contacts: both have agreed to be introduced."""
    return has_agreed(deal, Side.SELLER) and has_agreed(deal, Side.BUYER)


def is_buyer_masked(deal: Deal, actor: Actor) -> bool:
    """Return whether the buyer's name is masked (某企业) for this person. The need must be fetched.

    It is masked for the seller's people only, until both sides have agreed.
    """
    if deal.need is None or not deal.need.is_masked or contacts_visible(deal):
        return False
    return side_of(deal, actor) is Side.SELLER


def buyer_name(deal: Deal, actor: Actor) -> str:
    """Return the buyer's name as this person may know it."""
    return _("某企业") if is_buyer_masked(deal, actor) else deal.buyer.name
