"""Messages in the deal room between the sides and the broker, how far each has read, news for both sides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import mark_read_about, notify
from market.accounts.models import MemberRole, Membership, User
from market.deals.models import Deal, DealMessage
from market.deals.parties import contacts_visible, side_of
from market.deals.queries import lock_deal_seen_by
from market.deals.states import DealAct
from market.kit.database import atomic, connection
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.records.by import By

SHOWN = 20
"""Number of latest messages the room shows at first."""
MOST = 1000
"""Limit when all messages are requested."""


@atomic()
async def send_message(number: str, text: str, *, by: By) -> DealMessage:
    """Write a message into the deal room and notify participants who had nothing unread before.

    The sides may write once both have agreed to be introduced: before that, a message could carry
    the contacts that are not revealed yet. The broker, who knows both, may write at any time.

    Raises:
        NotFound: the person is neither of a side nor the deal's broker.
        Conflict: the sides have not agreed yet.
    """
    by.actor.require(DealAct.WRITE_MESSAGE)
    deal = await lock_deal_seen_by(by.actor, number)
    side = side_of(deal, by.actor)
    if side is not None and not contacts_visible(deal):
        raise Conflict(_("双方同意对接以后才能留言。"))
    recipients = await _participants_to_notify(deal, by.actor.user_id)
    message = await DealMessage.create(
        deal_id=deal.id, author_id=by.actor.user_id, side=side, text=text, sent_at=by.now
    )
    await _save_progress(deal.id, by.actor.user_id, message.id, by.now)
    await notify(
        _("交易里有新留言：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}#messages",
        user_ids=recipients,
    )
    return message


@atomic()
async def mark_read(number: str, *, by: By) -> None:
    """Mark all messages of the deal so far as read by the person."""
    by.actor.require(DealAct.WRITE_MESSAGE)
    deal = await lock_deal_seen_by(by.actor, number)
    last = await DealMessage.filter(deal_id=deal.id).order_by("-id").first()
    if last is not None:
        await _save_progress(deal.id, by.actor.user_id, last.id, by.now)
    await mark_read_about(by.actor.user_id, f"/deals/{deal.number}", now=by.now)


async def list_messages(deal_id: UUID, most: int = MOST) -> Sequence[DealMessage]:
    """Return the latest messages of a deal with their authors, oldest first."""
    messages = await DealMessage.filter(deal_id=deal_id).order_by("-id").limit(most)
    # One query for all authors: few people write many messages.
    author_ids = {message.author_id for message in messages if message.author_id}
    authors = {person.id: person for person in await list_people(author_ids)}
    for message in messages:
        message._author = authors.get(message.author_id) if message.author_id else None
    return messages[::-1]


@dataclass(frozen=True)
class ReadProgress:
    """How far one person has read the messages of a deal."""

    count: int
    """All messages of the deal."""
    unread: int
    """Those of others after the last one read."""
    last_id: int
    """The last message read, 0 for none."""


async def read_progress(deal_id: UUID, user_id: UUID) -> ReadProgress:
    """Return the number of messages of a deal and how far the person has read them."""
    rows = await connection().execute_query_dict(
        "SELECT count(m.id) AS count, r.last AS last_id, count(m.id) FILTER (WHERE m.id > r.last "
        "AND m.author_id IS DISTINCT FROM $2) AS unread FROM (SELECT coalesce(max(last_message_id), 0) "
        "AS last FROM deal_readings WHERE deal_id = $1 AND user_id = $2) r "
        "LEFT JOIN deal_messages m ON m.deal_id = $1 GROUP BY r.last",
        [deal_id, user_id],
    )
    return ReadProgress(**rows[0])


async def unread_counts(user_id: UUID, deal_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return by deal the number of unread messages of others; deals with none are missing."""
    rows = await connection().execute_query_dict(
        "SELECT m.deal_id, count(*) AS unread FROM deal_messages m "
        "LEFT JOIN deal_readings r ON r.deal_id = m.deal_id AND r.user_id = $1 "
        "WHERE m.deal_id = ANY($2::uuid[]) AND m.author_id IS DISTINCT FROM $1 "
        "AND m.id > coalesce(r.last_message_id, 0) GROUP BY m.deal_id",
        [user_id, [str(deal_id) for deal_id in deal_ids]],
    )
    return {UUID(str(row["deal_id"])): int(row["unread"]) for row in rows}


