"""Files that belong to a challenge (附件): public ones, and confidential ones that open after an undertaking.

They are attached to the draft, listed with it and stand as they were listed. Who opened a confidential one is
about to solve it: nobody is told so before the common opening.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.audit.log import record
from market.challenges.drafting import lock_draft
from market.challenges.models import Challenge
from market.challenges.queries import is_owner, may_see
from market.challenges.states import PUBLIC, ChallengeAct, ChallengeVerb
from market.challenges.visibility import Annex, Reader, opens_annex, tells_openings
from market.files.attachments import StoredBlob, attach, list_files
from market.files.models import StoredFile, Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By

KIND = "challenge_annex"
"""Kind of record that they belong to, under the id of their challenge: its log is sealed."""
FILE_KIND = "annex"
TIERS = {Tier.PUBLIC: Annex.PUBLIC, Tier.UNDERTAKING: Annex.CONFIDENTIAL}
"""Tiers of an annex; one that was taken off has the tier of the parties."""
MOST = 20
"""Annexes of a challenge."""


@dataclass(frozen=True)
class Annexes:
    """The annexes of a challenge as one person learns of them."""

    files: Sequence[StoredFile] = ()
    """Which they may open, the confidential ones after the undertaking."""
    closed: int = 0
    """How many confidential ones there are besides, of which they learn no name."""


def reader_of(actor: Actor | None, challenge: Challenge) -> Reader:
    """Return as whom a person, or a guest, looks at annexes."""
    if actor is None:
        return Reader.GUEST
    if is_owner(actor, challenge):
        return Reader.OWNER
    if actor.may(ChallengeAct.READ_CHALLENGES):
        return Reader.OFFICE
    return Reader.UNIT if actor.is_organisation_verified else Reader.GUEST


async def annexes_of(actor: Actor | None, challenge: Challenge) -> Annexes:
    """Return the annexes of a challenge as the person, or a guest, may know of them."""
    standing = await _standing(challenge.id)
    reader, is_listed = reader_of(actor, challenge), challenge.status in PUBLIC
    files = [file for file in standing if opens_annex(TIERS[file.tier], reader, is_listed=is_listed)]
    return Annexes(files, len(standing) - len(files))


async def _standing(challenge_id: UUID) -> list[StoredFile]:
    return [file for file in await list_files(KIND, challenge_id) if file.tier in TIERS]


async def annex_marks(challenge_id: UUID) -> list[str]:
    """Return content and tier of each annex, as the log keeps them when a challenge is listed."""
    return sorted(f"{file.sha256}:{file.tier}" for file in await _standing(challenge_id))


async def may_open_annex(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open an annex; a required undertaking is checked besides."""
    challenge = await Challenge.get_or_none(id=file.subject_id)
    if challenge is None or not may_see(actor, challenge):
        return False
    reader = reader_of(actor, challenge)
    if file.tier not in TIERS:
        return reader in (Reader.OWNER, Reader.OFFICE)
    return opens_annex(TIERS[file.tier], reader, is_listed=challenge.status in PUBLIC)


async def may_read_openings(_actor: Actor | None, file: StoredFile) -> bool:
    """Return whether anybody may be told yet who opened an annex, or undertook for it."""
    challenge = await Challenge.get(id=file.subject_id)
    return tells_openings(is_opened=challenge.opened_at is not None)


async def sealed_annexes(challenge_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of these challenges whose solvers are still unknown to everybody."""
    rows = Challenge.filter(id__in=list(challenge_ids), opened_at=None).values_list("id", flat=True)
    return {UUID(str(value)) for value in await rows}


@atomic()
async def add_annex(number: str, blob: StoredBlob, tier: Tier | None, *, by: By) -> StoredFile:
    """Attach a file to an own draft; one of the same name takes the place of the earlier one.

    Raises:
        NotFound: it is another's.
        Conflict: it was submitted, or has as many as it may have.
        Invalid: at `tier` or `file`.
    """
    challenge = await lock_draft(number, by)
    if tier not in TIERS:
        raise Invalid(_("请选择谁能打开。"), field="tier")
    owner = await Organisation.get(id=challenge.owner_id)
    if challenge.is_masked and owner.name in blob.upload.name:
        raise Invalid(_("这张榜不公开单位名称，文件名里也不要写。"), field="file")
    standing = await _standing(challenge.id)
    same = [file.id for file in standing if file.name == blob.upload.name]
    if len(standing) - len(same) >= MOST:
        raise Conflict(_("最多 %(most)s 个附件，请先整理。", most=MOST))
    await StoredFile.filter(id__in=same).update(tier=Tier.PARTIES)
    file = await attach(blob, subject_kind=KIND, subject_id=challenge.id, kind=FILE_KIND, tier=tier, by=by)
    await record(
        challenge.record_kind,
        challenge.id,
        ChallengeVerb.ANNEXED,
        by=by,
        file=file.id,
        tier=tier,
        sha256=file.sha256,
    )
    return file


@atomic()
async def take_off_annex(number: str, file_id: UUID, *, by: By) -> Challenge:
    """Take an annex off an own draft; its content stays for the owner and the office.

    Raises:
        NotFound: it is another's, or there is no such annex.
        Conflict: it was submitted.
    """
    challenge = await lock_draft(number, by)
    file = await StoredFile.get_or_none(id=file_id, subject_kind=KIND, subject_id=challenge.id)
    if file is None or file.tier not in TIERS:
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    await StoredFile.filter(id=file.id).update(tier=Tier.PARTIES)
    await record(challenge.record_kind, challenge.id, ChallengeVerb.ANNEX_TAKEN_OFF, by=by, file=file.id)
    return challenge
