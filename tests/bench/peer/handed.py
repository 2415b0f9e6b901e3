"""What the bench hands to the peer as one file of JSON: read from our own pages, so that it is the same."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from market.codes.labels import label
from market.pages.listing_labels import event_words
from market.rooms import install_rooms

Entry = tuple[str, str, str]
"""Of a menu: path, by which its route is called, query string, words."""
Link = tuple[str, str, str]
"""Of a filter or order: address, words, the number beside them as it is shown."""
_LINK = re.compile(r'<a\s[^>]*href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ROWS = re.compile(r'<section class="sheet rows".*?</section>', re.DOTALL)
_MARK = re.compile(r"<[^>]+>")
_STATIC = re.compile(r'"(/static/([^"?]+)\?v=\w+)"')
_ACTS = ("created", "submitted", "published", "imported and published", "imported again", "edited")


@dataclass(frozen=True)
class Handed:
    """The parts of the pages that the peer does not work out itself."""

    main_menu: list[Entry]
    foot_menu: list[Entry]
    work_menu: list[tuple[str, list[Entry]]]
    facets: list[tuple[str, bool, list[Link], str]]
    """Words, whether it is open, options, help."""
    sorts: list[Link]
    scopes: list[Entry]
    similar: dict[str, list[str]]
    """Numbers of the outcomes that are similar to an outcome."""
    fields: dict[str, str]
    """Words of the technical fields by key."""
    acts: dict[str, str]
    """Words of the events of the log by action."""
    files: dict[str, str]
    """Addresses of static files by what their path makes of letters."""


def read(path: Path) -> Handed:
    """Read what was written; rows are lists by then."""
    return Handed(**json.loads(path.read_text("utf-8")))


def write(path: Path, listing: str, signed_in: str, outcomes: Mapping[str, str]) -> None:
    """Write what stands on our pages: the list, an outcome for the person, outcomes for guests by number."""
    install_rooms()
    menus = _between(signed_in, 'aria-label="手机菜单"', "<p>全站</p>")
    groups = re.findall(r"<p>([^<]+)</p>\s*<ul>(.*?)</ul>", menus, re.DOTALL)
    guest = next(iter(outcomes.values()))
    handed = Handed(
        main_menu=_entries(_between(guest, '<nav class="head-menu"', "</nav>")),
        foot_menu=_entries(_between(guest, "<footer", "</footer>")),
        work_menu=[(words, _entries(part)) for words, part in groups],
        facets=[
            (
                _text(_between(part, "<summary>", "</summary>")),
                part.startswith(" open"),
                _links(_between(part, "<ul>", "</ul>")),
                _text(_between(part, '<p class="small">', "</p>")),
            )
            for part in listing.split('<details class="facet"')[1:]
        ],
        sorts=_links(_between(listing, '<nav class="orders"', "</nav>")),
        scopes=_entries(_between(listing, '<nav class="tabs', "</nav>")),
        similar={
            number: [
                link[0].rpartition("/")[2] for link in _links(_between(page, 'id="similar"', "</section>"))
            ]
            for number, page in outcomes.items()
        },
        fields={key: label("field", key) for key in ("", *re.findall(r"field=(\w+)", listing))},
        acts={key: str(words) for key, words in event_words().items() if key in _ACTS},
        files={re.sub(r"\W", "_", name): address for address, name in _STATIC.findall(guest)},
    )
    path.write_text(json.dumps(dataclasses.asdict(handed), ensure_ascii=False), "utf-8")


def _between(page: str, begin: str, end: str) -> str:
    return page.partition(begin)[2].partition(end)[0]


def _links(part: str) -> list[Link]:
    found = []
    for address, words in _LINK.findall(part):
        text, _mark, number = words.partition('<span class="amount small">')
        text, _mark, waiting = text.partition('<span class="due-count">')
        found.append((html.unescape(address), _text(text), _text(number or waiting)))
    return found


def _entries(part: str) -> list[Entry]:
    entries = []
    for address, words, _number in _links(part):
        path, mark, query = address.partition("?")
        entries.append((path, mark + query, words))
    return entries


def _text(part: str) -> str:
    return html.unescape(" ".join(_MARK.sub("", part).split()))


def paths_of(page: str) -> list[str]:
    """Return where the links of a page lead, in their order."""
    return [html.unescape(address) for address, _words in _LINK.findall(page)]


def words_of(page: str) -> list[str]:
    """Return the words of a page but for the rows of a list, which the search engine orders its own way."""
    return _text(_ROWS.sub("", page).replace(",", "")).split()
