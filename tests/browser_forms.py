"""What a browser sends of a form that it was shown, read from the page's HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml.html import document_fromstring

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class ShownForm:
    """One form of a page: where it goes, and the pairs that it sends unless somebody types."""

    action: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)


def shown_forms(html: str) -> list[ShownForm]:
    """Return the forms of a page, first what stands outside of them; a control belongs to the form before."""
    forms = [ShownForm()]
    if not html.strip():
        return forms
    for element in document_fromstring(html).iter("form", "input", "select", "textarea"):
        name = element.get("name", "")
        if element.tag == "form":
            forms.append(ShownForm(element.get("action", "")))
        elif name and (value := _READERS[element.tag](element)) is not None:
            forms[-1].pairs.append((name, value))
    return forms


def _of_input(element: Any) -> str | None:
    kind, value = element.get("type", "text"), element.get("value", "")
    if kind in ("submit", "button", "file") or "disabled" in element.attrib:
        return None
    if kind in ("checkbox", "radio"):
        return (value or "on") if "checked" in element.attrib else None
    if kind == "date" and not _DAY.fullmatch(value):
        return ""
    return re.sub(r"[\r\n]", "", value)


def _of_select(element: Any) -> str | None:
    options = list(element.iter("option"))
    chosen = [option for option in options if "selected" in option.attrib]
    sent = chosen[-1:] or options[:1]
    return sent[0].get("value", "") if sent else None


def _of_textarea(element: Any) -> str:
    """A browser leaves out the first line break of a text area and sends the others as CRLF."""
    text = re.sub(r"\r\n|\r|\n", "\n", element.text_content()).removeprefix("\n")
    return text.replace("\n", "\r\n")


_READERS: Mapping[str, Callable[[Any], str | None]] = {
    "input": _of_input,
    "select": _of_select,
    "textarea": _of_textarea,
}
