"""What waits in this room: listings to be mended, renewed and reviewed; and how many are on offer."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent, Standing
from market.listings.kinds import KINDS, NEED, OUTCOME, Kind
from market.listings.queries import RENEW_AHEAD, RENEWABLE
from market.listings.states import LIVE, ChangeStatus, ListingAct


def pending(actor: Actor) -> list[Pending]:
    """Return what the author mends and renews, and what the operator reviews."""
    parts: list[Pending] = []
    if actor.may(ListingAct.MODERATE):
        for kind in KINDS.values():
            parts += _to_review(kind)
    if actor.may(ListingAct.DRAFT_LISTING):
        parts += _own(OUTCOME) if actor.sells else []
        parts += _own(NEED) if actor.buys else []
    return parts


def _amount(kind: Kind) -> str:
    return "l.price_amount" if kind is OUTCOME else "l.budget_max_amount"


def _to_review(kind: Kind) -> list[Pending]:
    is_outcome, table = kind is OUTCOME, kind.index
    return [
        Pending(
            f"listings.review_{kind.key}",
            lazy("待审核成果") if is_outcome else lazy("待审核需求"),
            lazy("去审核"),
            f"/backoffice/listings/{kind.key}/{{key}}",
            f"/backoffice/listings?kind={kind.key}",
            f"{table} l JOIN organisations o ON o.id = l.organisation_id WHERE l.status = '{kind.pending}'",
            key="l.number",
            number="l.number",
            title="l.title",
            party="o.name",
            since="l.submitted_at",
            amount=_amount(kind),
        ),
        Pending(
            f"listings.change_{kind.key}",
            lazy("成果变更待审核") if is_outcome else lazy("需求变更待审核"),
            lazy("去审核"),
            "/backoffice/changes/{key}",
            "/backoffice/changes",
            f"listing_changes c JOIN {table} l ON l.id = c.subject_id AND c.subject_kind = '{kind.key}' "
            f"JOIN organisations o ON o.id = l.organisation_id WHERE c.status = '{ChangeStatus.PENDING}'",
            key="c.id",
            number="l.number",
            title="l.title",
            party="o.name",
            since="c.proposed_at",
        ),
    ]


def _own(kind: Kind) -> list[Pending]:
    is_outcome, table = kind is OUTCOME, kind.index
    renewable = ", ".join(f"'{status}'" for status in RENEWABLE if isinstance(status, kind.statuses))
    return [
        Pending(
            f"listings.returned_{kind.key}",
            lazy("改退回的成果") if is_outcome else lazy("改退回的需求"),
            lazy("去修改"),
            f"/my/{table}/{{key}}",
            f"/my/{table}?status=returned",
            f"{table} l CROSS JOIN v WHERE l.organisation_id = v.organisation_id AND l.status = 'returned'",
            key="l.number",
            number="l.number",
            title="l.title",
            since="l.updated_at",
            amount=_amount(kind),
        ),
        Pending(
            f"listings.renew_{kind.key}",
            lazy("核实并续期成果") if is_outcome else lazy("核实并续期需求"),
            lazy("去续期"),
            f"/my/{table}/{{key}}",
            f"/my/{table}?due=1",
            f"{table} l CROSS JOIN v WHERE l.organisation_id = v.organisation_id "
            f"AND l.status IN ({renewable}) AND l.expires_on <= v.today + {RENEW_AHEAD.days}",
            key="l.number",
            number="l.number",
            title="l.title",
            due="l.expires_on",
            amount=_amount(kind),
        ),
    ]


def standing(actor: Actor, now: datetime) -> list[Standing]:
    """Return how many of the organisation's listings are on offer, under review and not handed in."""
    parts: list[Standing] = []
    if actor.may(ListingAct.DRAFT_LISTING):
        parts += _counts(OUTCOME) if actor.sells else []
        parts += _counts(NEED) if actor.buys else []
    if actor.may(ListingAct.MODERATE):
        parts += [_on_offer(kind) for kind in KINDS.values()]
        parts.append(
            Standing(
                lazy("已生效的修改待过目"),
                "/backoffice/changes?show=applied",
                f"listing_changes c WHERE c.status = '{ChangeStatus.APPLIED}'",
            )
        )
    return parts


def _on_offer(kind: Kind) -> Standing:
    live = ", ".join(f"'{status}'" for status in LIVE if isinstance(status, kind.statuses))
    label = lazy("在架成果") if kind is OUTCOME else lazy("在征需求")
    return Standing(label, f"/{kind.index}", f"{kind.index} l WHERE l.status IN ({live})")


def _counts(kind: Kind) -> list[Standing]:
    is_outcome, table = kind is OUTCOME, kind.index
    words = {
        "published": lazy("已发布的成果") if is_outcome else lazy("已发布的需求"),
        "pending": lazy("审核中的成果") if is_outcome else lazy("审核中的需求"),
        "draft": lazy("成果草稿") if is_outcome else lazy("需求草稿"),
    }
    return [
        Standing(
            label,
            f"/my/{table}?status={status}",
            f"{table} l CROSS JOIN v WHERE l.organisation_id = v.organisation_id AND l.status = '{status}'",
        )
        for status, label in words.items()
    ]


def recent(actor: Actor) -> list[Recent]:
    """Return listings and, for the operator, reviewed changes."""
    own = "r.organisation_id = v.organisation_id"
    parts = [
        Recent(name, f"{kind.index} r", f"/{kind.index}/{{key}}", title="r.title", is_shared=own)
        for name, kind in KINDS.items()
    ]
    if actor.may(ListingAct.MODERATE):
        parts.append(
            Recent(
                "listing_change",
                "listing_changes r LEFT JOIN outcomes o ON o.id = r.subject_id "
                "LEFT JOIN needs n ON n.id = r.subject_id",
                "/backoffice/changes/{key}",
                key="r.id",
                number="coalesce(o.number, n.number)",
                title="coalesce(o.title, n.title)",
            )
        )
    return parts
