"""Saved searches: keeping them, and telling people what is new in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import QueryParams

from market.accounts.actors import Actor
from market.accounts.models import Message, User
from market.alerts.models import Frequency, SavedSearch, ToldRecord
from market.alerts.permissions import AlertAct
from market.alerts.records import LOADERS, Record
from market.kit.clock import local, local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound, SearchUnavailable
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.mail import SITE, queue_mail
from market.kit.security import is_valid_signature, sign
from market.records.by import By
from market.search import search_params
from market.search.documents import as_number
from market.search.engine import Query, Range, SearchEngine, Sort
from market.search.filters import PAGES
from market.search.indexes import fields_of
from market.search.search_params import SearchParams

MOST_SEARCHES = 50
MOST_QUERY = 1500
MOST_LOOKED_AT = 200
"""New records of one search that are looked at in one go."""
MOST_NAMED = 20
DAILY_HOUR = 8
"""From this hour of the day, in Asia/Shanghai, daily alerts are made."""
PURPOSE = "unsubscribe"


@atomic()
async def save(scope: str, query: str, frequency: str, *, by: By) -> tuple[SavedSearch, bool]:
    """Keep a search of this person; the same search again only changes when it is told.

    Returns the search and whether it is new.

    Raises:
        Invalid: there is no such scope or frequency, or the search is too long.
        Conflict: the person has as many as one may have.
    """
    by.actor.require(AlertAct.SAVE_SEARCH)
    if scope not in LOADERS or frequency not in list(Frequency):
        raise Invalid(_("这样的搜索不能保存。"), field="scope")
    asked = read(scope, query, by.now)
    kept = asked.address(sort=[], size=[]).partition("?")[2]
    if len(kept) > MOST_QUERY:
        raise Invalid(_("条件太多，去掉几个再保存。"), field="query")
    await User.filter(id=by.actor.user_id).select_for_update().get()
    found = await SavedSearch.get_or_none(user_id=by.actor.user_id, scope=scope, query=kept)
    if found is not None:
        await _set_frequency(found, Frequency(frequency), by.now)
        return found, False
    if await SavedSearch.filter(user_id=by.actor.user_id).count() >= MOST_SEARCHES:
        raise Conflict(_("最多保存 %(most)s 个搜索，请先删去不再需要的。", most=MOST_SEARCHES))
    words = "，".join(chip.words for chip in asked.chips()) or _("全部")
    made = await SavedSearch.create(
        id=uuid4(),
        user_id=by.actor.user_id,
        scope=scope,
        words=words[:300],
        query=kept,
        frequency=Frequency(frequency),
        created_at=by.now,
        since_at=by.now,
        checked_on=local_date(by.now),
    )
    return made, True


@atomic()
async def change(search_id: UUID, frequency: str, *, by: By) -> SavedSearch:
    """Tell of this search more often, less often, or not at all.

    Raises:
        NotFound: it is not this person's.
    """
    found = await _own(search_id, by.actor)
    if frequency not in list(Frequency):
        raise Invalid(_("请选择提醒方式。"), field="frequency")
    await _set_frequency(found, Frequency(frequency), by.now)
    return found


@atomic()
async def remove(search_id: UUID, *, actor: Actor) -> None:
    """Forget a saved search.

    Raises:
        NotFound: it is not this person's.
    """
    found = await _own(search_id, actor)
    await found.delete()


async def get_signed(search_id: str, signature: str, *, secret: str) -> SavedSearch:
    """Return the search that a link in our mail is about.

    Raises:
        NotFound: the link is not ours, or the search was deleted.
    """
    if is_valid_signature(secret, PURPOSE, search_id, signature) and (
        found := await SavedSearch.get_or_none(id=search_id)
    ):
        return found
    raise NotFound(_("这个退订链接无效，或者搜索已经删除。"))


@atomic()
async def unsubscribe(search_id: str, signature: str, *, secret: str) -> SavedSearch:
    """End the alerts of one search, by whoever holds the link of the mail; again changes nothing.

    Raises:
        NotFound: as `get_signed`.
    """
    found = await get_signed(search_id, signature, secret=secret)
    if found.frequency is not Frequency.OFF:
        found.frequency = Frequency.OFF
        await found.save(update_fields=["frequency"])
    return found


async def list_own(actor: Actor) -> list[SavedSearch]:
    """Return the searches this person keeps, the newest first."""
    return await SavedSearch.filter(user_id=actor.user_id).order_by("-created_at", "id")


def read(scope: str, query: str, now: datetime) -> SearchParams:
    """Return what the address of a saved search asks for on this day."""
    return search_params.parse(PAGES[scope], f"/{scope}", QueryParams(query), local_date(now))


async def run_immediate(scope: str, *, search: SearchEngine, secret: str, now: datetime) -> int:
    """Tell all who want to know at once what is new in this scope; return how many were told."""
    due = SavedSearch.filter(scope=scope, frequency=Frequency.IMMEDIATE, user__is_active=True)
    return sum([await tell(each, search=search, secret=secret, now=now) for each in await due])


async def run_due(now: datetime, *, search: SearchEngine, secret: str) -> int:
    """Make the daily alerts that are due; return how many people were told. While the search engine
    is away nothing is lost: the next run makes them."""
    if local(now).hour < DAILY_HOUR:
        return 0
    due = SavedSearch.filter(frequency=Frequency.DAILY, checked_on__lt=local_date(now), user__is_active=True)
    told = 0
    try:
        for each in await due.order_by("checked_on", "id").limit(500):
            told += await tell(each, search=search, secret=secret, now=now)
            await SavedSearch.filter(id=each.id).update(checked_on=local_date(now))
    except SearchUnavailable:
        return told
    return told


async def tell(saved: SavedSearch, *, search: SearchEngine, secret: str, now: datetime) -> bool:
    """Tell a person what is new in one search; nobody is told twice of the same record.

    The engine is asked before the transaction begins.
    """
    records = await _new(saved, search, now)
    if not records:
        return False
    return await _tell(saved.id, records, secret, now)


@atomic()
async def _tell(search_id: UUID, records: Sequence[Record], secret: str, now: datetime) -> bool:
    saved = await SavedSearch.filter(id=search_id).select_for_update().first()
    if saved is None or saved.frequency is Frequency.OFF:
        return False
    rows = await connection().execute_query_dict(
        "INSERT INTO told_records (user_id, record_id, told_at) "
        "SELECT $1, unnest($2::uuid[]), $3 ON CONFLICT DO NOTHING RETURNING record_id",
        [saved.user_id, [each.id for each in records], now],
    )
    fresh = {UUID(str(row["record_id"])) for row in rows}
    named = [each for each in records if each.id in fresh]
    if not named:
        return False
    await _write(saved, named, secret, now)
    saved.told_at = now
    await saved.save(update_fields=["told_at"])
    return True


async def _new(saved: SavedSearch, search: SearchEngine, now: datetime) -> list[Record]:
    asked = read(saved.scope, saved.query, now).query()
    newest = fields_of(saved.scope).newest_first
    hits = await search.search(
        Query(
            index=saved.scope,
            text=asked.text,
            filters=(*asked.filters, Range(newest, least=as_number(saved.since_at))),
            sort=Sort(newest),
            limit=MOST_LOOKED_AT,
        )
    )
    return await LOADERS[saved.scope](hits.ids) if hits.ids else []


async def _write(saved: SavedSearch, records: Sequence[Record], secret: str, now: datetime) -> None:
    user = await User.get(id=saved.user_id)
    address = f"/{saved.scope}" + (f"?{saved.query}" if saved.query else "")
    stop = unsubscribe_address(saved.id, secret)
    with in_source_language():
        words = _("您保存的搜索“%(words)s”有 %(count)s 条新结果", words=saved.words[:80], count=len(records))
        lines = [f"{each.title}\n{SITE}{each.address}" for each in records[:MOST_NAMED]]
        if len(records) > MOST_NAMED:
            lines.append(_("另有 %(count)s 条，请看：", count=len(records) - MOST_NAMED))
        lines.append(_("全部结果：") + f"{SITE}{address}")
        lines.append(_("不再接收这个搜索的提醒：") + f"{SITE}{stop}")
        body = _("%(name)s，您好：\n\n%(text)s", name=user.name, text=words + "。\n\n" + "\n\n".join(lines))
        subject = _("科转：%(text)s", text=words)
        text = source_text(words + "：" + "；".join(each.title for each in records[:3]))
    await Message.create(
        user_id=user.id,
        text=text[:300],
        address=address if len(address) <= 200 else "/my/searches",
        created_at=now,
    )
    await queue_mail(user.email, subject, body + "\n", now=now, unsubscribe=stop)


def unsubscribe_address(search_id: UUID, secret: str) -> str:
    """Return the path by which the alerts of one search are ended without signing in."""
    return f"/alerts/unsubscribe?search={search_id}&token={sign(secret, PURPOSE, str(search_id))}"


async def _own(search_id: UUID, actor: Actor) -> SavedSearch:
    actor.require(AlertAct.SAVE_SEARCH)
    found = await SavedSearch.filter(id=search_id, user_id=actor.user_id).select_for_update().first()
    if found is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return found


async def _set_frequency(saved: SavedSearch, frequency: Frequency, now: datetime) -> None:
    if saved.frequency is Frequency.OFF and frequency is not Frequency.OFF:
        saved.since_at, saved.checked_on = now, local_date(now)
    saved.frequency = frequency
    await saved.save(update_fields=["frequency", "since_at", "checked_on"])


async def export_saved_searches(user_id: UUID) -> list[dict[str, Any]]:
    """Return a person's saved searches, for the file with all that is kept of them."""
    columns = ("scope", "words", "query", "frequency", "created_at", "told_at")
    return list(await SavedSearch.filter(user_id=user_id).order_by("created_at").values(*columns))


async def erase_saved_searches(user_id: UUID) -> None:
    await SavedSearch.filter(user_id=user_id).delete()
    await ToldRecord.filter(user_id=user_id).delete()
