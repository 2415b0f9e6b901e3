"""The public notices as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from market.codes.labels import label
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.notices.models import Notice
from market.notices.periods import last_day

NEWEST = 50
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Characters that XML cannot hold."""


def atom(notices: Sequence[Notice], base_url: str, now: datetime) -> bytes:
    """Return the feed; an entry is renewed by whatever happens to its notice: an extension, an objection, its
    answer and decision, the end. Objections and extensions must be fetched."""
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "zh-Hans"})
    own, page = f"{base_url}/notices.atom", f"{base_url}/notices"
    _text(feed, "id", own)
    _text(feed, "title", _("科转 · 公示公告"))
    _text(feed, "updated", max((_changed(each) for each in notices), default=now).isoformat())
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": own})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": page})
    for each in notices:
        entry = SubElement(feed, "entry")
        _text(entry, "id", f"urn:uuid:{each.id}")
        _text(entry, "title", each.title)
        _text(entry, "published", each.published_at.isoformat())
        _text(entry, "updated", _changed(each).isoformat())
        author = SubElement(entry, "author")
        _text(author, "name", each.organisation.name if each.organisation else _("主管部门"))
        address = f"{base_url}/notices/{each.number}"
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address})
        ends = day(last_day(each.ends_at)) if each.ends_at else _("待确认")
        words = _("%(status)s，截止 %(ends)s", status=label("notice", each.status), ends=ends)
        _text(entry, "summary", f"{label('notice_kind', each.kind)}　{each.number}　{words}")
    made: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return made


def _changed(notice: Notice) -> datetime:
    moments = [notice.published_at, notice.closed_at]
    moments += [each.extended_at for each in notice.extensions]
    for each in notice.objections:
        moments += [each.filed_at, each.answered_at, each.decided_at]
    return max(moment for moment in moments if moment is not None)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text.translate(_CONTROL)
