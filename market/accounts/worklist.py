"""What waits in this room: organisations and brokers to be verified, colleagues to be admitted."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.models import OrganisationStatus
from market.accounts.permissions import AccountAct
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent


def pending(actor: Actor) -> list[Pending]:
    """Return what an operator verifies, and who wants to join an administrator's organisation."""
    parts = []
    if actor.may(AccountAct.VERIFY_ORGANISATION):
        parts += [
            Pending(
                "accounts.verify",
                lazy("待核验单位"),
                lazy("去核验"),
                "/backoffice/organisations/{key}",
                "/backoffice/organisations?status=pending",
                f"organisations o CROSS JOIN v WHERE o.status = '{OrganisationStatus.PENDING}'",
                key="o.id",
                title="o.name",
                number="o.uscc",
                since="o.created_at",
            ),
            Pending(
                "accounts.broker",
                lazy("待核验经纪人"),
                lazy("去核验"),
                "/backoffice/brokers/{key}",
                "/backoffice/brokers",
                "broker_profiles b JOIN users u ON u.id = b.user_id WHERE NOT b.is_verified",
                key="b.id",
                title="u.name",
                number="b.certificate_number",
                since="b.created_at",
            ),
        ]
    if actor.may(AccountAct.MANAGE_MEMBERS):
        parts.append(
            Pending(
                "accounts.member",
                lazy("同事申请加入"),
                lazy("去处理"),
                "/account/members",
                "/account/members",
                "memberships m JOIN users u ON u.id = m.user_id CROSS JOIN v "
                "WHERE m.organisation_id = v.organisation_id AND m.started_at IS NULL AND m.ended_at IS NULL",
                title="u.name",
                since="m.applied_at",
            )
        )
    return parts


def recent(actor: Actor) -> list[Recent]:
    """Return the organisations that an operator verified or returned."""
    if not actor.may(AccountAct.VERIFY_ORGANISATION):
        return []
    page = "/backoffice/organisations/{key}"
    return [Recent("organisation", "organisations r", page, key="r.id", number="r.uscc", title="r.name")]
