"""Translation by gettext; the source language is simplified Chinese."""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from markupsafe import escape
from opencc import OpenCC

LOCALES = {"zh-Hans": "简体", "zh-Hant": "繁體"}
"""Languages of the pages, each by its own name."""
DEFAULT = "zh-Hans"
LOCALE_DIRECTORY = Path(__file__).parent.parent / "locales"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT)


def get_locale() -> str:
    """Return the language of the current request."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Set the language of the current request; an unknown one becomes the default."""
    _locale.set(locale if locale in LOCALES else DEFAULT)


@contextmanager
def in_locale(locale: str) -> Iterator[None]:
    """Translate into this language in this block."""
    token = _locale.set(locale)
    try:
        yield
    finally:
        _locale.reset(token)


def in_source_language() -> AbstractContextManager[None]:
    """Translate into the source language in this block: stored text must not depend on the request."""
    return in_locale(DEFAULT)


class Translated(str):
    """A translated message that remembers its source text."""

    __slots__ = ("source",)
    source: str

    def __new__(cls, text: str, source: str) -> Translated:
        message = super().__new__(cls, text)
        message.source = source
        return message


def source_text(text: str) -> str:
    """Return the source text of a message from `gettext`, as records store it."""
    return text.source if isinstance(text, Translated) else text


def gettext(message: str, **values: object) -> str:
    """Translate `message` into the request's language and fill `%(name)s` from `values`."""
    text = _translate(message, _locale.get())
    shown = text % values if values else text
    if _locale.get() == DEFAULT:
        return shown
    source_values = {
        key: source_text(value) if isinstance(value, str) else value for key, value in values.items()
    }
    return Translated(shown, message % source_values if source_values else message)


class Lazy:
    """A message that is translated when it is formatted, for labels defined at import."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return gettext(self.message)

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __repr__(self) -> str:
        return f"lazy({self.message!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.message)


def lazy(message: str) -> Lazy:
    """Mark a label for translation; it is translated each time it is formatted."""
    return Lazy(message)


@lru_cache(maxsize=8192)
def _translate(message: str, locale: str) -> str:
    if locale == "zh-Hans":
        return message
    if locale == "zh-Hant":
        return to_traditional(message)
    return _catalogue(locale).gettext(message)


def to_traditional(text: str) -> str:
    """Return a text in traditional characters, as Taiwan writes them."""
    return str(_traditional().convert(text))


@lru_cache
def _catalogue(locale: str) -> catalogues.NullTranslations:
    return catalogues.translation("market", LOCALE_DIRECTORY, [locale], fallback=True)


@lru_cache
def _traditional() -> OpenCC:
    return OpenCC("s2tw")
