"""A search as an Atom feed (RFC 4287): stable ids, the newest first, nothing that the page does not show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from market.accounts.actors import Actor
from market.kit.i18n import gettext as _
from market.listings.models import Need, Outcome
from market.listings.queries import need_owner_name
from market.pages.results import Found, title_of
from market.pages.scopes import Scope

ATOM = "http://www.w3.org/2005/Atom"
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Characters that XML cannot hold."""


def newest(scope: Scope) -> str:
    """Return the order of a feed: by the time of publication where the scope knows it."""
    return "newest" if "newest" in scope.page.sorts else ""


def atom(found: Found, actor: Actor | None, base_url: str, now: datetime) -> bytes:
    """Return the feed of one page of a search."""
    scope, asked = found.scope, found.asked
    query = asked.address(sort=[]).partition("?")[2]
    own = f"{base_url}/{scope.key}.atom" + (f"?{query}" if query else "")
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "zh-Hans"})
    _text(feed, "id", own)
    chips = "，".join(chip.words for chip in asked.chips())
    _text(feed, "title", f"{_('科转')} · {scope.words}" + (f" · {chips}" if chips else ""))
    moments = [_moment(each) for each in found.page.items]
    _text(feed, "updated", _rfc3339(max([each for each in moments if each], default=now)))
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": own})
    page = f"{base_url}/{scope.key}" + (f"?{query}" if query else "")
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": page})
    for each, moment in zip(found.page.items, moments, strict=True):
        _entry(feed, each, moment or now, address_of(each), base_url, _author(each, actor))
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
    found = [
        getattr(record, name, None)
        for name in ("updated_at", "published_at", "verified_at", "released_at", "created_at")
    ]
    return next((each for each in found if isinstance(each, datetime)), None)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = str(text).translate(_CONTROL)
