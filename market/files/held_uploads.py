"""Uploads that wait in a page for their form to be confirmed: stored, with the name sealed in the page."""

from __future__ import annotations

import base64
import json
from uuid import UUID

from market.files.attachments import StoredBlob
from market.files.store import FileStore
from market.files.uploads import Upload
from market.kit.encryption import Undecipherable, decrypt, encrypt

PURPOSE = "held upload"


def seal_upload(blob: StoredBlob, person_id: UUID, *, secret: str) -> str:
    """Return what a hidden field carries of a stored upload; of use to this person alone."""
    content = json.dumps([str(person_id), blob.sha256, blob.upload.name, blob.upload.media_type])
    return base64.urlsafe_b64encode(encrypt(secret, PURPOSE, content.encode())).decode()


async def held_upload(sealed: str, person_id: UUID, *, secret: str, store: FileStore) -> StoredBlob | None:
    """Return the upload that `seal_upload` sealed; None for anything else, and for another person's."""
    try:
        content = decrypt(secret, PURPOSE, base64.urlsafe_b64decode(sealed.encode()))
        owner, sha256, name, media_type = json.loads(content)
        if owner != str(person_id):
            return None
        return StoredBlob(Upload(name, await store.get(sha256), media_type), sha256)
    except (Undecipherable, ValueError, FileNotFoundError):
        return None
