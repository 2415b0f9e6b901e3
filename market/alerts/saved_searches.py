"""Saved searches and their alerts, daily or immediate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import QueryParams

from market.accounts.actors import Actor
from market.accounts.models import Message, Organisation, OrganisationStatus, User
from market.alerts.models import SavedSearch, ToldRecord
from market.alerts.states import AlertAct, Frequency
from market.kit.clock import local, local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound, SearchUnavailable
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.mail import SITE, queue_mail
from market.kit.person_marks import person_mark
from market.kit.security import is_valid_signature, sign
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.queries import list_by_ids
from market.records.by import By
from market.search import search_params
from market.search.documents import as_number
from market.search.engine import Query, Range, SearchEngine, Sort
from market.search.filters import PAGES
from market.search.indexes import fields_of
from market.search.search_params import SearchParams


@dataclass(frozen=True)
class Record:
    """Title and path of a record in an alert."""

    id: UUID
    title: str
    address: str


Loader = Callable[[Sequence[UUID]], Awaitable[list[Record]]]


def _listings(kind: Kind) -> Loader:
    async def load(ids: Sequence[UUID]) -> list[Record]:
        listings = await list_by_ids(kind, ids)
        return [Record(listing.id, listing.title, f"/{kind.index}/{listing.number}") for listing in listings]

    return load


async def _organisations(ids: Sequence[UUID]) -> list[Record]:
    organisations = await Organisation.filter(id__in=list(ids), status=OrganisationStatus.VERIFIED)
    by_id = {
        organisation.id: Record(organisation.id, organisation.name, f"/organisations/{organisation.id}")
        for organisation in organisations
    }
    return [by_id[identity] for identity in ids if identity in by_id]


LOADERS: Mapping[str, Loader] = {
    "outcomes": _listings(OUTCOME),
    "needs": _listings(NEED),
    "organisations": _organisations,
}
"""By scope. Brokers and programmes are too few for alerts."""


MAX_SEARCHES = 50
MAX_QUERY_LENGTH = 1500
MAX_RESULTS = 200
"""New records of one search per run."""
MAX_LISTED = 20
DAILY_HOUR = 8
"""Hour of the day, in Asia/Shanghai, from which daily alerts run."""
PURPOSE = "unsubscribe"


@atomic()
async def save(scope: str, query: str, frequency: str, *, by: By) -> tuple[SavedSearch, bool]:
    """Save a search of the actor; for an equal search only the frequency changes.

    Return the search and whether it is new.

    Raises:
        Invalid: there is no such scope or frequency, or the query is too long.
        Conflict: the actor has the maximum number of searches.
    """
    by.actor.require(AlertAct.SAVE_SEARCH)
    if scope not in LOADERS or frequency not in list(Frequency):
        raise Invalid(_("这样的搜索不能保存。"), field="scope")
    params = read(scope, query, by.now)
    address = params.address(sort=[], size=[]).partition("?")[2]
    if len(address) > MAX_QUERY_LENGTH:
        raise Invalid(_("条件太多，去掉几个再保存。"), field="query")
    await User.filter(id=by.actor.user_id).select_for_update().get()
    existing = await SavedSearch.get_or_none(user_id=by.actor.user_id, scope=scope, query=address)
    if existing is not None:
        await _set_frequency(existing, Frequency(frequency), by.now)
        return existing, False
    if await SavedSearch.filter(user_id=by.actor.user_id).count() >= MAX_SEARCHES:
        raise Conflict(_("最多保存 %(most)s 个搜索，请先删去不再需要的。", most=MAX_SEARCHES))
    words = "，".join(chip.words for chip in params.chips()) or _("全部")
    saved = await SavedSearch.create(
        id=uuid4(),
        user_id=by.actor.user_id,
        scope=scope,
        words=words[:300],
        query=address,
        frequency=Frequency(frequency),
        created_at=by.now,
        since_at=by.now,
        checked_on=local_date(by.now),
    )
    return saved, True


@atomic()
async def change(search_id: UUID, frequency: str, *, by: By) -> SavedSearch:
    """Change the frequency of a saved search.

    Raises:
        NotFound: it is not the actor's.
        Invalid: there is no such frequency.
    """
    saved = await _own(search_id, by.actor)
    if frequency not in list(Frequency):
        raise Invalid(_("请选择提醒方式。"), field="frequency")
    await _set_frequency(saved, Frequency(frequency), by.now)
    return saved


@atomic()
async def remove(search_id: UUID, *, actor: Actor) -> None:
    """Delete a saved search.

    Raises:
        NotFound: it is not the actor's.
    """
    saved = await _own(search_id, actor)
    await saved.delete()


async def get_signed(search_id: str, signature: str, *, secret: str) -> SavedSearch:
    """Return the search of an unsubscribe link.

    Raises:
        NotFound: the signature is invalid, or the search was deleted.
    """
    if is_valid_signature(secret, PURPOSE, search_id, signature) and (
        saved := await SavedSearch.get_or_none(id=search_id)
    ):
        return saved
    raise NotFound(_("这个退订链接无效，或者搜索已经删除。"))


@atomic()
async def unsubscribe(search_id: str, signature: str, *, secret: str) -> SavedSearch:
    """Stop the alerts of one search, by the holder of the mail's link. Idempotent.

    Raises:
        NotFound: as `get_signed`.
    """
    saved = await get_signed(search_id, signature, secret=secret)
    if saved.frequency is not Frequency.OFF:
        saved.frequency = Frequency.OFF
        await saved.save(update_fields=["frequency"])
    return saved


async def list_own(actor: Actor) -> list[SavedSearch]:
    """Return the actor's saved searches, the newest first."""
    return await SavedSearch.filter(user_id=actor.user_id).order_by("-created_at", "id")


