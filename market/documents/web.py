"""Answer with an issued document, and list those about a record, for pages of the rooms above."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import optional_actor
from market.audit.log import record
from market.documents.models import DocumentOpening, DocumentPrint, IssuedDocument
from market.documents.queries import DocumentRow, list_documents
from market.documents.states import DocumentVerb
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.web import deps
from market.notices.holiday_years import calendar_for
from market.records.by import By


async def document_response(request: Request, document: IssuedDocument) -> Response:
    """Return a document's stored bytes; its first opening by the addressee serves it.

    Raises:
        NotFound: the job that prints it has not run yet.
    """
    printed = await DocumentPrint.get_or_none(document_id=document.id)
    if printed is None:
        raise NotFound(_("文书 %(number)s 正在生成，请一分钟后再打开。", number=document.number))
    try:
        content = await deps(request).store.get(printed.sha256)
    except FileNotFoundError:
        raise NotFound(_("这份文书的内容暂时取不到，请联系主管部门。")) from None
    actor = optional_actor(request)
    if actor is not None and actor.acts_for(document.addressee_id):
        await serve(document, by=By(actor, deps(request).clock()))
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "content-disposition": f'attachment; filename="{document.kind.value}-{document.id}.pdf"',
            "cache-control": "private, no-store",
        },
    )


async def documents_about(request: Request, subject_kind: str, subject_id: UUID) -> list[DocumentRow]:
    """Return the documents about a record for its page, which includes `documents/_list.html`."""
    today = local_date(deps(request).clock())
    return await list_documents(subject_kind, subject_id, await calendar_for(request), today)


@atomic()
async def serve(document: IssuedDocument, *, by: By) -> bool:
    """Record that the addressee opened a document; return whether it was for the first time."""
    await IssuedDocument.select_for_update().get(id=document.id)
    if await DocumentOpening.exists(document_id=document.id):
        return False
    await DocumentOpening.create(document_id=document.id, user_id=by.actor.user_id, opened_at=by.now)
    await record("document", document.id, DocumentVerb.SERVE, by=by)
    return True
