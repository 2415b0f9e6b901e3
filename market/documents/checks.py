"""Invariants of issued documents: stored is what the audit log says was issued, printed and served."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from market.documents.issuing import text_hash
from market.documents.models import DocumentPrint, IssuedDocument
from market.files.store import FileStore, StoreUnavailable
from market.kit.database import MAX_FINDINGS, find_rows
from market.kit.room import Check, StoredCheck

PAGE = 500


async def texts_are_as_issued() -> list[str]:
    """Each document's text has the hash that it was issued with."""
    findings: list[str] = []
    last = None
    while len(findings) < MAX_FINDINGS:
        rows = IssuedDocument.all() if last is None else IssuedDocument.filter(id__gt=last)
        page = await rows.order_by("id").limit(PAGE)
        if not page:
            break
        last = page[-1].id
        findings += [
            f"document {row.number}: its text is not the one that was issued"
            for row in page
            if text_hash(row.number, row.kind, row.template, row.content) != row.text_sha256
        ]
    return findings[:MAX_FINDINGS]


async def documents_are_logged() -> list[str]:
    """Each document, and no other, is in the audit log with its number and the hash of its text."""
    return await find_rows(
        "SELECT coalesce(d.number, e.data ->> 'number') AS number FROM issued_documents d FULL JOIN "
        "(SELECT subject_id, data FROM audit_events WHERE subject_kind = 'document' AND action = 'issue') e "
        "ON e.subject_id = d.id WHERE d.id IS NULL OR e.subject_id IS NULL "
        "OR e.data ->> 'number' <> d.number "
        "OR e.data ->> 'text' <> d.text_sha256 OR e.data ->> 'kind' <> d.kind "
        "OR e.data ->> 'subject' <> d.subject_kind || ':' || d.subject_id",
        "document {number} is not what the audit log says was issued",
    )


async def prints_are_logged() -> list[str]:
    """The bytes of each document are those whose hash and size the audit log has."""
    return await find_rows(
        "SELECT d.number FROM document_prints p JOIN issued_documents d ON d.id = p.document_id "
        "LEFT JOIN audit_events e ON e.subject_kind = 'document' AND e.subject_id = d.id "
        "AND e.action = 'print' WHERE e.id IS NULL OR e.data ->> 'sha256' <> p.sha256 "
        "OR e.data ->> 'size' <> p.size::text "
        "UNION SELECT d.number FROM audit_events e JOIN issued_documents d ON d.id = e.subject_id "
        "WHERE e.subject_kind = 'document' AND e.action = 'print' "
        "AND NOT EXISTS (SELECT 1 FROM document_prints p WHERE p.document_id = d.id)",
        "document {number}: its print is not the one that was made",
    )


async def openings_are_logged() -> list[str]:
    """The day each document was first opened is the one in the audit log."""
    return await find_rows(
        "SELECT d.number FROM document_openings o JOIN issued_documents d ON d.id = o.document_id "
        "LEFT JOIN audit_events e ON e.subject_kind = 'document' AND e.subject_id = d.id "
        "AND e.action = 'serve' WHERE e.happened_at IS DISTINCT FROM o.opened_at",
        "document {number}: it was not opened when its service says",
    )


async def bytes_are_stored(store: FileStore) -> list[str]:
    """The file store has the bytes of each document, unchanged."""
    findings: list[str] = []
    for row in await DocumentPrint.all().select_related("document").order_by("printed_at"):
        try:
            content = await store.get(row.sha256)
        except (FileNotFoundError, StoreUnavailable):
            content = b""
        if hashlib.sha256(content).hexdigest() != row.sha256 or len(content) != row.size:
            findings.append(f"document {row.document.number}: its bytes are gone, or are others")
        if len(findings) == MAX_FINDINGS:
            break
    return findings


CHECKS: Mapping[str, Check] = {
    "documents: texts are as issued": texts_are_as_issued,
    "documents: each is in the log as issued": documents_are_logged,
    "documents: prints are those that were made": prints_are_logged,
    "documents: services are those of the log": openings_are_logged,
}
STORED_CHECKS: Mapping[str, StoredCheck] = {"documents: bytes are stored unchanged": bytes_are_stored}
