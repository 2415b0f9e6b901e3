"""What waits in this room: applications for a review of issued documents."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.documents.states import DocumentAct
from market.kit.i18n import lazy
from market.kit.worklist import Pending


def pending(actor: Actor) -> list[Pending]:
    """Return the applications that the approver decides on."""
    if not actor.may(DocumentAct.DECIDE_REVIEW):
        return []
    return [
        Pending(
            "documents.review",
            lazy("待决定的复查申请"),
            lazy("去决定"),
            "/documents/reviews/{key}",
            "/documents/reviews",
            "document_reviews r JOIN issued_documents d ON d.id = r.document_id WHERE r.verdict IS NULL",
            key="r.id",
            number="d.number",
            since="r.proposed_at",
        )
    ]
