"""Each answer is told once ever for a version: a message at night, a digest by mail once a week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from market.accounts.messages import (
    OrganisationNotice,
    count_members,
    mail_organisations,
    notify_organisations,
)
from market.accounts.models import MemberRole, Organisation
from market.eligibility.judging import Catalogue, OwnEligibility
from market.eligibility.models import EligibilityMessage
from market.eligibility.states import TOLD, Answer
from market.kit.database import atomic, connection
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.programmes.models import Programme

WHO = (MemberRole.ADMIN, MemberRole.AGENT)
"""Members who answer for an organisation's claims."""
ADDRESS = "/policies/check"
MOST_NAMED = 4
"""Programmes named in one message."""
MAILED_AT_ONCE = 500
"""Organisations of one transaction of the weekly mail."""
_TELL = """
INSERT INTO eligibility_messages (organisation_id, terms_id, answer, recipients, told_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]), (SELECT $5::timestamptz) AS t
ON CONFLICT DO NOTHING RETURNING organisation_id, terms_id, answer
"""


async def tell(
    organisations: Sequence[Organisation],
    results: Mapping[UUID, Sequence[OwnEligibility]],
    catalogue: Catalogue,
    *,
    now: datetime,
) -> int:
    """Tell organisations what is new of their answers, one message each; return how many answers are new.

    What does not apply is never told, nor what has a claim already.
    """
    news = [
        own
        for judged in results.values()
        for own in judged
        if own.result.answer in TOLD and not own.source.claim
    ]
    if not news:
        return 0
    members = await count_members([organisation.id for organisation in organisations], roles=WHO)
    rows = await connection().execute_query_dict(
        _TELL,
        [
            [own.organisation_id for own in news],
            [own.terms_id for own in news],
            [own.result.answer.value for own in news],
            [members.get(own.organisation_id, 0) for own in news],
            now,
        ],
    )
    names = {
        terms_id: catalogue.programmes[programme].name
        for (programme, _version), terms_id in catalogue.terms_ids.items()
    }
    by_organisation: defaultdict[UUID, list[tuple[Answer, str]]] = defaultdict(list)
    for row in rows:
        by_organisation[UUID(str(row["organisation_id"]))].append(
            (Answer(row["answer"]), names[UUID(str(row["terms_id"]))])
        )
    notices = [
        OrganisationNotice(organisation_id, message_words(answers), ADDRESS)
        for organisation_id, answers in by_organisation.items()
    ]
    await notify_organisations(notices, roles=WHO, now=now, is_mailed=False)
    return len(rows)


def message_words(answers: Sequence[tuple[Answer, str]]) -> str:
    """Return what an organisation reads of its new answers, the best first."""
    order = list(Answer)
    best = sorted(answers, key=lambda pair: (order.index(pair[0]), pair[1]))
    named = "、".join(f"{_(name)}（{answer.label}）" for answer, name in best[:MOST_NAMED])
    if len(best) > MOST_NAMED:
        return _(
            "按贵单位的记录新核出 %(count)s 项政策：%(named)s等。缺什么、到哪天、找谁，请看页面。",
            count=len(best),
            named=named,
        )
    return _(
        "按贵单位的记录新核出 %(count)s 项政策：%(named)s。缺什么、到哪天、找谁，请看页面。",
        count=len(best),
        named=named,
    )


async def send_digest(*, now: datetime) -> int:
    """Mail each organisation what it was told since the last digest; return how many organisations.

    Each portion is a transaction, so a digest that is killed goes on and mails nobody twice.
    """
    count = 0
    while portion := await _send_portion(now):
        count += portion
    return count


@atomic()
async def _send_portion(now: datetime) -> int:
    waiting = EligibilityMessage.filter(mailed_at=None)
    ids = (
        await waiting.distinct()
        .order_by("organisation_id")
        .limit(MAILED_AT_ONCE)
        .values_list("organisation_id", flat=True)
    )
    if not ids:
        return 0
    rows = (
        await EligibilityMessage.filter(mailed_at=None, organisation_id__in=list(ids))
        .select_for_update(of=("eligibility_messages",))
        .select_related("terms")
    )
    await EligibilityMessage.filter(id__in=[row.id for row in rows]).update(mailed_at=now)
    names = {programme.id: programme.name for programme in await Programme.all()}
    by_organisation: defaultdict[UUID, list[tuple[Answer, str]]] = defaultdict(list)
    for row in rows:
        by_organisation[row.organisation_id].append((row.answer, names[row.terms.programme_id]))
    with in_source_language():
        notices = [
            OrganisationNotice(organisation_id, message_words(answers), ADDRESS)
            for organisation_id, answers in by_organisation.items()
        ]
    await mail_organisations(notices, roles=WHO, now=now)
    return len(by_organisation)
