"""Sentences of documents as they are stored: template and arguments, filled when they are shown. Pure."""

from __future__ import annotations

from typing import Any

from market.kit.i18n import gettext as _

Sentence = dict[str, Any]
"""`{"text": message, "values": {…}}`; a value may be a sentence itself."""


def sentence(message: str, **values: str | int | Sentence) -> Sentence:
    """Return a sentence to be stored; `message` is translated and filled from `values` by `fill`."""
    return {"text": message, "values": values}


def fill(content: Any) -> Any:
    """Return content with every sentence in it translated into the current language and filled."""
    if isinstance(content, dict):
        if content.keys() == {"text", "values"}:
            values = {name: fill(value) for name, value in content["values"].items()}
            return str(_(content["text"], **values))
        return {name: fill(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [fill(part) for part in content]
    return content
