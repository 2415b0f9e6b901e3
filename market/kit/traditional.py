"""Traditional characters for what users wrote: text of public pages is converted by OpenCC when it is shown.

The interface is translated by gettext; this converts the rest of a page. What counts as written stays as it
is: values of forms (attributes, text areas, options), scripts, and whatever is marked `translate="no"`, such
as offers in a deal's room. Pages of contracts, notices and issued documents are not converted at all.
"""

from __future__ import annotations

import re

from market.kit.i18n import to_traditional

CONVERTED = ("pages/", "matching/", "questions/", "alerts/")
"""Templates whose pages show what users wrote to be read, not to be signed or decided on."""
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_PARTS = re.compile(r"<!--.*?-->|<(script|style|textarea)\b.*?</\1\s*>|<[^>]*>", re.S | re.I)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_CHINESE = re.compile("[\u3400-\u9fff]")


def is_converted(template: str) -> bool:
    """Return whether the page of this template is converted."""
    return template.startswith(CONVERTED)


def convert_page(html: str) -> str:
    """Return the page with its text in traditional characters."""
    result: list[str] = []
    position, depth = 0, 0  # `depth` counts the open elements from one that stays as it is; 0 is outside
    for part in _PARTS.finditer(html):
        result.append(_text(html[position : part.start()], is_kept=depth > 0))
        result.append(part[0])
        position = part.end()
        if part[1] is None:
            depth = _depth_after(part[0], depth)
    result.append(_text(html[position:], is_kept=depth > 0))
    return "".join(result)


def _text(text: str, *, is_kept: bool) -> str:
    return text if is_kept or not _CHINESE.search(text) else to_traditional(text)


def _depth_after(part: str, depth: int) -> int:
    tag = _TAG.match(part)
    if tag is None:
        return depth
    is_end, name = bool(tag[1]), tag[2].lower()
    if name in _VOID or part.endswith("/>"):
        return depth
    if depth:
        return depth - 1 if is_end else depth + 1
    return 1 if not is_end and (name == "option" or 'translate="no"' in part) else 0
