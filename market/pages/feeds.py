"""A search as an Atom feed (RFC 4287): stable ids, the newest first, nothing that the page does not show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from market.accounts.actors import Actor
from market.kit.i18n import gettext as _
from market.listings.models import Need, Outcome
from market.listings.queries import need_owner_name
from market.pages.scopes import Scope
from market.pages.search_results import SearchResults, title_of

ATOM = "http://www.w3.org/2005/Atom"
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Characters that XML cannot hold."""


def newest(scope: Scope) -> str:
    """Return the order of a feed: by the time of publication where the scope knows it."""
    return "newest" if "newest" in scope.page.sorts else ""


def atom(results: SearchResults, actor: Actor | None, base_url: str, now: datetime) -> bytes:
    """Return the feed of one page of a search."""
    scope, params = results.scope, results.params
    query = params.address(sort=[]).partition("?")[2]
    own = f"{base_url}/{scope.key}.atom" + (f"?{query}" if query else "")
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "zh-Hans"})
    _text(feed, "id", own)
    chips = "，".join(chip.words for chip in params.chips())
    _text(feed, "title", f"{_('科转')} · {scope.words}" + (f" · {chips}" if chips else ""))
    moments = [_moment(record) for record in results.page.items]
    _text(feed, "updated", _rfc3339(max([moment for moment in moments if moment], default=now)))
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": own})
    page = f"{base_url}/{scope.key}" + (f"?{query}" if query else "")
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": page})
    for record, moment in zip(results.page.items, moments, strict=True):
        _entry(feed, record, moment or now, address_of(record), base_url, _author(record, actor))
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def address_of(record: Any) -> str:
    """Return the path of a record's page."""
    if isinstance(record, Outcome):
        return f"/outcomes/{record.number}"
    if isinstance(record, Need):
        return f"/needs/{record.number}"
    if slug := getattr(record, "slug", ""):
        return f"/subsidies/{slug}"
    return f"/{'brokers' if hasattr(record, 'certificate_level') else 'organisations'}/{record.id}"


def _entry(feed: Element, record: Any, moment: datetime, address: str, base_url: str, author: str) -> None:
    entry = SubElement(feed, "entry")
    _text(entry, "id", f"urn:uuid:{record.id}")
    _text(entry, "title", title_of(record))
    _text(entry, "updated", _rfc3339(moment))
    if published := getattr(record, "published_at", None):
        _text(entry, "published", _rfc3339(published))
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": base_url + address})
    _text(SubElement(entry, "author"), "name", author)
    _text(entry, "summary", _summary(record))


def _author(record: Any, actor: Actor | None) -> str:
    if isinstance(record, Need):
        return need_owner_name(record, actor)
    if isinstance(record, Outcome):
        return record.organisation.name
    return str(getattr(record, "issuer", "")) or title_of(record)


def _summary(record: Any) -> str:
    for name in ("highlight", "description", "introduction", "issuer"):
        if text := getattr(record, name, ""):
            return str(text)[:200]
    return title_of(record)


def _moment(record: Any) -> datetime | None:
    moments = [
        getattr(record, name, None)
        for name in ("updated_at", "published_at", "verified_at", "released_at", "created_at")
    ]
    return next((moment for moment in moments if isinstance(moment, datetime)), None)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = str(text).translate(_CONTROL)
