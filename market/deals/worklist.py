"""How many deals run, and certificates for the operator. What waits in deals `pages.deal_worklist` tells."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.deals.states import ENDED, DealAct, DealStatus
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent, Standing

_ENDED = ", ".join(f"'{status}'" for status in ENDED)


def standing(actor: Actor, now: datetime) -> list[Standing]:
    """Return how many deals of a broker run, and of an organisation are before the public or completed."""
    parts: list[Standing] = []
    if Role.BROKER in actor.roles:
        source = f"deals d CROSS JOIN v WHERE d.broker_id = v.user_id AND d.status NOT IN ({_ENDED})"
        parts.append(Standing(lazy("我跟进的交易"), "/deals?todo=brokered", source))
    if actor.acts_for(actor.organisation_id) and actor.may(DealAct.SEE_DEALS):
        own = "deals d CROSS JOIN v WHERE v.organisation_id IN (d.seller_id, d.buyer_id) AND d.status"
        parts += [
            Standing(lazy("公示中的交易"), "/deals?todo=publicity", f"{own} = '{DealStatus.PUBLICITY}'"),
            Standing(lazy("已完成的交易"), "/deals?status=completed", f"{own} = '{DealStatus.COMPLETED}'"),
        ]
    return parts


def pending(actor: Actor) -> list[Pending]:
    """Return the exchanges' certificates that wait for the operator."""
    if not actor.may(DealAct.DECIDE_CERTIFICATE):
        return []
    return [
        Pending(
            "deals.certificate",
            lazy("挂牌交易凭证待确认"),
            lazy("去核对"),
            "/backoffice/certificates",
            "/backoffice/certificates",
            "exchange_certificates c JOIN deals d ON d.id = c.deal_id CROSS JOIN v WHERE c.verdict IS NULL",
            number="d.number",
            title="d.title",
            since="c.proposed_at",
        )
    ]


def recent(actor: Actor) -> list[Recent]:
    """Return the deals of the person's organisation, and those that the person brokers."""
    own = "v.organisation_id IN (r.seller_id, r.buyer_id)"
    return [Recent("deal", "deals r", "/deals/{key}", title="r.title", is_shared=own)]
