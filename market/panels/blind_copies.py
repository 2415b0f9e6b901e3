"""Copies of the papers of a blind round without metadata, made by a job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.files.mentions import Name
from market.files.models import StoredFile, Tier
from market.files.plain_copies import EXTENSIONS, plain_copy
from market.files.plain_copy import CopyFault, CopyRefused, PlainCopy
from market.files.store import FileStore
from market.files.uploads import MEDIA_TYPES, Upload
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.panels.blind_models import BlindCopy
from market.panels.blind_names import names_in
from market.panels.round_models import Round, RoundItem
from market.panels.round_states import RoundVerb
from market.panels.rounds import (
    COPY_PAPERS,
    lock_round,
    subjects_of,
)
from market.panels.states import PanelAct
from market.panels.subjects import PanelSubject
from market.records.by import By

KIND = "blind_copy"
Copier = Callable[[Upload, Sequence[Name]], Awaitable[PlainCopy]]


async def make_copies(
    round_id: UUID, *, store: FileStore, now: datetime, again: bool = False, copier: Copier = plain_copy
) -> int:
    """Copy the papers of a blind round that have no copy yet and return how many were handled; idempotent.

    With `again` also those whose last attempt failed.
    """
    round_ = await Round.get_or_none(id=round_id)
    if round_ is None or not round_.is_blind or round_.is_over:
        return 0
    subjects = await subjects_of(round_, with_material=True)
    handled = 0
    for item in await RoundItem.filter(round_id=round_.id).order_by("place"):
        subject = subjects[item.subject_id]
        names: list[Name] | None = None
        for source in await _uncopied(item, subject, again=again):
            names = names or await names_in(subject)
            copied = await _copied(source, names, store, copier)
            digest = "" if isinstance(copied, CopyFault) else await store.put(copied.content)
            handled += await _write(round_, item, source, copied, digest, By.job(now))
    if handled:
        await notify_staff(
            StaffRole.OPERATOR,
            _("评审 %(number)s 的盲审副本已经制作，请逐份核对后再给专家看。", number=round_.number),
            now=now,
            address=f"/admin/rounds/{round_.number}/papers",
        )
    return handled


async def _uncopied(item: RoundItem, subject: PanelSubject, *, again: bool) -> list[StoredFile]:
    ids = [paper.file_id for paper in subject.papers if paper.file_id is not None]
    latest = await _latest(item.id)
    waiting = [
        file_id
        for file_id in ids
        if (copy := latest.get(file_id)) is None or (again and copy.fault is not None)
    ]
    files = {file.id: file for file in await StoredFile.filter(id__in=waiting)}
    return [files[file_id] for file_id in dict.fromkeys(waiting)]


async def _latest(item_id: UUID) -> dict[UUID, BlindCopy]:
    """Return the latest copy of each source of an item."""
    copies = await BlindCopy.filter(item_id=item_id).order_by("attempt")
    return {copy.source_id: copy for copy in copies}


async def _copied(
    source: StoredFile, names: Sequence[Name], store: FileStore, copier: Copier
) -> PlainCopy | CopyFault:
    try:
        content = await store.get(source.sha256)
    except FileNotFoundError:
        return CopyFault.MISSING
    try:
        return await copier(Upload(source.name, content, source.media_type), names)
    except CopyRefused as refused:
        return refused.fault


@atomic()
async def _write(
    round_: Round,
    item: RoundItem,
    source: StoredFile,
    copied: PlainCopy | CopyFault,
    digest: str,
    by: By,
) -> bool:
    await lock_round(round_.number)
    earlier = await BlindCopy.filter(item_id=item.id).order_by("attempt")
    of_source = [copy for copy in earlier if copy.source_id == source.id]
    if of_source and of_source[-1].is_made:
        return False
    place = of_source[0].place if of_source else 1 + max((copy.place for copy in earlier), default=0)
    plain = copied if isinstance(copied, PlainCopy) else None
    file = await _attach(round_, source, plain, digest, place, by.now) if plain else None
    copy = await BlindCopy.create(
        id=uuid4(),
        item_id=item.id,
        source_id=source.id,
        source_sha256=source.sha256,
        attempt=len(of_source) + 1,
        place=place,
        file_id=file.id if file else None,
        sha256=digest,
        fault=copied if isinstance(copied, CopyFault) else None,
        removed=[kind.value for kind in plain.removed] if plain else [],
        mentions=[
            {"kind": row.kind.value, "place": row.place.value, "at": row.at}
            for row in (plain.mentions if plain else ())
        ],
        doubts=[{"kind": kind.value, "at": at} for kind, at in (plain.doubts if plain else ())],
        made_at=by.now,
    )
    await record(
        Round.record_kind, round_.id, RoundVerb.BLIND_COPY, by=by, number=round_.number, **copy.as_logged()
    )
    return True


async def _attach(
    round_: Round, source: StoredFile, plain: PlainCopy, digest: str, place: int, now: datetime
) -> StoredFile:
    media_type = source.media_type
    if media_type in (MEDIA_TYPES["jpg"], MEDIA_TYPES["png"]):
        media_type = MEDIA_TYPES["png" if plain.content.startswith(b"\x89PNG") else "jpg"]
    return await StoredFile.create(
        id=uuid4(),
        subject_kind=Round.record_kind,
        subject_id=round_.id,
        kind=KIND,
        name=f"{paper_name(place)}.{EXTENSIONS[media_type]}",
        media_type=media_type,
        size=len(plain.content),
        sha256=digest,
        tier=Tier.PARTIES,
        uploaded_at=now,
    )


def paper_name(place: int) -> str:
    return _("材料%(place)s", place=place)


@atomic()
async def ask_for_copies(number: str, *, by: By) -> None:
    """Have the papers without a copy copied, and once more those that failed.

    Raises:
        Conflict: the round is not blind, or over.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    if not round_.is_blind or round_.is_over:
        raise Conflict(_("这一轮不是盲审，或者已有结论。"))
    await enqueue(COPY_PAPERS, lock=f"copies:{round_.id}", round_id=round_.id, again=True)
