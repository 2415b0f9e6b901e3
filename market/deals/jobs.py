"""The daily digest: one mail at eight in the morning to each person who has unread messages in deals."""

from __future__ import annotations

from datetime import datetime

from market.deals.messages import list_people, unread_by_person
from market.deps import Deps
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.jobs import job
from market.kit.mail import SITE, queue_mail
from market.kit.person_marks import person_mark


@atomic()
async def write_digests(now: datetime) -> int:
    """Write the day's digest to everybody with unread messages; return the number of mails."""
    unread = await unread_by_person()
    people = [person for person in await list_people(list(unread)) if person.is_active]
    for person in people:
        with in_source_language():
            rows = [
                _("%(number)s %(title)s：%(count)s 条未读", number=number, title=title, count=count)
                + f"\n{SITE}/deals/{number}#messages"
                for number, title, count in unread[person.id]
            ]
            subject = _("科转：%(count)s 笔交易有未读留言", count=len(rows))
            body = _("%(name)s，您好：\n\n%(rows)s", name=person_mark(person.id), rows="\n\n".join(rows))
        await queue_mail(person.email, subject, body + "\n", people=[person.id], now=now)
    return len(people)


@job("deals.digest", attempts=1, cron="0 0 * * *")
async def digest(deps: Deps) -> None:
    """Write the digests; run twice in a day it writes twice, so it is tried once only."""
    await write_digests(deps.clock())
