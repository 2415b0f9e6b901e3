"""What waits in this room: lists that their owner checks, and batches that the operator samples."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.imports.states import ImportStatus
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.states import ListingAct


def pending(actor: Actor) -> list[Pending]:
    """Return the imports that the author checks, and the batches that the operator samples."""
    parts: list[Pending] = []
    if actor.may(ListingAct.MODERATE):
        parts.append(
            Pending(
                "imports.review",
                lazy("批量导入待抽检"),
                lazy("去抽检"),
                "/my/imports/{key}",
                "/backoffice/imports?status=submitted",
                "listing_imports i LEFT JOIN organisations o ON o.id = i.organisation_id "
                f"JOIN files f ON f.id = i.file_id WHERE i.status = '{ImportStatus.SUBMITTED}'",
                key="i.number",
                number="i.number",
                title="f.name",
                party="coalesce(o.name, '')",
                since="i.updated_at",
            )
        )
    if actor.may(ListingAct.DRAFT_LISTING):
        parts += [_own(OUTCOME)] if actor.sells else []
        parts += [_own(NEED)] if actor.buys else []
    return parts


def _own(kind: Kind) -> Pending:
    waiting = ", ".join(
        f"'{status}'" for status in (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.RETURNED)
    )
    return Pending(
        f"imports.check_{kind.key}",
        lazy("核对导入的成果表") if kind is OUTCOME else lazy("核对导入的需求表"),
        lazy("去核对"),
        "/my/imports/{key}",
        f"/my/{kind.index}/import",
        "listing_imports i CROSS JOIN v JOIN files f ON f.id = i.file_id "
        f"WHERE i.organisation_id = v.organisation_id AND i.kind = '{kind.key}' "
        f"AND i.status IN ({waiting})",
        key="i.number",
        number="i.number",
        title="f.name",
        since="i.updated_at",
    )


def recent(actor: Actor) -> list[Recent]:
    """Return the imports of the organisation, and those that an operator sampled."""
    name = "(SELECT f.name FROM files f WHERE f.id = r.file_id)"
    own = "r.organisation_id = v.organisation_id"
    return [Recent("listing_import", "listing_imports r", "/my/imports/{key}", title=name, is_shared=own)]
