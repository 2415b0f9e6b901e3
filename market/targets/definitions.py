"""Definitions of what counts as a deed: versions as data, proposed by one and confirmed by another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.terms import hash_content
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.targets.models import TargetDefinition
from market.targets.states import DefinitionVerb, Event, TargetAct

SUBJECT = "target_definition"
WHOLE = 10_000
"""Basis points of a whole."""


@dataclass(frozen=True)
class DefinitionTerms:
    """What one version says; amounts in fen, shares in basis points."""

    valid_from: date
    event: Event
    least_amount: int
    least_received: int
    sample_all_from: int
    sample_share: int
    sample_least: int
    most_errors: int
    text: str
    basis: str

    @property
    def content_hash(self) -> str:
        """Return the hash by which a version is known again."""
        return hash_content(
            {
                **vars(self),
                "valid_from": self.valid_from.isoformat(),
                "event": self.event.value,
            }
        )


def terms_of(definition: TargetDefinition) -> DefinitionTerms:
    """Return what a stored version says."""
    return DefinitionTerms(
        **{name: getattr(definition, name) for name in DefinitionTerms.__dataclass_fields__}
    )


@atomic()
async def propose_definition(terms: DefinitionTerms, *, by: By) -> TargetDefinition:
    """Propose a further version, for the operator; years that are closed stay as they were counted.

    Raises:
        Invalid: at the field that does not fit.
        Conflict: a version waits for its confirmation.
    """
    by.actor.require(TargetAct.MANAGE_TARGETS)
    versions = await TargetDefinition.all().order_by("-version").select_for_update()
    if any(version.verdict is None for version in versions):
        raise Conflict(_("还有一版口径等待确认，请先办完。"))
    standing = [version for version in versions if version.is_confirmed]
    if standing and terms.valid_from <= standing[0].valid_from:
        raise Invalid(
            _("起用日应晚于上一版的 %(day)s。", day=standing[0].valid_from.isoformat()), field="valid_from"
        )
    definition = await TargetDefinition.create(
        id=uuid4(),
        version=max((version.version for version in standing), default=0) + 1,
        **vars(terms),
        content_hash=terms.content_hash,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(SUBJECT, definition.id, DefinitionVerb.PROPOSE, by=by, hash=definition.content_hash)
    await notify_staff(
        StaffRole.APPROVER,
        _("指标口径第 %(version)s 版等您确认。", version=definition.version),
        now=by.now,
        address="/backoffice/targets",
    )
    return definition


@atomic()
async def decide_definition(
    definition_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> TargetDefinition:
    """Confirm or reject a version, for the approver.

    Raises:
        NotFound: there is none.
        SamePerson: the person proposed it.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a rejection must have.
    """
    by.actor.require(TargetAct.DECIDE_TARGETS)
    definition = await TargetDefinition.filter(id=definition_id).select_for_update().first()
    if definition is None:
        raise NotFound(_("没有这一版口径。"))
    await decide(definition, verdict, by=by, reason=reason)
    await record(SUBJECT, definition.id, DefinitionVerb.DECIDE, by=by, verdict=verdict.value)
    return definition


async def definition_of_year(year: int) -> TargetDefinition | None:
    """Return the confirmed version that is in force on the last day of a year."""
    return (
        await TargetDefinition.filter(verdict=Verdict.CONFIRMED, valid_from__lte=date(year, 12, 31))
        .order_by("-version")
        .first()
    )


async def list_definitions(*, with_open: bool = False) -> list[TargetDefinition]:
    """Return the versions, the newest first; with those that wait or were rejected for the office."""
    definitions = TargetDefinition.all().select_related("proposed_by", "decided_by")
    if not with_open:
        definitions = definitions.filter(verdict=Verdict.CONFIRMED)
    return await definitions.order_by("-version", "-proposed_at")
