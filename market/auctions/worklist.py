"""What waits in this room: auctions to check and to run, what a second person decides, the own draft."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.accounts.permissions import Role
from market.auctions.states import AuctionAct, AuctionStatus
from market.kit.i18n import Lazy, lazy
from market.kit.worklist import Pending, Recent

S = AuctionStatus


def pending(actor: Actor) -> list[Pending]:
    """Return what waits for the platform, for an exchange or for a holder."""
    parts: list[Pending] = []
    if actor.may(AuctionAct.CHECK_AUCTION):
        parts.append(
            _part(
                "checking",
                lazy("竞价待审核"),
                lazy("去审核"),
                f"a.status = '{S.CHECKING}'",
                "/auctions/{key}",
            )
        )
    for_platform = "a.organiser_id = a.holder_id"
    if Role.OPERATOR in actor.roles:
        parts += [_to_run(for_platform), _to_return(for_platform)]
    if Role.APPROVER in actor.roles:
        parts.append(_to_decide(for_platform))
    if is_exchange(actor):
        own = "a.organiser_id = v.organisation_id AND a.organiser_id <> a.holder_id"
        parts += [_to_run(own), _to_decide(own), _to_return(own)]
    if actor.sells and actor.may(AuctionAct.DRAFT_AUCTION):
        mine = f"a.holder_id = v.organisation_id AND a.status IN ('{S.DRAFT}', '{S.SINGLE}')"
        parts.append(_part("own", lazy("竞价待办"), lazy("去办理"), mine, "/auctions/{key}", "/my/auctions"))
    return parts


def recent(actor: Actor) -> list[Recent]:
    """Return the auctions that the organisation puts up or runs, and its enrolments."""
    if not (actor.may(AuctionAct.DRAFT_AUCTION) or actor.may(AuctionAct.RUN_AUCTION) or may_run(actor)):
        return []
    own = "v.organisation_id IN (r.holder_id, r.organiser_id)"
    return [
        Recent("auction", "auctions r", "/auctions/{key}", title="r.title", is_shared=own),
        Recent(
            "enrolment",
            "auction_enrolments r JOIN auctions a ON a.id = r.auction_id",
            "/auctions/{key}",
            key="a.number",
            number="a.number",
            title="a.title",
            is_shared="r.organisation_id = v.organisation_id",
        ),
    ]


def is_exchange(actor: Actor) -> bool:
    """Return whether the person acts for a verified exchange or agency."""
    return actor.organisation_kind is OrganisationKind.AGENCY and actor.is_organisation_verified


def may_run(actor: Actor) -> bool:
    """Return whether auctions could be the person's to run, to decide on or to audit."""
    staff = {Role.OPERATOR, Role.APPROVER, Role.AUDITOR}
    return is_exchange(actor) or not actor.roles.isdisjoint(staff)


def _to_run(whose: str) -> Pending:
    return _part(
        "run",
        lazy("竞价待审核资格或确认结果"),
        lazy("去办理"),
        f"{whose} AND a.status IN ('{S.QUALIFYING}', '{S.CONFIRMING}') "  # noqa: S608 -- our own texts
        "AND NOT EXISTS (SELECT 1 FROM auction_rulings r WHERE r.auction_id = a.id AND r.verdict IS NULL)",
        "/organise/auctions/{key}",
    )


def _to_decide(whose: str) -> Pending:
    return _part(
        "decide",
        lazy("竞价待复核"),
        lazy("去复核"),
        f"{whose} AND (EXISTS (SELECT 1 FROM auction_rulings r "  # noqa: S608 -- our own texts
        "WHERE r.auction_id = a.id "
        "AND r.verdict IS NULL AND r.proposed_by_id <> v.user_id) OR EXISTS (SELECT 1 FROM "
        "auction_deposits d JOIN auction_enrolments e ON e.id = d.enrolment_id WHERE e.auction_id = a.id "
        "AND d.verdict IS NULL AND d.proposed_by_id <> v.user_id))",
        "/organise/auctions/{key}",
    )


def _to_return(whose: str) -> Pending:
    lies = (
        "(SELECT coalesce(sum(CASE WHEN d.movement = 'received' THEN d.amount ELSE -d.amount END), 0) "
        "FROM auction_deposits d WHERE d.enrolment_id = e.id AND d.verdict = 'confirmed')"
    )
    return Pending(
        "auctions.return",
        lazy("待退还保证金"),
        lazy("去办理"),
        "/organise/auctions/{key}",
        "/organise/auctions",
        "auction_enrolments e JOIN auctions a ON a.id = e.auction_id CROSS JOIN v "
        f"WHERE {whose} AND e.return_by IS NOT NULL AND {lies} > 0",
        key="a.number",
        number="a.number",
        title="a.title",
        due="e.return_by",
        since="a.updated_at",
        amount=lies,
    )


def _part(
    kind: str, what: Lazy, verb: Lazy, condition: str, page: str, index: str = "/organise/auctions"
) -> Pending:
    return Pending(
        f"auctions.{kind}",
        what,
        verb,
        page,
        index,
        f"auctions a CROSS JOIN v WHERE {condition}",
        key="a.number",
        number="a.number",
        title="a.title",
        since="a.updated_at",
    )
