"""Issue documents: the act freezes number, date and text; a job prints the bytes, once."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

from market.audit.log import record
from market.codes.numbers import next_value
from market.deps import Deps
from market.documents.models import DocumentPrint, IssuedDocument
from market.documents.sentences import fill
from market.documents.states import COUNTERS, NUMBER_WORDS, DocumentKind, DocumentVerb
from market.kit.clock import local_date
from market.kit.database import atomic, in_transaction
from market.kit.formats import long_day
from market.kit.i18n import in_source_language
from market.kit.jobs import enqueue, job
from market.kit.letterhead import letterhead
from market.kit.pdf import render_pdf
from market.records.by import By

PRINT_JOB = "documents.print"


@atomic()
async def issue(
    kind: DocumentKind,
    *,
    subject_kind: str,
    subject_id: UUID,
    template: str,
    content: dict[str, Any],
    issuer: str,
    by: By,
    addressee_id: UUID | None = None,
) -> IssuedDocument:
    """Issue a document in the act's transaction. Number, office and day are added to `content`.

    `issuer` signs it where the settings name no office.
    """
    year = local_date(by.now).year
    office = letterhead()
    number = office.document_number(NUMBER_WORDS[kind], year, await next_value(COUNTERS[kind], by.now))
    with in_source_language():
        frozen = {
            **content,
            "number": number,
            "from": office.office or issuer,
            "contact": office.contact,
            "day": long_day(local_date(by.now)),
        }
    document = await IssuedDocument.create(
        id=uuid4(),
        number=number,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        template=template,
        content=frozen,
        text_sha256=text_hash(number, kind, template, frozen),
        addressee_id=addressee_id,
        issued_by_id=by.user_id,
        issued_at=by.now,
    )
    await record(
        "document",
        document.id,
        DocumentVerb.ISSUE,
        by=by,
        number=number,
        kind=kind.value,
        subject=f"{subject_kind}:{subject_id}",
        text=document.text_sha256,
        addressee=str(addressee_id or ""),
    )
    await enqueue(PRINT_JOB, document_id=document.id)
    return document


def text_hash(number: str, kind: str, template: str, content: Any) -> str:
    """Return the SHA-256 over the canonical JSON of what was issued, in hexadecimal."""
    text = json.dumps(
        [number, str(kind), template, content], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


@job(PRINT_JOB)
async def print_document(deps: Deps, document_id: str) -> None:
    """Print a document and put its bytes into the store; idempotent."""
    document = await IssuedDocument.get(id=document_id)
    if await DocumentPrint.exists(document_id=document.id):
        return
    with in_source_language():
        data = fill(document.content)
    content = await render_pdf(document.template, data)
    digest = await deps.store.put(content)
    async with in_transaction():
        await IssuedDocument.select_for_update().get(id=document.id)
        if await DocumentPrint.exists(document_id=document.id):
            return
        by = By.job(deps.clock())
        await DocumentPrint.create(
            document_id=document.id, sha256=digest, size=len(content), printed_at=by.now
        )
        await record("document", document.id, DocumentVerb.PRINT, by=by, sha256=digest, size=len(content))
