"""Papers of a blind round: looked at by the operator, and only then read by experts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from market.accounts.actors import Actor
from market.audit.log import record
from market.files.mentions import Mention, NameKind, Place
from market.files.models import FileAccess, StoredFile
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.blind_copies import paper_name
from market.panels.blind_models import BlindCheck, BlindCopy
from market.panels.blind_names import without_names_of
from market.panels.round_models import Round, RoundItem, Seat
from market.panels.round_states import RUNNING, RoundVerb, SeatStatus
from market.panels.rounds import get_round_for, lock_round, require_impartial_in, subjects_of, viewer_of
from market.panels.states import PanelAct
from market.panels.subjects import PanelSubject, Paper, get_subject
from market.panels.visibility import Viewer
from market.records.by import By

READING = (SeatStatus.ACCEPTED, SeatStatus.SUBMITTED, SeatStatus.RETURNED, SeatStatus.FINAL)
"""Statuses of a seat whose expert has accepted to judge."""


@dataclass(frozen=True)
class CopyRow:
    """One paper of an item as the operator looks at it."""

    item: RoundItem
    paper: Paper
    source: StoredFile
    copy: BlindCopy | None
    """None: it is not made yet."""
    check: BlindCheck | None
    """The latest look at it."""

    @property
    def is_shown(self) -> bool:
        return self.check is not None and self.check.is_shown

    @property
    def is_withheld(self) -> bool:
        return self.check is not None and not self.check.is_shown

    @property
    def is_waiting(self) -> bool:
        return self.copy is not None and self.copy.is_made and self.check is None

    @property
    def mentions(self) -> list[Mention]:
        rows = self.copy.mentions if self.copy else []
        return [Mention(NameKind(row["kind"]), Place(row["place"]), row["at"]) for row in rows]


async def copy_rows(round_: Round, items: Collection[RoundItem] | None = None) -> list[CopyRow]:
    """Return the papers of a round, or of some of its items, with their copies, as the operator sees them."""
    if items is None:
        items = await RoundItem.filter(round_id=round_.id).order_by("place")
    subjects = await rooms().panel_clients[round_.subject_kind].load([item.subject_id for item in items])
    copies = await BlindCopy.filter(item_id__in=[item.id for item in items]).order_by("attempt")
    latest = {(copy.item_id, copy.source_id): copy for copy in copies}
    checks = await BlindCheck.filter(copy_id__in=[copy.id for copy in latest.values()]).order_by("id")
    looks = {check.copy_id: check for check in checks}
    papers = [
        (item, paper)
        for item in items
        for paper in subjects[item.subject_id].papers
        if paper.file_id is not None
    ]
    files = {
        file.id: file for file in await StoredFile.filter(id__in=[paper.file_id for _item, paper in papers])
    }
    rows = []
    for item, paper in papers:
        if paper.file_id is not None:
            copy = latest.get((item.id, paper.file_id))
            rows.append(
                CopyRow(item, paper, files[paper.file_id], copy, looks.get(copy.id) if copy else None)
            )
    return rows


async def material_of(round_: Round, item: RoundItem, subject: PanelSubject) -> PanelSubject:
    """Return what an expert reads of an item: in a blind round without names, and checked copies alone."""
    if not round_.is_blind:
        return subject
    rows: Mapping[UUID, CopyRow] = {row.source.id: row for row in await copy_rows(round_, [item])}
    papers = []
    for paper in subject.papers:
        row = rows.get(paper.file_id) if paper.file_id else None
        if row is None or row.copy is None or not row.is_shown:
            note = _("不向专家展示") if row and row.is_withheld else _("盲审副本尚未核对，暂不能看")
            note = note if row else ""
            papers.append(Paper(paper.kind, "", paper.kind, note=note))
            continue
        label = _("%(name)s（%(kind)s）", name=paper_name(row.copy.place), kind=paper.kind)
        papers.append(Paper(label, f"/files/{row.copy.file_id}", paper.kind, row.copy.file_id))
    return replace(await without_names_of(subject), papers=tuple(papers))


async def count_readable(round_: Round, item_id: UUID) -> int:
    """Return how many papers of an item its experts can open at present."""
    item = await RoundItem.get(id=item_id)
    if round_.is_blind:
        return sum(row.is_shown for row in await copy_rows(round_, [item]))
    subject = await get_subject(round_.subject_kind, item.subject_id)
    return sum(paper.file_id is not None for paper in subject.papers)


@atomic()
async def check_copies(
    number: str, copy_ids: Sequence[UUID], *, is_shown: bool, reason: str, by: By
) -> list[BlindCheck]:
    """Say of copies that were opened before whether experts see them; the latest word holds.

    Raises:
        NotFound: there is no such copy in the round.
        Invalid: none is chosen, one was not opened by the person, or a reason is lacking.
        Conflict: the round is over.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    if round_.is_over:
        raise Conflict(_("评审已有结论，不能再改。"))
    await require_impartial_in((await subjects_of(round_)).values(), by)
    ids = list(dict.fromkeys(copy_ids))
    copies = await BlindCopy.filter(id__in=ids, item__round_id=round_.id, file_id__isnull=False)
    if not ids:
        raise Invalid(_("请选择要核对的副本。"), field="copy")
    if len(copies) != len(ids):
        raise NotFound(_("没有这份副本。"))
    opened = await FileAccess.filter(
        file_id__in=[copy.file_id for copy in copies], user_id=by.actor.user_id
    ).values_list("file_id", flat=True)
    unopened = [copy for copy in copies if copy.file_id not in {UUID(str(file_id)) for file_id in opened}]
    if unopened:
        names = "、".join(paper_name(copy.place) for copy in sorted(unopened, key=lambda copy: copy.place))
        raise Invalid(_("请先打开副本看过再核对：%(names)s。", names=names), field="copy")
    reason = reason.strip()[:300]
    if len(reason) < 4 and (not is_shown or any(copy.mentions for copy in copies)):
        raise Invalid(_("副本里还有名称仍要展示，或者不展示的，请写明理由（至少 4 个字）。"), field="reason")
    checks = [
        await BlindCheck.create(
            copy_id=copy.id,
            is_shown=is_shown,
            reason=reason,
            checked_by_id=by.actor.user_id,
            checked_at=by.now,
        )
        for copy in copies
    ]
    verb = RoundVerb.SHOW_COPY if is_shown else RoundVerb.WITHHOLD_COPY
    await record(
        Round.record_kind, round_.id, verb, by=by, number=number, copies=[str(copy.id) for copy in copies]
    )
    return checks


