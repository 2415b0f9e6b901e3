"""Invariants of issued documents: stored is what the audit log says was issued, printed and served."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from market.documents.issuing import text_hash
from market.documents.models import DocumentPrint
from market.files.store import FileStore, StoreUnavailable
from market.kit.database import connection
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, StoredCheck

PAGE = 500


async def texts_are_as_issued() -> list[str]:
    """Each document's text has the hash that it was issued with."""
    findings: list[str] = []
    last = None
    while len(findings) < MAX_FINDINGS:
        # SQL, not records: what was tampered with may be no value of an enum.
        page = await connection().execute_query_dict(
            "SELECT id, number, kind, template, content, text_sha256 FROM issued_documents "
            "WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2",
            [last, PAGE],
        )
        if not page:
            break
        last = page[-1]["id"]
        findings += [
            _("文书 %(number)s 的内容与发出时不同", number=row["number"])
            for row in page
            if text_hash(row["number"], row["kind"], row["template"], json.loads(row["content"]))
            != row["text_sha256"]
        ]
    return findings[:MAX_FINDINGS]


async def documents_are_logged() -> list[str]:
    """Each document, and no other, is in the audit log with its number and the hash of its text."""
    return await find_rows(
        "SELECT coalesce(d.number, e.data ->> 'number') AS number FROM issued_documents d FULL JOIN "
        "(SELECT subject_id, data, happened_at FROM audit_events "
        "WHERE subject_kind = 'document' AND action = 'issue') e "
        "ON e.subject_id = d.id WHERE d.id IS NULL OR e.subject_id IS NULL "
        "OR e.data ->> 'number' <> d.number "
        "OR e.data ->> 'text' <> d.text_sha256 OR e.data ->> 'kind' <> d.kind "
        "OR e.happened_at <> d.issued_at "
        "OR e.data ->> 'addressee' <> coalesce(d.addressee_id::text, '') "
        "OR e.data ->> 'subject' <> d.subject_kind || ':' || d.subject_id",
        lazy("文书 %(number)s 与日志所记不同"),
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
        lazy("文书 %(number)s 的成文与日志所记不同"),
    )


async def openings_are_logged() -> list[str]:
    """The day each document was first opened is the one in the audit log."""
    return await find_rows(
        "SELECT d.number FROM document_openings o JOIN issued_documents d ON d.id = o.document_id "
        "LEFT JOIN audit_events e ON e.subject_kind = 'document' AND e.subject_id = d.id "
        "AND e.action = 'serve' WHERE e.happened_at IS DISTINCT FROM o.opened_at",
        lazy("文书 %(number)s 的首次打开时间与日志不同"),
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
            findings.append(_("文书 %(number)s 的存档文件不见了或有变动", number=row.document.number))
        if len(findings) == MAX_FINDINGS:
            break
    return findings


CHECKS: Mapping[str, Invariant[Check]] = {
    "documents: texts are as issued": Invariant(lazy("文书：内容与发出时一致"), texts_are_as_issued),
    "documents: each is in the log as issued": Invariant(
        lazy("文书：每份文书都在日志里"), documents_are_logged
    ),
    "documents: prints are those that were made": Invariant(
        lazy("文书：成文与日志所记一致"), prints_are_logged
    ),
    "documents: services are those of the log": Invariant(
        lazy("文书：送达日与日志所记一致"), openings_are_logged
    ),
}
STORED_CHECKS: Mapping[str, Invariant[StoredCheck]] = {
    "documents: bytes are stored unchanged": Invariant(lazy("文书：存档的文件没有变动"), bytes_are_stored)
}
