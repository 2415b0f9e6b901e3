"""Figures about claims on a dashboard; each links to exactly the rows it counts."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.claims.claimable import list_claimable
from market.claims.models import Claim
from market.claims.permissions import ClaimAct
from market.claims.states import ClaimStatus
from market.kit.i18n import gettext as _
from market.kit.room import Card
from market.panels.states import PanelAct


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return what an operator may have reviewed, or what waits for an applicant; the desk has its own."""
    if actor.may(AccountAct.SEE_DESK) or actor.may(PanelAct.SCORE_CLAIM):
        return []
    if actor.may(PanelAct.ASSIGN_EXPERTS):
        reviewable = await Claim.filter(status=ClaimStatus.ACCEPTED).count()
        return [Card(_("可指派专家的申报"), reviewable, "/reviews/assign", "act")]
    if actor.may(ClaimAct.WRITE_CLAIM) and actor.may_buy:
        return await _own_cards(actor, now)
    return []


async def _own_cards(actor: Actor, now: datetime) -> list[Card]:
    own_claims = Claim.filter(applicant_id=actor.organisation_id)
    claimable = await list_claimable(actor, now)
    free_contracts = {contract.id for offer in claimable for contract in offer.contracts}
    return [
        Card(_("可申报补助的合同"), len(free_contracts), "/claims/new", "act"),
        Card(
            _("补正通知"),
            await own_claims.filter(status=ClaimStatus.SUPPLEMENT).count(),
            "/claims?status=supplement",
            "due",
        ),
        Card(
            _("申报草稿"),
            await own_claims.filter(status=ClaimStatus.DRAFT).count(),
            "/claims?status=draft",
            "due",
        ),
    ]
