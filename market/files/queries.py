from __future__ import annotations

from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import Membership
from market.accounts.permissions import Role
from market.files.models import FileAccess, StoredFile
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms


async def list_files(subject_kind: str, subject_id: UUID) -> list[StoredFile]:
    """Return the files of a record with who handed them in, oldest first."""
    found = StoredFile.filter(subject_kind=subject_kind, subject_id=subject_id)
    return await found.order_by("uploaded_at", "name", "version").prefetch_related("uploaded_by")


async def get_file_for(actor: Actor | None, file_id: UUID) -> StoredFile:
    """Return a file that the person may open.

    Raises:
        NotFound: there is none, or it is not for them.
    """
    found = await StoredFile.get_or_none(id=file_id)
    guard = rooms().file_guard(found.subject_kind) if found else None
    # Files of a kind whose room names no guard stay shut.
    if found is None or guard is None or not await guard(actor, found):
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    return found


async def count_openings(file_ids: list[UUID]) -> dict[UUID, int]:
    """Return how often each of these files was opened."""
    rows = await connection().execute_query_dict(
        "SELECT file_id, count(*) AS opened FROM file_accesses "
        "WHERE file_id = ANY($1::uuid[]) GROUP BY file_id",
        [[str(each) for each in file_ids]],
    )
    return {UUID(str(row["file_id"])): int(row["opened"]) for row in rows}


async def list_openings_for(actor: Actor, file_id: UUID) -> tuple[StoredFile, list[FileAccess]]:
    """Return a file with who opened it when, newest first, for the unit that handed it in and auditors.

    Raises:
        NotFound: there is no such file, or it is another unit's.
    """
    file = await get_file_for(actor, file_id)
    if Role.AUDITOR not in actor.roles and file.uploaded_by_id not in await colleagues_of(actor):
        raise NotFound(_("没有这个文件，或者您不能看它的打开记录。"))
    found = await FileAccess.filter(file_id=file_id).order_by("-id").limit(500).select_related("user")
    return file, found


async def colleagues_of(actor: Actor) -> set[UUID]:
    """Return the person and all members of the verified organisation the person acts for."""
    if not actor.is_organisation_verified:
        return {actor.user_id}
    found = await Membership.active(organisation_id=actor.organisation_id).values_list("user_id", flat=True)
    return {UUID(str(each)) for each in found} | {actor.user_id}
