"""Keeping files: first the content in the store, then the row."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from starlette.datastructures import UploadFile
from starlette.requests import Request

from market.files.contents import LARGEST, Upload, check_content
from market.files.models import FileAccess, StoredFile, Tier
from market.files.store import FileStore
from market.kit.database import atomic, connection
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.web import deps, form_data, uploaded_files
from market.records.by import By

__all__ = ["StoredBlob", "Upload", "attach", "check_upload", "record_opening", "store_blob", "store_file"]


@dataclass(frozen=True)
class StoredBlob:
    """A file whose content lies in the store already, under its hash."""

    upload: Upload
    sha256: str


async def check_upload(upload: UploadFile | None) -> Upload:
    """Read a file that a person chose and let it pass if we take its kind.

    Raises:
        Invalid: at the field `file`: nothing was chosen, or it cannot be taken.
    """
    if upload is None or not upload.filename:
        raise Invalid(_("请选择文件。"), field="file")
    return check_content(upload.filename, await upload.read(LARGEST + 1))


async def store_blob(upload: Upload, store: FileStore) -> StoredBlob:
    """Put the content into the store, before and outside any transaction."""
    return StoredBlob(upload, await store.put(upload.content))


async def required_upload(request: Request, name: str = "file") -> StoredBlob:
    """Store the file that was chosen in a form's file field.

    Raises:
        Invalid: at the field `file`: nothing was chosen, or it cannot be taken.
    """
    files = uploaded_files(await form_data(request), name)
    return await store_blob(await check_upload(files[0] if files else None), deps(request).store)


async def optional_upload(request: Request, name: str = "file") -> StoredBlob | None:
    """Store the file that was chosen in a form's file field; return None when none was.

    Raises:
        Invalid: at the field `file`: it cannot be taken.
    """
    return await required_upload(request, name) if uploaded_files(await form_data(request), name) else None


@atomic()
async def attach(
    kept: StoredBlob, *, subject_kind: str, subject_id: UUID, kind: str, tier: Tier, by: By
) -> StoredFile:
    """Write that a kept file belongs to a record. A file of the same name becomes its next version."""
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [f"files:{subject_kind}:{subject_id}"]
    )
    same_name = StoredFile.filter(
        subject_kind=subject_kind, subject_id=subject_id, kind=kind, name=kept.upload.name
    )
    return await StoredFile.create(
        id=uuid4(),
        subject_kind=subject_kind,
        subject_id=subject_id,
        kind=kind,
        name=kept.upload.name,
        media_type=kept.upload.media_type,
        size=len(kept.upload.content),
        sha256=kept.sha256,
        tier=tier,
        version=await same_name.count() + 1,
        uploaded_by_id=by.actor.user_id,
        uploaded_at=by.now,
    )


async def store_file(
    upload: Upload, *, subject_kind: str, subject_id: UUID, kind: str, tier: Tier, by: By, store: FileStore
) -> StoredFile:
    """Keep a file and write its row; a service with more to write uses `store_blob` and `attach`."""
    kept = await store_blob(upload, store)
    return await attach(kept, subject_kind=subject_kind, subject_id=subject_id, kind=kind, tier=tier, by=by)


async def record_opening(file: StoredFile, *, by: By) -> None:
    """Write down who opened the file when."""
    await FileAccess.create(file=file, user_id=by.user_id, opened_at=by.now)
