"""What a browser sends of a form that it was shown, read from the page's HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class ShownForm:
    """One form of a page: where it goes, and the pairs that it sends unless somebody types."""

    action: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the forms of a page; controls outside of a form belong to the first one."""

    def __init__(self) -> None:
        super().__init__()
        self.forms = [ShownForm()]
        self._select: tuple[str, list[str], list[str]] | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(ShownForm(given.get("action", "")))
        elif tag == "input":
            self._read_input(given)
        elif tag == "select":
            self._select = (given.get("name", ""), [], [])
        elif tag == "option" and self._select is not None:
            self._select[1].append(given.get("value", ""))
            if "selected" in given:
                self._select[2].append(given.get("value", ""))
        elif tag == "textarea":
            self._area = (given.get("name", ""), [])

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            name, options, chosen = self._select
            for value in chosen[-1:] or options[:1]:
                self._send(name, value)
            self._select = None
        elif tag == "textarea" and self._area is not None:
            name, parts = self._area
            # A browser leaves out the first line break of a text area and sends the others as CRLF.
            text = re.sub(r"\r\n|\r|\n", "\n", "".join(parts)).removeprefix("\n")
            self._send(name, text.replace("\n", "\r\n"))
            self._area = None

    def _read_input(self, given: dict[str, str]) -> None:
        kind, value = given.get("type", "text"), given.get("value", "")
        if kind in ("submit", "button", "file") or "disabled" in given:
            return
        if kind in ("checkbox", "radio"):
            if "checked" in given:
                self._send(given.get("name", ""), value or "on")
            return
        if kind == "date" and not _DAY.fullmatch(value):
            value = ""
        self._send(given.get("name", ""), re.sub(r"[\r\n]", "", value))

    def _send(self, name: str, value: str) -> None:
        if name:
            self.forms[-1].pairs.append((name, value))


def shown_forms(html: str) -> list[ShownForm]:
    """Return the forms of a page, first what stands outside of them."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.forms
