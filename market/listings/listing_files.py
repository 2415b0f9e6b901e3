"""Attachments and pictures of outcomes and needs, by tier: public, after real name, after an undertaking."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.audit.log import record
from market.files.attachments import StoredBlob, attach, list_files
from market.files.models import StoredFile, Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.listings import changes
from market.listings.kinds import Kind, Listing, get_kind
from market.listings.lifecycle import lock_own
from market.listings.states import (
    PUBLIC,
    SHOWN_AS_REVIEWED,
    FileVerb,
    ListingAct,
    NeedStatus,
    OutcomeStatus,
)
from market.records.by import By

MOST_FILES, MOST_PICTURES = 30, 8
TIERS = (Tier.PUBLIC, Tier.VERIFIED, Tier.UNDERTAKING, Tier.PARTIES)
"""Who may open an attachment: everybody, people under their real name, those who gave an undertaking, us."""


class FileKind(LabelEnum):
    """What a file of a listing is."""

    PICTURE = "picture", lazy("图片")
    REPORT = "report", lazy("检测报告、查新报告")
    PROOF = "proof", lazy("证书、用户证明")
    MATERIAL = "material", lazy("技术资料")
    OTHER = "other", lazy("其他")


@dataclass(frozen=True)
class ListingFiles:
    """The files of a listing that a person may know of."""

    pictures: list[StoredFile]
    attachments: list[StoredFile]
    closed: list[StoredFile]
    """Of which the person learns the kind and the tier only."""


NO_FILES = ListingFiles([], [], [])


async def may_open_listing_file(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a file of a listing; a required undertaking is checked besides.

    Its authors, reviewers and auditors open every file; the others those of a listing that they may read.
    """
    listing = await get_kind(file.subject_kind).model.get_or_none(id=file.subject_id)
    if listing is None:
        return False
    return _is_privy(actor, listing) or (listing.status in PUBLIC and _reaches(actor, file.tier))


def _is_privy(actor: Actor | None, listing: Listing) -> bool:
    return actor is not None and (
        (actor.organisation_id == listing.organisation_id and actor.may(ListingAct.DRAFT_LISTING))
        or actor.may(ListingAct.MODERATE)
        or actor.may(AccountAct.READ_AUDIT)
    )


def _reaches(actor: Actor | None, tier: Tier) -> bool:
    if tier is Tier.PUBLIC:
        return True
    is_named = actor is not None and (actor.is_organisation_verified or Role.BROKER in actor.roles)
    return is_named and tier in (Tier.VERIFIED, Tier.UNDERTAKING)


async def files_of(listing: Listing, kind: Kind, actor: Actor | None) -> ListingFiles:
    """Return the newest version of each file; a guest learns of a report for real names, but not its name."""
    newest: dict[tuple[str, str], StoredFile] = {}
    is_privy = _is_privy(actor, listing)
    for file in await list_files(kind.key, listing.id):
        # A version that waits for review does not hide the one that everybody may open.
        if not is_privy and file.tier is Tier.PARTIES:
            continue
        newest[file.kind, file.name] = file
    files = list(newest.values())
    return ListingFiles(
        [file for file in files if file.kind == FileKind.PICTURE],
        [
            file
            for file in files
            if file.kind != FileKind.PICTURE and (is_privy or _reaches(actor, file.tier))
        ],
        [file for file in files if not is_privy and not _reaches(actor, file.tier)],
    )


@atomic()
async def add_file(
    kind: Kind, number: str, blob: StoredBlob, *, file_kind: FileKind, tier: Tier, by: By
) -> StoredFile:
    """Add a file to an own listing; one of the same name becomes its next version. A picture is public.

    What everybody may open waits for review where the listing is published.

    Raises:
        NotFound: it is no listing of the person's organisation.
        Conflict: it has as many files as it may have, or is being reviewed, or has ended.
        Invalid: at `tier`: there is no such tier for listings.
    """
    listing = await lock_own(kind, number, by.actor, ListingAct.DRAFT_LISTING)
    if tier not in TIERS:
        raise Invalid(_("请选择谁能打开。"), field="tier")
    if getattr(listing, "is_masked", False) and by.actor.organisation_name in blob.upload.name:
        raise Invalid(_("这条需求不公开单位名称，文件名里也不要写。"), field="file")
    is_picture = file_kind is FileKind.PICTURE
    existing = await StoredFile.filter(subject_kind=kind.key, subject_id=listing.id)
    count = sum((file.kind == FileKind.PICTURE) is is_picture for file in existing)
    most = MOST_PICTURES if is_picture else MOST_FILES
    if count >= most:
        raise Conflict(_("最多 %(most)s 个，请先整理。", most=most))
    tier = Tier.PUBLIC if is_picture else tier
    waits = tier is Tier.PUBLIC and _needs_review(listing)
    tier = Tier.PARTIES if waits else tier
    file = await attach(
        blob, subject_kind=kind.key, subject_id=listing.id, kind=file_kind.value, tier=tier, by=by
    )
    await record(kind.key, listing.id, FileVerb.ADDED, by=by, file=file.id, tier=tier, sha256=file.sha256)
    if waits:
        await changes.propose_files(kind, listing, [file], by=by)
    return file


def _needs_review(listing: Listing) -> bool:
    """Return whether what is opened to everybody waits for a review of its own.

    Raises:
        Conflict: the listing is being reviewed, or has ended: nothing is opened to everybody any more.
    """
    if listing.status in (OutcomeStatus.PENDING, NeedStatus.PENDING):
        raise Conflict(_("这条信息正在审核，公开的图片和附件请等审核后再加。"))
    if listing.status in PUBLIC and listing.status not in SHOWN_AS_REVIEWED:
        raise Conflict(_("这条信息已经结束，不再加公开的图片和附件。"))
    return listing.status in SHOWN_AS_REVIEWED


@atomic()
async def set_tier(kind: Kind, number: str, file_id: UUID, tier: Tier, *, by: By) -> StoredFile:
    """Change who may open a file: the own organisation alone takes it off the page.

    Raises:
        NotFound: it is no file of an own listing.
        Invalid: at `tier`: there is no such tier for listings.
    """
    listing = await lock_own(kind, number, by.actor, ListingAct.DRAFT_LISTING)
    file = (
        await StoredFile.filter(id=file_id, subject_kind=kind.key, subject_id=listing.id)
        .select_for_update()
        .first()
    )
    if file is None:
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    if tier not in TIERS or (file.kind == FileKind.PICTURE and tier not in (Tier.PUBLIC, Tier.PARTIES)):
        raise Invalid(_("请选择谁能打开。"), field="tier")
    versions = StoredFile.filter(subject_kind=kind.key, subject_id=listing.id, kind=file.kind, name=file.name)
    if tier is Tier.PUBLIC and file.tier is not Tier.PUBLIC and _needs_review(listing):
        await changes.propose_files(kind, listing, [file], by=by)
        return file
    if tier is not Tier.PUBLIC:
        await changes.take_back_files(kind, listing, await versions, by=by)
    # All versions: an older one must not stay open when the newest is closed.
    await versions.update(tier=tier)
    file.tier = tier
    await record(kind.key, listing.id, FileVerb.OPENED_TO, by=by, file=file.id, tier=tier)
    return file
