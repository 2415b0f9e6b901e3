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
    """Return the files of a record with who uploaded them, oldest first."""
    files = StoredFile.filter(subject_kind=subject_kind, subject_id=subject_id)
    return await files.order_by("uploaded_at", "name", "version").prefetch_related("uploaded_by")


async def get_file_for(actor: Actor | None, file_id: UUID) -> StoredFile:
    """Return a file that the person may open, as the guard of its record's room decides.

    Raises:
        NotFound: there is none, the person may not open it, or no room guards its kind.
    """
    file = await StoredFile.get_or_none(id=file_id)
    guard = rooms().file_guard(file.subject_kind) if file else None
    if file is None or guard is None or not await guard(actor, file):
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    return file


async def count_openings(file_ids: list[UUID]) -> dict[UUID, int]:
    """Return how often each of these files was opened."""
    rows = await connection().execute_query_dict(
        "SELECT file_id, count(*) AS opened FROM file_accesses "
        "WHERE file_id = ANY($1::uuid[]) GROUP BY file_id",
        [[str(file_id) for file_id in file_ids]],
    )
    return {UUID(str(row["file_id"])): int(row["opened"]) for row in rows}


async def list_openings_for(actor: Actor, file_id: UUID) -> tuple[StoredFile, list[FileAccess]]:
    """Return a file with its 500 latest openings, for the organisation that uploaded it and auditors.

    Raises:
        NotFound: there is no such file, or another organisation uploaded it.
    """
    file = await get_file_for(actor, file_id)
    if Role.AUDITOR not in actor.roles and file.uploaded_by_id not in await colleagues_of(actor):
        raise NotFound(_("没有这个文件，或者您不能看它的打开记录。"))
    accesses = await FileAccess.filter(file_id=file_id).order_by("-id").limit(500).select_related("user")
    return file, accesses


async def colleagues_of(actor: Actor) -> set[UUID]:
    """Return the person and all members of the verified organisation the person acts for."""
    if not actor.is_organisation_verified:
        return {actor.user_id}
    members = Membership.active(organisation_id=actor.organisation_id)
    ids = await members.values_list("user_id", flat=True)
    return {UUID(str(user_id)) for user_id in ids} | {actor.user_id}
