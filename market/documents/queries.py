"""Issued documents as people may read them, with their service."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.codes.canonical import normalise_width
from market.codes.holidays import Calendar
from market.documents.models import DocumentReview, IssuedDocument
from market.documents.serving import Service, service_of
from market.documents.states import OF_RANKINGS, REVIEWABLE, DocumentKind
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.statements import OverviewStatement

MOST_NUMBER = 60
"""Characters of a document's number."""
_BRACKETS = re.compile(r"[\[\]()〔〕【】<>{}]")
_YEAR = re.compile(r"20\d\d")


@dataclass(frozen=True)
class DocumentRow:
    """A document as pages list it."""

    document: IssuedDocument
    is_printed: bool
    service: Service
    reviews: Sequence[DocumentReview]
    today: date

    @property
    def may_review(self) -> bool:
        """Return whether its addressee may apply for a review now; one at a time."""
        return (
            self.document.kind in REVIEWABLE
            and self.service.may_review(self.today)
            and all(review.verdict is not None for review in self.reviews)
        )


async def list_documents(
    subject_kind: str, subject_id: UUID, calendar: Calendar, today: date
) -> list[DocumentRow]:
    """Return the documents about a record with their service, the newest first."""
    documents = (
        await IssuedDocument.filter(subject_kind=subject_kind, subject_id=subject_id)
        .order_by("-issued_at", "-number")
        .select_related("issued_by")
    )
    return await with_service(documents, calendar, today)


_SERVICE = OverviewStatement(
    kinds={"reviews": "document_reviews WHERE document_id = ANY($1::uuid[])"},
    lists={
        "openings": "SELECT (document_id, opened_at) FROM document_openings "
        "WHERE document_id = ANY($1::uuid[])",
        "prints": "SELECT document_id FROM document_prints WHERE document_id = ANY($1::uuid[])",
    },
)


async def with_service(
    documents: Sequence[IssuedDocument], calendar: Calendar, today: date
) -> list[DocumentRow]:
    """Return documents with what the list of them shows."""
    if not documents:
        return []
    ids = [document.id for document in documents]
    overview = await _SERVICE.read(ids)
    opened = {document_id: local_date(opened_at) for document_id, opened_at in overview.rows["openings"]}
    printed = set(overview.rows["prints"])
    reviews: dict[UUID, list[DocumentReview]] = {}
    if "reviews" in overview.parts:
        for review in (
            await DocumentReview.filter(document_id__in=ids)
            .order_by("proposed_at")
            .select_related("proposed_by", "decided_by")
        ):
            reviews.setdefault(review.document_id, []).append(review)
    return [
        DocumentRow(
            document,
            document.id in printed,
            service_of(document, opened.get(document.id), calendar, today),
            reviews.get(document.id, []),
            today,
        )
        for document in documents
    ]


async def find_document(
    subject_kind: str, subject_id: UUID, kinds: Sequence[DocumentKind]
) -> IssuedDocument | None:
    """Return the latest document of these kinds about a record."""
    return (
        await IssuedDocument.filter(subject_kind=subject_kind, subject_id=subject_id, kind__in=list(kinds))
        .order_by("-issued_at", "-number")
        .first()
    )


async def get_document_for(actor: Actor | None, document_id: UUID) -> IssuedDocument:
    """Return a document for its addressee's people, the desk, or everybody where it is public.

    Raises:
        NotFound: there is none, or it is another's.
    """
    document = await IssuedDocument.get_or_none(id=document_id).select_related("addressee")
    if document is None or not may_open(actor, document):
        raise NotFound(_("没有这份文书，或者您不能打开它。"))
    return document


async def find_printed(actor: Actor | None, text: str) -> tuple[str, str]:
    """Return address and kind of the document whose number (文号) was typed, in brackets of any form.

    Raises:
        NotFound: there is none, or the person may not open it.
    """
    bare = _BRACKETS.sub("", normalise_width(text)).replace(" ", "")
    years = _YEAR.findall(bare) if len(bare) <= MOST_NUMBER and any(char.isdigit() for char in bare) else []
    numbers = [bare.replace(year, f"〔{year}〕", 1) for year in years]
    document = await IssuedDocument.filter(number__in=numbers).first() if numbers else None
    if document is None or not may_open(actor, document):
        raise NotFound(_("没有这份文书，或者您不能打开它。"))
    return f"/documents/{document.id}", str(document.kind.label)


def may_open(actor: Actor | None, document: IssuedDocument) -> bool:
    """Return whether the person may open the document; a notice is public."""
    if document.kind is DocumentKind.NOTICE:
        return True
    if actor is None:
        return False
    if document.kind in OF_RANKINGS and actor.is_staff:
        return True
    return actor.may(AccountAct.SEE_DESK) or actor.acts_for(document.addressee_id)
