"""Notifications: a message inside the site (站内消息) and a mail with the same text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q, Subquery

from market.accounts.models import MemberRole, Membership, Message, StaffRole, User
from market.accounts.shown_names import show_names
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.mail import SITE, Letter, queue_mail, queue_mails
from market.kit.person_marks import person_mark, shorten


async def notify(
    text: str,
    *,
    now: datetime,
    address: str = "",
    user_ids: Iterable[UUID] = (),
    organisation_id: UUID | None = None,
    roles: Collection[MemberRole] | None = None,
    people: Collection[UUID] = (),
    is_mailed: bool = True,
) -> int:
    """Notify people, and the active members of an organisation (in one of `roles`, if given).

    A person stands in the text by `person_mark`, and in `people`, so that erasure reaches it. `address` is
    the path of the page it is about. Recipients are deduplicated. Joins the current transaction; mails are
    sent after its commit, none where a digest will follow. Returns the number of recipients.
    """
    recipients = Q(id__in=list(user_ids))
    if organisation_id is not None:
        members = Membership.active(organisation_id=organisation_id)
        if roles is not None:
            members = members.filter(role__in=list(roles))
        recipients |= Q(id__in=Subquery(members.values("user_id")))
    to = await User.filter(recipients, is_active=True)
    return await _send(to, text, address, now, about=people, is_mailed=is_mailed)


async def notify_staff(
    staff_role: StaffRole, text: str, *, now: datetime, address: str = "", people: Collection[UUID] = ()
) -> int:
    """Notify the staff of one role; else as `notify`."""
    staff = await User.filter(staff_role=staff_role, is_active=True)
    return await _send(staff, text, address, now, about=people)


@dataclass(frozen=True)
class OrganisationNotice:
    """What the members of one organisation are told."""

    organisation_id: UUID
    text: str
    address: str = ""


async def notify_organisations(
    notices: Sequence[OrganisationNotice],
    *,
    roles: Collection[MemberRole],
    now: datetime,
    is_mailed: bool = True,
) -> int:
    """Notify the active members, in one of `roles`, of many organisations, each of its own matter.

    Some five statements for all, so that an act about hundreds does not take long; else as `notify`.
    """
    addressed = await _address(notices, roles)
    return await _send_each(addressed, now, is_mailed=is_mailed)


async def mail_organisations(
    notices: Sequence[OrganisationNotice], *, roles: Collection[MemberRole], now: datetime
) -> int:
    """Mail the active members of many organisations what messages told them before, such as a digest.

    Returns the number of mails: an address that nobody has confirmed is sent none.
    """
    letters = [
        _letter(person, source_text(words), address)
        for person, words, address in await _address(notices, roles)
        if person.email_confirmed_at is not None
    ]
    await queue_mails(letters, now=now)
    return len(letters)


async def count_members(
    organisation_ids: Collection[UUID], *, roles: Collection[MemberRole]
) -> dict[UUID, int]:
    """Return how many active members, in one of `roles`, each of these organisations has; 0 is left out."""
    memberships = Membership.active(organisation_id__in=list(organisation_ids), role__in=list(roles))
    rows = await memberships.filter(user__is_active=True).values_list("organisation_id", flat=True)
    return dict(Counter(UUID(str(organisation_id)) for organisation_id in rows))


async def _address(
    notices: Sequence[OrganisationNotice], roles: Collection[MemberRole]
) -> list[tuple[User, str, str]]:
    """Return the people who are told, each with text and address."""
    memberships = Membership.active(
        organisation_id__in=list({notice.organisation_id for notice in notices}), role__in=list(roles)
    )
    members: defaultdict[UUID, dict[UUID, User]] = defaultdict(dict)
    for membership in await memberships.filter(user__is_active=True).select_related("user"):
        members[membership.organisation_id][membership.user_id] = membership.user
    return [
        (person, notice.text, notice.address)
        for notice in notices
        for person in members[notice.organisation_id].values()
    ]


@dataclass(frozen=True)
class PersonNotice:
    """What one person is told."""

    user_id: UUID
    text: str
    address: str = ""


async def notify_people(notices: Sequence[PersonNotice], *, now: datetime) -> int:
    """Notify many people, each of their own matter, with a few statements for all; else as `notify`."""
    ids = {notice.user_id for notice in notices}
    people = {person.id: person for person in await User.filter(id__in=list(ids), is_active=True)}
    return await _send_each(
        [
            (people[notice.user_id], notice.text, notice.address)
            for notice in notices
            if notice.user_id in people
        ],
        now,
    )


async def _send_each(
    notices: Sequence[tuple[User, str, str]], now: datetime, *, is_mailed: bool = True
) -> int:
    """Write a message and a mail for each person, text and address."""
    messages, letters = [], []
    for person, words, address in notices:
        text = source_text(words)
        messages.append(_message(person, text, address, now))
        if is_mailed and person.email_confirmed_at is not None:
            letters.append(_letter(person, text, address))
    await Message.bulk_create(messages, batch_size=500)
    await queue_mails(letters, now=now)
    return len(messages)


def _message(person: User, text: str, address: str, now: datetime, about: Collection[UUID] = ()) -> Message:
    return Message(
        user_id=person.id,
        text=shorten(text, 300),
        people=[str(user_id) for user_id in about] or None,
        address=address[:200],
        created_at=now,
    )


def _letter(person: User, text: str, address: str, about: Collection[UUID] = ()) -> Letter:
    """Return the mail with the same text, in the source language; the person is named by their mark."""
    link = f"\n\n{SITE}{address}" if address else ""
    with in_source_language():
        subject = _("科转：%(text)s", text=shorten(text, 60))
        body = _("%(name)s，您好：\n\n%(text)s", name=person_mark(person.id), text=text) + link + "\n"
    return Letter(person.email, subject, body, (person.id, *about))


async def _send(
    people: Collection[User],
    text: str,
    address: str,
    now: datetime,
    *,
    about: Collection[UUID],
    is_mailed: bool = True,
) -> int:
    """Write messages and mails in the source language, whatever the language of the request."""
    text = source_text(text)
    await Message.bulk_create([_message(person, text, address, now, about) for person in people])
    # An address that nobody has confirmed may be anybody's: it is sent nothing that others wrote.
    for person in people if is_mailed else ():
        if person.email_confirmed_at is not None:
            letter = _letter(person, text, address, about)
            await queue_mail(letter.recipient, letter.subject, letter.text, people=letter.people, now=now)
    return len(people)


async def list_messages(user_id: UUID, *, offset: int, limit: int) -> tuple[list[Message], int]:
    """Return a page of a person's messages, newest first, and the total count."""
    own = Message.filter(user_id=user_id)
    messages = await own.order_by("-id").offset(offset).limit(limit)
    await show_names(messages)
    return messages, await own.count()