def read(scope: str, query: str, now: datetime) -> SearchParams:
    """Parse the query of a saved search; relative filters count from this day."""
    return search_params.parse(PAGES[scope], f"/{scope}", QueryParams(query), local_date(now))


async def run_immediate(scope: str, *, search: SearchEngine, secret: str, now: datetime) -> int:
    """Send the immediate alerts of a scope; return how many were sent."""
    due = SavedSearch.filter(scope=scope, frequency=Frequency.IMMEDIATE, user__is_active=True)
    return sum([await send_alert(saved, search=search, secret=secret, now=now) for saved in await due])


async def run_due(now: datetime, *, search: SearchEngine, secret: str) -> int:
    """Send the daily alerts that are due; return how many were sent.

    While the search engine is unavailable the rest stays due for the next run.
    """
    if local(now).hour < DAILY_HOUR:
        return 0
    due = SavedSearch.filter(frequency=Frequency.DAILY, checked_on__lt=local_date(now), user__is_active=True)
    count = 0
    try:
        for saved in await due.order_by("checked_on", "id").limit(500):
            count += await send_alert(saved, search=search, secret=secret, now=now)
            await SavedSearch.filter(id=saved.id).update(checked_on=local_date(now))
    except SearchUnavailable:
        return count
    return count


async def send_alert(saved: SavedSearch, *, search: SearchEngine, secret: str, now: datetime) -> bool:
    """Send the new results of one search, deduplicated per person; return whether any were sent.

    The engine is queried before the transaction begins.
    """
    records = await _find_new_records(saved, search, now)
    if not records:
        return False
    return await _record_and_send(saved.id, records, secret, now)


