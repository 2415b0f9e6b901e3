"""Papers of an organisation: uploaded by its administrator, checked by the operator."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts import organisations
from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import MemberRole, Membership, Organisation, OrganisationStatus, StaffRole
from market.accounts.organisations import get_organisation_to_edit
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.worklist import Figure, Unit, Worklist
from market.papers.models import OrganisationPaper
from market.papers.states import ALWAYS, NUMBERED, PROVES, PaperAct, PaperKind, PaperVerb
from market.records.by import By

SUBJECT = "organisation_paper"


@dataclass(frozen=True)
class NeededPaper:
    """One kind of paper that an organisation shows, with the latest one of it."""

    kind: PaperKind
    statements: Sequence[str]
    """The statements of the organisation that it proves, as columns."""
    paper: OrganisationPaper | None

    @property
    def is_numbered(self) -> bool:
        return self.kind in NUMBERED

    def is_expired(self, today: date) -> bool:
        """Return whether its last day has passed."""
        return bool(self.paper and self.paper.expires_on and self.paper.expires_on < today)


@atomic()
async def upload_paper(
    kind: PaperKind, blob: StoredBlob, *, number: str = "", expires_on: date | None = None, by: By
) -> OrganisationPaper:
    """Add a paper to the organisation of the actor, its administrator; the operator is told of one to check.

    Raises:
        Invalid: at `number` or `expires_on`, which a certificate must have.
        NotYours: the actor is not its administrator.
    """
    organisation = await get_organisation_to_edit(by.actor)
    if kind in NUMBERED and not number:
        raise Invalid(_("请填写证书编号。"), field="number")
    if kind in NUMBERED and expires_on is None:
        raise Invalid(_("请填写有效期至。"), field="expires_on")
    if expires_on is not None and expires_on < by.now.date():
        raise Invalid(_("这份证书已经过期，请上传在有效期内的。"), field="expires_on")
    paper_id = uuid4()
    file = await attach(
        blob, subject_kind=SUBJECT, subject_id=paper_id, kind=kind.value, tier=Tier.PARTIES, by=by
    )
    paper = await OrganisationPaper.create(
        id=paper_id,
        organisation_id=organisation.id,
        kind=kind,
        file_id=file.id,
        number=number,
        expires_on=expires_on,
        uploaded_by_id=by.actor.user_id,
        uploaded_at=by.now,
    )
    await record(
        "organisation", organisation.id, PaperVerb.UPLOAD_PAPER, by=by, kind=kind.value, file=file.sha256
    )
    if organisation.is_verified:
        await notify_staff(
            StaffRole.OPERATOR,
            _("%(name)s 上传了%(kind)s，待核对。", name=organisation.name, kind=kind.label),
            now=by.now,
            address=f"/backoffice/organisations/{organisation.id}",
        )
    return paper


@atomic()
async def check_papers(organisation_id: UUID, paper_ids: Collection[UUID], *, by: By) -> int:
    """Mark papers of an organisation as checked against the originals; return how many were."""
    by.actor.require(PaperAct.CHECK_PAPERS)
    await require_unrelated(by, [organisation_id])
    papers = OrganisationPaper.filter(
        organisation_id=organisation_id, id__in=list(paper_ids), checked_at__isnull=True
    )
    checked = await papers.order_by("id").select_for_update()
    for paper in checked:
        paper.checked_by_id, paper.checked_at = by.actor.user_id, by.now
        await paper.save(update_fields=["checked_by_id", "checked_at"])
        await record(
            "organisation",
            organisation_id,
            PaperVerb.CHECK_PAPER,
            by=by,
            kind=paper.kind.value,
            paper=paper.id,
        )
    return len(checked)


@atomic()
async def verify_organisation(
    organisation_id: UUID, paper_ids: Collection[UUID], *, revision: int, by: By
) -> None:
    """Verify an organisation, its ticked papers checked with it.

    Raises:
        Invalid: a paper that was uploaded is not checked.
        Conflict: the organisation was edited since the page was shown, or is not waiting.
    """
    await check_papers(organisation_id, paper_ids, by=by)
    organisation = await Organisation.get(id=organisation_id)
    unchecked = [
        need.kind.label
        for need in await needed_papers(organisation)
        if need.paper and need.paper.checked_at is None
    ]
    if unchecked:
        raise Invalid(
            _(
                "还没有核对：%(kinds)s。与原件相符的请勾“已核”，不符的请退回。",
                kinds="、".join(str(kind) for kind in unchecked),
            )
        )
    await organisations.verify_organisation(organisation_id, revision=revision, by=by)


async def needed_papers(organisation: Organisation) -> list[NeededPaper]:
    """Return the papers that an organisation shows by what it says of itself, with the latest of each."""
    papers = OrganisationPaper.filter(organisation_id=organisation.id).order_by("uploaded_at")
    latest = {paper.kind: paper for paper in await papers.select_related("file", "uploaded_by", "checked_by")}
    statements: dict[PaperKind, list[str]] = {kind: [] for kind in ALWAYS}
    for column, kind in PROVES.items():
        if getattr(organisation, column):
            statements.setdefault(kind, []).append(column)
    for kind in latest:
        statements.setdefault(kind, [])
    return [NeededPaper(kind, statements[kind], latest.get(kind)) for kind in PaperKind if kind in statements]


async def may_open_paper(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a paper: administrators of its organisation, operator and auditor."""
    paper = await OrganisationPaper.get_or_none(id=file.subject_id)
    if actor is None or paper is None:
        return False
    if actor.may(PaperAct.SEE_PAPERS):
        return True
    return await Membership.active(
        user_id=actor.user_id, organisation_id=paper.organisation_id, role=MemberRole.ADMIN
    ).exists()


async def list_unchecked(today: date) -> list[OrganisationPaper]:
    """Return the papers of verified organisations that nobody checked, or that have lapsed."""
    verified = OrganisationPaper.filter(organisation__status=OrganisationStatus.VERIFIED)
    papers = await verified.order_by("uploaded_at").select_related("organisation", "file")
    latest = {(paper.organisation_id, paper.kind): paper for paper in papers}
    return [
        paper
        for paper in latest.values()
        if paper.checked_at is None or (paper.expires_on is not None and paper.expires_on < today)
    ]


async def papers_to_check(actor: Actor, now: datetime) -> Worklist:
    """Return the operator's figure of papers to look at."""
    count = len(await list_unchecked(local_date(now))) if actor.may(PaperAct.CHECK_PAPERS) else 0
    figure = Figure(_("单位证明待核或已过期"), "/backoffice/papers", count, Unit.COUNT, "")
    return Worklist(figures=[figure] if count else [])
