"""Atom feeds (RFC 4287): stable ids, moments in UTC, texts without what XML cannot hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

MEDIA_TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Characters that are invalid in XML."""


@dataclass(frozen=True)
class FeedEntry:
    """One entry of a feed; its address is the whole URL of its page."""

    id: str
    title: str
    updated: datetime
    address: str
    author: str
    summary: str
    published: datetime | None = None


def feed(title: str, *, address: str, page: str, entries: Sequence[FeedEntry], now: datetime) -> bytes:
    """Return a feed as UTF-8 XML; `address` is its own URL, `page` that of the page it is about."""
    root = Element("feed", {"xmlns": NAMESPACE, "xml:lang": "zh-Hans"})
    _text(root, "id", address)
    _text(root, "title", title)
    _text(root, "updated", _moment(max((entry.updated for entry in entries), default=now)))
    SubElement(root, "link", {"rel": "self", "type": MEDIA_TYPE, "href": address})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": page})
    for entry in entries:
        _write(SubElement(root, "entry"), entry)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _write(element: Element, entry: FeedEntry) -> None:
    _text(element, "id", entry.id)
    _text(element, "title", entry.title)
    _text(element, "updated", _moment(entry.updated))
    if entry.published is not None:
        _text(element, "published", _moment(entry.published))
    SubElement(element, "link", {"rel": "alternate", "type": "text/html", "href": entry.address})
    _text(SubElement(element, "author"), "name", entry.author)
    _text(element, "summary", entry.summary)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text.translate(_CONTROL)
