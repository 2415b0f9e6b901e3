"""Attachments: the content is stored first, then a row attaches it to a record; and their queries."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from starlette.datastructures import UploadFile
from starlette.requests import Request

from market.accounts.actors import Actor
from market.accounts.models import Membership
from market.accounts.permissions import Role
from market.files.models import FileAccess, StoredFile, Tier
from market.files.store import FileStore
from market.files.uploads import MAX_SIZE, Upload, check_content
from market.kit.database import atomic, connection
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.quotas import QuotaClass, Quotas
from market.kit.room import rooms
from market.kit.statements import Statement
from market.kit.web import deps, form_data, uploaded_files
from market.records.by import By


@dataclass(frozen=True)
class StoredBlob:
    """A file whose content is in the store already, under its hash."""

    upload: Upload
    sha256: str


async def check_upload(upload: UploadFile | None) -> Upload:
    """Read and check a file that was chosen in a form.

    Raises:
        Invalid: at the field `file`: nothing was chosen, or the file is not accepted.
    """
    if upload is None or not upload.filename:
        raise Invalid(_("请选择文件。"), field="file")
    return check_content(upload.filename, await upload.read(MAX_SIZE + 1))


async def store_blob(upload: Upload, store: FileStore) -> StoredBlob:
    """Put the content into the store, before and outside any transaction."""
    return StoredBlob(upload, await store.put(upload.content))


async def count_uploads(request: Request, count: int = 1) -> None:
    """Count files against the quotas of the person and of the organisation they act for.

    Raises:
        TooMany: one is used up.
    """
    actor: Actor | None = request.state.actor
    if actor is None:
        return
    quotas: Quotas = request.app.state.quotas
    for _file in range(count):
        await quotas.count(QuotaClass.UPLOAD, person=actor.user_id, organisation=actor.organisation_id)


async def required_upload(request: Request, name: str = "file") -> StoredBlob:
    """Store the file that was chosen in a form's file field.

    Raises:
        Invalid: at the field `file`: nothing was chosen, or the file is not accepted.
        TooMany: the person or the organisation has stored too many in this hour.
    """
    files = uploaded_files(await form_data(request), name)
    await count_uploads(request)
    return await store_blob(await check_upload(files[0] if files else None), deps(request).store)


async def optional_upload(request: Request, name: str = "file") -> StoredBlob | None:
    """Store the file that was chosen in a form's file field; return None when none was.

    Raises:
        Invalid: at the field `file`: the file is not accepted.
    """
    return await required_upload(request, name) if uploaded_files(await form_data(request), name) else None


async def uploaded_blobs(request: Request, name: str = "files") -> list[StoredBlob]:
    """Store the files that were chosen in a field that takes several; nothing when none were.

    Raises:
        Invalid: at the field of that name: a file is not accepted.
    """
    try:
        files = uploaded_files(await form_data(request), name)
        await count_uploads(request, len(files))
        uploads = [await check_upload(file) for file in files]
    except Invalid as refusal:
        raise Invalid(str(refusal), field=name) from refusal
    return [await store_blob(upload, deps(request).store) for upload in uploads]


@atomic()
async def attach(
    blob: StoredBlob, *, subject_kind: str, subject_id: UUID, kind: str, tier: Tier, by: By
) -> StoredFile:
    """Attach a stored file to a record. A file of the same name becomes its next version."""
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [f"files:{subject_kind}:{subject_id}"]
    )
    versions = StoredFile.filter(
        subject_kind=subject_kind, subject_id=subject_id, kind=kind, name=blob.upload.name
    )
    return await StoredFile.create(
        id=uuid4(),
        subject_kind=subject_kind,
        subject_id=subject_id,
        kind=kind,
        name=blob.upload.name,
        media_type=blob.upload.media_type,
        size=len(blob.upload.content),
        sha256=blob.sha256,
        tier=tier,
        version=await versions.count() + 1,
        uploaded_by_id=by.actor.user_id,
        uploaded_at=by.now,
    )


async def record_opening(file: StoredFile, *, by: By) -> None:
    """Record who opened the file when."""
    await FileAccess.create(file=file, user_id=by.user_id, opened_at=by.now)


_FILES = Statement(
    lambda kind, subject_id: (
        StoredFile.filter(subject_kind=kind, subject_id=subject_id)
        .select_related("uploaded_by")
        .order_by("uploaded_at", "name", "version")
    ),
    "a kind",
    UUID(int=1),
)


async def list_files(subject_kind: str, subject_id: UUID) -> list[StoredFile]:
    """Return the files of a record with who uploaded them, oldest first."""
    return await _FILES.all(subject_kind, subject_id)


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


async def list_openings_for(actor: Actor, file_id: UUID) -> tuple[StoredFile, list[FileAccess], set[UUID]]:
    """Return a file with its 500 latest openings, for the organisation that uploaded it and auditors.

    Last come the people whose names are sealed to the actor, such as experts.

    Raises:
        NotFound: there is no such file, another organisation uploaded it, or it is too early to be told.
    """
    file = await get_file_for(actor, file_id)
    if Role.AUDITOR not in actor.roles and file.uploaded_by_id not in await colleagues_of(actor):
        raise NotFound(_("没有这个文件，或者您不能看它的打开记录。"))
    subject = rooms().subjects[file.subject_kind]
    if subject.openings is not None and not await subject.openings(actor, file):
        raise NotFound(_("现在还不能看这个文件的打开记录。"))
    accesses = await FileAccess.filter(file_id=file_id).order_by("-id").limit(500).select_related("user")
    sealed = {person for openers in rooms().sealed_openers for person in await openers(actor, file)}
    return file, accesses, sealed


async def colleagues_of(actor: Actor) -> set[UUID]:
    """Return the person and all members of the verified organisation the person acts for."""
    if not actor.is_organisation_verified:
        return {actor.user_id}
    members = Membership.active(organisation_id=actor.organisation_id)
    ids = await members.values_list("user_id", flat=True)
    return {UUID(str(user_id)) for user_id in ids} | {actor.user_id}
