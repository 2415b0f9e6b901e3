"""Service of documents (送达), and reviews (申请复查) of decisions in the period that begins with it.

Served on the day its addressee first opened it, at the latest on the third working day after it was
issued (A). Days count as those of every legal period, see `notices.periods`. A
review is applied for by the addressee and answered by the approver.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.holidays import Calendar
from market.documents.models import DocumentOpening, DocumentReview, IssuedDocument
from market.documents.states import REVIEWABLE, DocumentAct, DocumentVerb
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.notices.models import DayKind
from market.notices.periods import period_end, publication_region
from market.records.by import By
from market.records.decisions import Verdict, decide

DEEMED_AFTER = 3
"""Working days after which a document counts as served (A)."""
REVIEW_DAYS = 60
"""Calendar days within which the addressee may apply for a review (A)."""


@dataclass(frozen=True)
class Service:
    """When a document was served, and until when its addressee may apply for a review."""

    deemed_on: date | None
    """The third working day; None while the calendar does not reach so far."""
    opened_on: date | None
    served_on: date | None
    """None: it is not served yet."""
    review_until: date | None
    """None: it is not served yet, or knows no review."""

    def may_review(self, today: date) -> bool:
        """Return whether the addressee may still apply; before the service it may too."""
        return self.review_until is None or today <= self.review_until


def service_of(document: IssuedDocument, opened_on: date | None, calendar: Calendar, today: date) -> Service:
    """Return the service of a document as of today."""
    region = publication_region("")
    issued_on = local_date(document.issued_at)
    deemed_on = period_end(issued_on, DEEMED_AFTER, DayKind.WORKING, region=region, calendar=calendar)
    days = [day for day in (opened_on, deemed_on) if day is not None and day <= today]
    served_on = min(days, default=None)
    review_until = None
    if served_on is not None and document.kind in REVIEWABLE:
        review_until = period_end(served_on, REVIEW_DAYS, DayKind.CALENDAR, region=region, calendar=calendar)
    return Service(deemed_on, opened_on, served_on, review_until)


@atomic()
async def apply_for_review(document_id: UUID, *, grounds: str, calendar: Calendar, by: By) -> DocumentReview:
    """Apply for a review of a decision, for its addressee and within the period; the desk is told.

    Raises:
        NotFound: the document is another's, or no decision.
        Conflict: the period is over, or an application waits for its answer.
    """
    by.actor.require(DocumentAct.APPLY_FOR_REVIEW)
    document = await IssuedDocument.filter(id=document_id).select_for_update().first()
    if document is None or document.kind not in REVIEWABLE or not by.actor.acts_for(document.addressee_id):
        raise NotFound(_("没有这份决定书，或者它不是发给您单位的。"))
    opening = await DocumentOpening.get_or_none(document_id=document.id)
    today = local_date(by.now)
    service = service_of(document, local_date(opening.opened_at) if opening else None, calendar, today)
    if not service.may_review(today):
        raise Conflict(_("申请复查的期限已满（%(day)s 24:00），不能再申请。", day=str(service.review_until)))
    if await DocumentReview.exists(document_id=document.id, verdict=None):
        raise Conflict(_("已有一份复查申请在办理，不用重复提出。"))
    review = await DocumentReview.create(
        id=uuid4(),
        document_id=document.id,
        grounds=grounds,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("document", document.id, DocumentVerb.APPLY_FOR_REVIEW, by=by, review=review.id)
    text = _("%(number)s 收到复查申请，请办理。", number=document.number)
    for role in (StaffRole.APPROVER, StaffRole.OFFICER):
        await notify_staff(role, text, now=by.now, address=f"/documents/reviews/{review.id}")
    return review


@atomic()
async def answer_review(review_id: UUID, *, is_granted: bool, reason: str, by: By) -> DocumentReview:
    """Answer an application, by the approver, with a reason; the addressee is told.

    Raises:
        NotFound: there is none.
        AlreadyDecided: it was answered before.
        Invalid: at `reason`, which keeping the decision must have.
    """
    by.actor.require(DocumentAct.DECIDE_REVIEW)
    review = await DocumentReview.filter(id=review_id).select_for_update().first()
    if review is None:
        raise NotFound(_("没有这份复查申请。"))
    document = await IssuedDocument.get(id=review.document_id)
    verdict = Verdict.CONFIRMED if is_granted else Verdict.REJECTED
    await decide(review, verdict, by=by, reason=reason)
    verb = DocumentVerb.GRANT_REVIEW if is_granted else DocumentVerb.UPHOLD_DECISION
    await record("document", document.id, verb, by=by, review=review.id)
    text = (
        _("%(number)s 的复查申请已同意，主管部门将重新审查。", number=document.number)
        if is_granted
        else _("%(number)s 经复查维持原决定，理由见复查页。", number=document.number)
    )
    await notify(
        text,
        now=by.now,
        address=f"/documents/reviews/{review.id}",
        organisation_id=document.addressee_id,
    )
    return review