@atomic()
async def _record_and_send(search_id: UUID, records: Sequence[Record], secret: str, now: datetime) -> bool:
    saved = await SavedSearch.filter(id=search_id).select_for_update().first()
    if saved is None or saved.frequency is Frequency.OFF:
        return False
    rows = await connection().execute_query_dict(
        "INSERT INTO told_records (user_id, record_id, told_at) "
        "SELECT $1, unnest($2::uuid[]), $3 ON CONFLICT DO NOTHING RETURNING record_id",
        [saved.user_id, [item.id for item in records], now],
    )
    new_ids = {UUID(str(row["record_id"])) for row in rows}
    unsent = [item for item in records if item.id in new_ids]
    if not unsent:
        return False
    await _send(saved, unsent, secret, now)
    saved.told_at = now
    await saved.save(update_fields=["told_at"])
    return True


async def _find_new_records(saved: SavedSearch, search: SearchEngine, now: datetime) -> list[Record]:
    query = read(saved.scope, saved.query, now).query()
    newest = fields_of(saved.scope).newest_first
    hits = await search.search(
        Query(
            index=saved.scope,
            text=query.text,
            filters=(*query.filters, Range(newest, least=as_number(saved.since_at))),
            sort=Sort(newest),
            limit=MAX_RESULTS,
        )
    )
    return await LOADERS[saved.scope](hits.ids) if hits.ids else []


async def _send(saved: SavedSearch, records: Sequence[Record], secret: str, now: datetime) -> None:
    user = await User.get(id=saved.user_id)
    address = f"/{saved.scope}" + (f"?{saved.query}" if saved.query else "")
    unsubscribe_path = unsubscribe_address(saved.id, secret)
    with in_source_language():
        words = _("您保存的搜索“%(words)s”有 %(count)s 条新结果", words=saved.words[:80], count=len(records))
        lines = [f"{item.title}\n{SITE}{item.address}" for item in records[:MAX_LISTED]]
        if len(records) > MAX_LISTED:
            lines.append(_("另有 %(count)s 条，请看：", count=len(records) - MAX_LISTED))
        lines.append(_("全部结果：") + f"{SITE}{address}")
        lines.append(_("不再接收这个搜索的提醒：") + f"{SITE}{unsubscribe_path}")
        body = _(
            "%(name)s，您好：\n\n%(text)s",
            name=person_mark(user.id),
            text=words + "。\n\n" + "\n\n".join(lines),
        )
        subject = _("科转：%(text)s", text=words)
        text = source_text(words + "：" + "；".join(item.title for item in records[:3]))
    await Message.create(
        user_id=user.id,
        text=text[:300],
        address=address if len(address) <= 200 else "/my/searches",
        created_at=now,
    )
    await queue_mail(
        user.email, subject, body + "\n", now=now, unsubscribe=unsubscribe_path, people=[user.id]
    )


def unsubscribe_address(search_id: UUID, secret: str) -> str:
    """Return the path of the signed unsubscribe link of one search."""
    return f"/alerts/unsubscribe?search={search_id}&token={sign(secret, PURPOSE, str(search_id))}"


async def _own(search_id: UUID, actor: Actor) -> SavedSearch:
    actor.require(AlertAct.SAVE_SEARCH)
    saved = await SavedSearch.filter(id=search_id, user_id=actor.user_id).select_for_update().first()
    if saved is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return saved


async def _set_frequency(saved: SavedSearch, frequency: Frequency, now: datetime) -> None:
    if saved.frequency is Frequency.OFF and frequency is not Frequency.OFF:
        saved.since_at, saved.checked_on = now, local_date(now)
    saved.frequency = frequency
    await saved.save(update_fields=["frequency", "since_at", "checked_on"])


async def export_saved_searches(user_id: UUID) -> list[dict[str, Any]]:
    """Return a person's saved searches, for the export of their personal data."""
    columns = ("scope", "words", "query", "frequency", "created_at", "told_at")
    return list(await SavedSearch.filter(user_id=user_id).order_by("created_at").values(*columns))


async def erase_saved_searches(user_id: UUID, _by: By) -> None:
    await SavedSearch.filter(user_id=user_id).delete()
    await ToldRecord.filter(user_id=user_id).delete()
