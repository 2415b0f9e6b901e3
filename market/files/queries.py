from __future__ import annotations

from uuid import UUID

from market.accounts.actors import Actor
from market.files.access import may_open
from market.files.models import FileAccess, StoredFile
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _


async def list_files(subject_kind: str, subject_id: UUID) -> list[StoredFile]:
    """Return the files of a record with who handed them in, oldest first."""
    return (
        await StoredFile.filter(subject_kind=subject_kind, subject_id=subject_id)
        .select_related("uploaded_by")
        .order_by("uploaded_at", "name", "version")
    )


async def get_file_for(actor: Actor | None, file_id: UUID) -> StoredFile:
    """Return a file that the person may open.

    Raises:
        NotFound: there is none, or it is not for them.
    """
    found = await StoredFile.get_or_none(id=file_id)
    if found is None or not await may_open(actor, found):
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    return found


async def count_openings(file_ids: list[UUID]) -> dict[UUID, int]:
    """Return how often each of these files was opened."""
    opened = await FileAccess.filter(file_id__in=file_ids).values_list("file_id", flat=True)
    counts: dict[UUID, int] = {}
    for file_id in opened:
        counts[file_id] = counts.get(file_id, 0) + 1  # type: ignore[index, call-overload]
    return counts