async def may_open_copy(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a copy: who runs or audits its round, its experts once checked."""
    copy = await BlindCopy.get_or_none(file_id=file.id).select_related("item__round")
    if actor is None or copy is None:
        return False
    round_ = copy.item.round
    if viewer_of(actor, round_) is not Viewer.OTHER:
        return True
    if round_.status not in RUNNING:
        return False
    check = await BlindCheck.filter(copy_id=copy.id).order_by("-id").first()
    sits = Seat.filter(item_id=copy.item_id, user_id=actor.user_id, status__in=list(READING))
    return check is not None and check.is_shown and await sits.exists()


async def get_blind_round_for(actor: Actor, number: str) -> Round:
    """Return a blind round for who runs or audits it.

    Raises:
        NotFound: there is none, or it is not theirs to see.
    """
    round_ = await get_round_for(actor, number)
    if not round_.is_blind or not (actor.may(PanelAct.RUN_ROUNDS) or actor.may(PanelAct.AUDIT_ROUNDS)):
        raise NotFound(_("没有这一轮评审。"))
    return round_


def counts_of(rows: Sequence[CopyRow]) -> dict[str, int]:
    """Return how many papers there are, wait to be looked at, are shown, failed or are not made yet."""
    return {
        "papers": len(rows),
        "waiting": sum(row.is_waiting for row in rows),
        "shown": sum(row.is_shown for row in rows),
        "failed": sum(row.copy is not None and row.copy.fault is not None for row in rows),
        "unmade": sum(row.copy is None for row in rows),
    }