async def _participants_of(deal: Deal) -> set[UUID]:
    """Return the participants of a deal: the active members of both sides and the broker."""
    members = Membership.active(organisation_id__in=[deal.seller_id, deal.buyer_id])
    people = {UUID(str(user_id)) for user_id in await members.values_list("user_id", flat=True)}
    return people | {deal.broker_id} if deal.broker_id else people


async def _participants_to_notify(deal: Deal, author_id: UUID) -> list[UUID]:
    """Return participants with nothing unread; the others were notified of an earlier message."""
    people = await _participants_of(deal) - {author_id}
    if not contacts_visible(deal) and deal.broker_id != author_id:
        people &= {deal.broker_id} if deal.broker_id else set()
    rows = await connection().execute_query_dict(
        "SELECT u.id FROM users u LEFT JOIN deal_readings r ON r.user_id = u.id AND r.deal_id = $1 "
        "WHERE u.id = ANY($2::uuid[]) AND NOT EXISTS (SELECT 1 FROM deal_messages m WHERE m.deal_id = $1 "
        "AND m.author_id IS DISTINCT FROM u.id AND m.id > coalesce(r.last_message_id, 0))",
        [deal.id, [str(user_id) for user_id in people]],
    )
    return [UUID(str(row["id"])) for row in rows]


async def _save_progress(deal_id: UUID, user_id: UUID, message_id: int, now: datetime) -> None:
    await connection().execute_query(
        "INSERT INTO deal_readings (id, deal_id, user_id, last_message_id, read_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (deal_id, user_id) DO UPDATE SET "
        "last_message_id = greatest(deal_readings.last_message_id, excluded.last_message_id), "
        "read_at = excluded.read_at",
        [uuid4(), deal_id, user_id, message_id, now],
    )


async def unread_by_person() -> dict[UUID, list[tuple[str, str, int]]]:
    """Return by person the deals with unread messages: number, title and count of each."""
    rows = await connection().execute_query_dict(
        "WITH people AS (SELECT d.id AS deal_id, m.user_id FROM deals d JOIN memberships m "
        "  ON m.organisation_id IN (d.seller_id, d.buyer_id) "
        "  AND m.started_at IS NOT NULL AND m.ended_at IS NULL "
        "  UNION SELECT id, broker_id FROM deals WHERE broker_id IS NOT NULL) "
        "SELECT p.user_id, d.number, d.title, count(*) AS unread FROM people p "
        "JOIN deals d ON d.id = p.deal_id JOIN deal_messages m ON m.deal_id = p.deal_id "
        "LEFT JOIN deal_readings r ON r.deal_id = p.deal_id AND r.user_id = p.user_id "
        "WHERE m.author_id IS DISTINCT FROM p.user_id AND m.id > coalesce(r.last_message_id, 0) "
        "GROUP BY p.user_id, d.number, d.title ORDER BY d.number"
    )
    deals_by_person: dict[UUID, list[tuple[str, str, int]]] = {}
    for row in rows:
        deals_by_person.setdefault(UUID(str(row["user_id"])), []).append(
            (row["number"], row["title"], int(row["unread"]))
        )
    return deals_by_person


async def list_people(user_ids: Collection[UUID]) -> list[User]:
    """Return the people of these ids."""
    return await User.filter(id__in=list(user_ids)) if user_ids else []


DECIDING_ROLES = frozenset({MemberRole.ADMIN, MemberRole.AGENT})
"""Roles of members who act on deals for an organisation; finance does not."""


async def notify_both_parties(
    deal: Deal, text: str, *, now: datetime, address: str = "", roles: Collection[MemberRole] | None = None
) -> None:
    """Send one message to seller and buyer; `address` defaults to the deal's page.

    `roles` limits the recipients, see `accounts.messages.notify`.
    """
    for organisation_id in (deal.seller_id, deal.buyer_id):
        await notify(
            text,
            now=now,
            address=address or f"/deals/{deal.number}",
            organisation_id=organisation_id,
            roles=roles,
        )