async def list_latest_messages(user_id: UUID, count: int) -> list[Message]:
    """Return a person's latest messages."""
    messages = await Message.filter(user_id=user_id).order_by("-id").limit(count)
    await show_names(messages)
    return messages


async def open_message(user_id: UUID, message_id: int, *, now: datetime) -> str:
    """Mark a message of a person, and the others about the same, as read; return the address it leads to.

    Raises:
        NotFound: it is none of theirs, or leads nowhere.
    """
    message = await Message.get_or_none(id=message_id, user_id=user_id)
    if message is None or not message.address:
        raise NotFound(_("没有这条消息，或者它不是发给您的。"))
    await mark_read_about(user_id, message.address, now=now)
    return message.address


async def mark_read_about(user_id: UUID, address: str, *, now: datetime) -> None:
    """Mark all messages of a person that lead to a page, or a part of it, as read."""
    page = address.partition("#")[0]
    about = Message.filter(Q(address=page) | Q(address__startswith=f"{page}#"))
    await about.filter(user_id=user_id, read_at=None).update(read_at=now)


async def mark_all_read(user_id: UUID, *, now: datetime) -> int:
    """Mark all messages of a person as read and return how many were unread."""
    return await Message.filter(user_id=user_id, read_at=None).update(read_at=now)
